"""The case page: one sentence on where it stands, then path, clock, history and what the declarant may do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from api.act_base import OnTask
from api.chain_acts import may_resubmit, may_withdraw
from api.engine_pages import engine_href
from api.pages.build_acts import TypedAct, filled, on_desk, undo_form
from api.pages.build_clock import task_pill, task_strip
from api.pages.build_facts import case_score, comparison, declaration
from api.pages.build_history import history
from api.pages.build_path import approval_path, open_task
from api.pages.build_resubmit import TypedResubmission, resubmission
from api.pages.build_seats import waited_for
from api.pages.build_strips import act_errors, act_news, refused, task_errors
from api.pages.build_task_tags import case_articles, case_tags
from api.pages.build_thread import Around, thread
from api.pages.case_pages import form_links, subject_href
from api.pages.customers_view import customer_href
from api.pages.desk import Desk
from api.pages.format import NOTHING, instant, long_day, stamp, term
from api.pages.i18n import _
from api.pages.inbox_query import InboxQuery
from api.pages.quarter_branch_view import of_case
from api.pages.view.acts import ActForm
from api.pages.view.case import CasePage, Resubmission
from api.pages.view.common import ErrorSummary, Link, Strip
from api.pages.view.task import Fact
from api.pages.words import case_word, word
from api.security.policy import Action
from models.errors import DomainError
from models.messages.approval import PastAct
from models.rules.calendar import local_date
from models.services.case_view import CaseView, StepPlace, case_view
from models.services.desk.urging import next_urge
from models.services.rulebooks import rulebook_of
from models.stores.case_names import case_name
from models.stores.cases import CaseStore
from models.stores.memberships import OVER
from models.stores.people import PeopleStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import CaseKind, Outcome, Role, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """How a case is shown: what was refused with what was typed, a resubmission as typed, what was just done."""

    act: TypedAct | None = None
    resubmission: TypedResubmission | None = None
    done: str = ""

    @property
    def failed(self) -> DomainError | None:
        """Why something was refused."""
        sent = self.act or self.resubmission
        return sent.error if sent else None

    @property
    def typed_text(self) -> str:
        """The words that were typed, to be given back."""
        sent = self.act or self.resubmission
        return sent.comment if sent else ""


def case_page(desk: Desk, case: Case, shown: ShownCase | None = None) -> CasePage:
    """The page of a case that the reader may see."""
    shown = shown or ShownCase()
    view = case_view(desk.session, case)
    quarter = of_case(desk, case)
    task = _open_task_row(desk, view)
    found = OnTask(task, case, view.state) if task else None
    return CasePage(
        shell=desk.shell(),
        title=_("案件"),
        phone_title=_("案件"),
        back_href="/inbox",
        json_href=f"/api/v1/cases/{case.id}",
        kind=case_word(case.kind, case.subject, case.tier_applied, case.seat_kind),
        subject=case_name(desk.session, case),
        subject_href=subject_href(case, may_read_customers=desk.caller.may(Action.READ_CUSTOMERS)),
        reference=case.number,
        sentence=_sentence(view, desk, task),
        pill=task_pill(desk, task, view.state) if task else None,
        tags=case_tags(case),
        articles=case_articles(case),
        actions=(*_actions(desk, view, found), *form_links(case, may_read_scores=desk.caller.may(Action.READ_SCORES))),
        strips=_strips(desk, view, shown),
        errors=act_errors(shown.act) or _resubmit_errors(shown),
        acts=tuple(_acts(desk, view, shown)),
        resubmission=_resubmission(desk, view, shown, task),
        score=case_score(view, desk),
        declaration=quarter[0] if quarter else declaration(view, desk),
        clock=task_strip(desk, task, view.state) if task else None,
        path=approval_path(view, desk),
        history=history(view.timeline, desk.now, case_href=f"/cases/{case.id}"),
        thread=thread(Around(desk, found, case, shown.act, f"/cases/{case.id}")),
        comparison=comparison(view, desk),
        membership=_membership(desk, case),
        manager_link=_manager_link(desk, case),
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
    if case.outcome is Outcome.APPROVED and case.kind is not CaseKind.QUALIFICATION:
        return _("已通过：%(who)s 于 %(when)s 同意，本件结束。", who=last.actor_name, when=stamp(last.at, desk.now))
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
    who = waited_for(view.state) or (now.people[0] if len(now.people) == 1 else word(now.role))
    return _("正在等 %(who)s 办理%(stage)s，%(due)s 到期。", who=who, stage=word(now.stage), due=due)


def _resubmit_errors(shown: ShownCase) -> ErrorSummary | None:
    """The red panel over the form of a resubmission: its fields are named as they are."""
    summary = task_errors(shown.resubmission.error) if shown.resubmission else None
    if summary is None:
        return None
    fields = tuple(
        replace(item, field_id="resubmit-comment" if item.field_id == "comment" else item.field_id)
        for item in summary.errors
    )
    return ErrorSummary(title=summary.title, errors=fields)


def _actions(desk: Desk, view: CaseView, found: OnTask | None) -> tuple[Link, ...]:
    """The way to decide, for whoever may on one of the open tasks."""
    if found is None or view.state.stage is Stage.RETURNED:
        return ()
    for waiting in view.state.tasks:
        row = TaskStore(desk.session).get(waiting.task_id)
        if row is not None and on_desk(desk, OnTask(row, view.case, view.state), InboxQuery()).may_decide:
            return (Link(text=_("去审批"), href=f"/tasks/{row.id}", icon="check"),)
    if desk.caller.may(Action.MANAGE_OPS):
        return (Link(text=_("查看任务"), href=f"/tasks/{found.task.id}"),)
    return ()


def _strips(desk: Desk, view: CaseView, shown: ShownCase) -> tuple[Strip, ...]:
    error = shown.failed
    if error is not None and act_errors(shown.act) is None and _resubmit_errors(shown) is None:
        return (refused(error, desk, shown.typed_text, href=f"/cases/{view.case.id}"),)
    if shown.done in {"withdraw", "resubmit", "declare"} and view.state.acts[-1].act != shown.done:
        return ()  # the address stays, the news does not
    news = act_news(view, desk, shown.done) if shown.done else None
    return (news,) if news else ()


def _acts(desk: Desk, view: CaseView, shown: ShownCase) -> Iterator[ActForm]:
    """撤回, 催办, 撤销: what the reader may do with the case now."""
    undo = _undo(desk, view)
    if undo is not None:
        yield undo
    if view.case.outcome is None and desk.caller.may(Action.COMMENT_CASE) and not _own_turn(desk, view):
        yield from _urge(desk, view, shown.act)
    if desk.caller.may(Action.WITHDRAW_CASE) and may_withdraw(desk.caller, view.state):
        yield filled(_withdraw(view), shown.act)


def _undo(desk: Desk, view: CaseView) -> ActForm | None:
    """撤回 of the reader's last decision, until the next step acts."""
    reader = desk.caller.account_id
    own = (past for past in reversed(view.state.acts) if past.act == "decide" and reader in _hands(past))
    last = next(own, None)
    row = TaskStore(desk.session).get(last.task_id) if last and last.task_id else None
    if row is None:
        return None
    return undo_form(on_desk(desk, OnTask(row, view.case, view.state), InboxQuery()), row)


def _hands(past: PastAct) -> set[UUID | None]:
    return {past.actor_id, past.on_behalf_of}


def _own_turn(desk: Desk, view: CaseView) -> bool:
    """Whether the case waits for its reader to resubmit: nobody reminds himself."""
    return view.state.stage is Stage.RETURNED and may_resubmit(desk.caller, view.state)


def _urge(desk: Desk, view: CaseView, typed: TypedAct | None) -> Iterator[ActForm]:
    """催办, or from when on it is possible again."""
    try:
        again = next_urge(desk.session, view.case, desk.now)
    except DomainError:
        return  # nothing waits for anybody
    wait = _("可于 %(when)s 再次催办", when=instant(again, desk.now)) if again else ""
    form = ActForm(
        name="urge",
        action=f"/cases/{view.case.id}/urge",
        text=_("催办"),
        hint=_("提醒当前办理人，记入经过。"),
        idempotency_key=uuid4().hex,
        comment_label=_("留言（可不填）"),
        wait=wait,
    )
    yield filled(form, typed)


def _withdraw(view: CaseView) -> ActForm:
    return ActForm(
        name="withdraw",
        action=f"/cases/{view.case.id}/withdraw",
        text=_("撤销"),
        hint=_("撤销后本件结束，可重新申报。"),
        idempotency_key=uuid4().hex,
        version=view.state.version,
        comment_label=_("原因（可不填）"),
        ends_case=True,
    )


def _resubmission(desk: Desk, view: CaseView, shown: ShownCase, task: Task | None) -> Resubmission | None:
    """重新提交 for the declarant, or for its post once the task was handed over."""
    mine = task is not None and task.assignee_id in {None, desk.caller.account_id}
    if not mine or not desk.caller.may(Action.WITHDRAW_CASE) or not may_resubmit(desk.caller, view.state):
        return None
    return resubmission(desk, view, shown.resubmission)


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


def _manager_link(desk: Desk, case: Case) -> Link | None:
    """更换客户经理 of a membership that is not over."""
    row = CaseStore(desk.session).membership_of(case.id)
    if row is None or row.stage in OVER or not desk.caller.may(Action.CHANGE_MANAGER):
        return None
    return Link(text=_("更换客户经理"), href=f"{customer_href(row.customer_no)}/manager")


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
    href = engine_href(desk.request.app.state.settings, case.workflow_id)
    return Link(text=_("引擎记录"), href=href) if href and desk.caller.may(Action.READ_OPS) else None
