"""The case page: one sentence on where it stands, then path, clock, history and what the declarant may do."""

from urllib.parse import quote
from uuid import uuid4

from api.pages.acting import key_to_show
from api.pages.build_clock import task_pill, task_strip
from api.pages.build_facts import case_score, declaration
from api.pages.build_history import history
from api.pages.build_path import approval_path, open_task
from api.pages.build_strips import RefusedAct, reason_error, refused
from api.pages.build_task import case_tags
from api.pages.customers_view import customer_href
from api.pages.desk import Desk
from api.pages.format import NOTHING, instant, long_day, stamp, term
from api.pages.i18n import _
from api.pages.view.case import CaseAct, CasePage
from api.pages.view.common import Article, Link, Strip, StripTone
from api.pages.view.task import Fact
from api.pages.words import declaration_word, word
from api.qualification_acts import may_resubmit, may_withdraw, refusal
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.case_view import CaseView, StepPlace, case_view
from models.services.rulebooks import rulebook_of
from models.settings import Settings
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.types import Outcome, Role, Stage


def case_page(desk: Desk, case: Case, *, act: RefusedAct | None = None, done: str = "") -> CasePage:
    """The page of a case that the reader may see."""
    customer = desk.session.get(Customer, case.customer_no)
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    view = case_view(desk.session, case)
    task = _open_task_row(desk, view)
    may_read = desk.caller.may(Action.READ_CUSTOMERS)
    return CasePage(
        shell=desk.shell(),
        title=_("案件"),
        phone_title=_("案件"),
        back_href="/inbox",
        json_href=f"/api/v1/cases/{case.id}",
        kind=declaration_word(case.tier_applied, case.seat_kind),
        subject=customer.name,
        subject_href=customer_href(customer.customer_no) if may_read else None,
        reference=customer.customer_no,
        sentence=_sentence(view, desk, task),
        pill=task_pill(desk, task) if task else None,
        tags=case_tags(case),
        articles=(Article(text=_("第13条")), Article(text=_("附件一"))),
        actions=_actions(desk, view, task),
        strips=_strips(desk, view, act, done),
        errors=reason_error(act) if act else None,
        acts=_acts(desk, view, act, task),
        score=case_score(view, desk),
        declaration=declaration(view, desk, customer),
        clock=task_strip(desk, task, view.state) if task else None,
        path=approval_path(view, desk),
        history=history(view.timeline, desk.now),
        membership=_membership(desk, case),
        versions=_versions(desk, view, task),
        engine=_engine(desk, case),
    )


def _open_task_row(desk: Desk, view: CaseView) -> Task | None:
    stage = Stage.DECLARED if view.state.stage is Stage.RETURNED else view.state.stage
    found = open_task(view.state, stage)
    return TaskStore(desk.session).get(found.task_id) if found else None


def _sentence(view: CaseView, desk: Desk, task: Task | None) -> str:
    """What the case waits for now, or how it ended."""
    case, last = view.case, view.state.acts[-1]
    if case.outcome is Outcome.APPROVED:
        days = term(*rulebook_of(desk.session, case.rulebook_version_id).rulebook.procedure.term(case.year))
        return _("已通过：%(tier)sVIP资格，%(term)s。", tier=word(case.tier), term=days)
    if case.outcome is not None:
        when = stamp(last.at, desk.now)
        return _(
            "%(stage)s：%(who)s 于 %(when)s 办理，本件结束。", stage=word(case.stage), who=last.actor_name, when=when
        )
    if task is None:
        return _("当前环节：%(stage)s。", stage=word(case.stage))
    due, now = instant(task.due_at, desk.now), next(item for item in view.path if item.place is StepPlace.NOW)
    if now.stage is Stage.DECLARED:
        return _("已退回，正在等 %(who)s 重新提交，%(due)s 到期。", who=now.actor, due=due)
    who = now.people[0] if len(now.people) == 1 else word(now.role)
    return _("正在等 %(who)s 办理%(stage)s，%(due)s 到期。", who=who, stage=word(now.stage), due=due)


def _actions(desk: Desk, view: CaseView, task: Task | None) -> tuple[Link, ...]:
    """The way to decide, for whoever may."""
    found = next((item for item in view.state.tasks if task and item.task_id == task.id), None)
    if found is None or view.state.stage is Stage.RETURNED or refusal(desk.caller, view.state, found) is not None:
        return ()
    return (Link(text=_("去审批"), href=f"/tasks/{found.task_id}", icon="check"),)


def _strips(desk: Desk, view: CaseView, act: RefusedAct | None, done: str) -> tuple[Strip, ...]:
    if act is not None and reason_error(act) is None:
        return (refused(act.error, desk, act.comment, href=f"/cases/{view.case.id}"),)
    texts = {
        "withdraw": _("已撤销，可重新申报。"),
        "resubmit": _("已重新提交。"),
        "declare": _("已提交申报。"),
    }
    if done in texts and view.state.acts[-1].act == done:  # the address stays, the news does not
        return (Strip(text=texts[done], tone=StripTone.OK, icon="check", focus=True),)
    return ()


def _acts(desk: Desk, view: CaseView, act: RefusedAct | None, task: Task | None) -> tuple[CaseAct, ...]:
    """撤销 and 重新提交 for the declarant, when open; the latter for its post once the task was handed over."""
    if not desk.caller.may(Action.WITHDRAW_CASE):
        return ()
    found = []
    mine = task is not None and task.assignee_id in {None, desk.caller.account_id}
    if mine and may_resubmit(desk.caller, view.state):
        hint = _("更正后重新提交，从第一步起再审。")
        found.append(_act(desk, view, act, "resubmit", (_("重新提交"), hint, _("说明"))))
    if may_withdraw(desk.caller, view.state):
        hint = _("撤销后本件结束，可重新申报。")
        found.append(_act(desk, view, act, "withdraw", (_("撤销"), hint, _("原因（可不填）"))))
    return tuple(found)


def _act(desk: Desk, view: CaseView, act: RefusedAct | None, name: str, texts: tuple[str, str, str]) -> CaseAct:
    mine = act if act and act.name == name else None
    text, hint, label = texts
    return CaseAct(
        name=name,
        action=f"/cases/{view.case.id}/{name}",
        text=text,
        hint=hint,
        idempotency_key=key_to_show(desk.session, desk.caller, mine.key) if mine else uuid4().hex,
        version=view.state.version,
        comment_label=label,
        comment=mine.comment if mine else "",
        ends_case=name == "withdraw",
    )


def _membership(desk: Desk, case: Case) -> tuple[Fact, ...]:
    """What the approval granted: tier, seat, certificate, term, manager, notice."""
    row = CaseStore(desk.session).membership_of(case.id)
    if row is None:
        return ()
    manager = PeopleStore(desk.session).account(row.manager_id)
    told = stamp(row.notified_at, desk.now) if row.notified_at else _("待通知")
    return (
        Fact(label=_("层级"), value=word(row.tier)),
        Fact(label=_("席位"), value=word(row.seat_kind)),
        Fact(label=_("有效期"), value=term(row.valid_from, row.valid_to), wide=True),
        Fact(label=_("证书号"), value=row.certificate_no, wide=True),
        Fact(label=word(Role.MGR), value=manager.name if manager else NOTHING),
        Fact(label=_("通知客户"), value=told),
    )


def _versions(desk: Desk, view: CaseView, task: Task | None) -> tuple[Fact, ...]:
    """What the case was judged by; the workflow's id for operators only."""
    case, version = view.case, rulebook_of(desk.session, view.case.rulebook_version_id).version
    facts = [
        Fact(label=_("规则版本"), value=f"{version.code} v{version.version}", wide=True),
        Fact(label=_("评定年度"), value=str(case.year)),
        Fact(label=_("案件版本"), value=str(case.version)),
        Fact(label=_("申报日"), value=long_day(local_date(case.opened_at)), wide=True),
    ]
    if task is not None:
        facts.append(Fact(label=_("日历版本"), value=task.calendar_version, wide=True))
    if desk.caller.may(Action.READ_OPS):
        facts.append(Fact(label=_("流程号"), value=case.workflow_id, wide=True))
    return tuple(facts)


def _engine(desk: Desk, case: Case) -> Link | None:
    """The engine's own history, for operators, where the copy has the engine's pages."""
    settings: Settings = desk.request.app.state.settings
    if settings.temporal_ui_url is None or not desk.caller.may(Action.READ_OPS):
        return None
    base = settings.temporal_ui_url.rstrip("/")
    workflow = quote(case.workflow_id, safe="")
    return Link(text=_("引擎记录"), href=f"{base}/namespaces/{settings.temporal_namespace}/workflows/{workflow}")
