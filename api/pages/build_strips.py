"""Lines across the decision page: what became of an act, why the bar is absent, what was refused."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from api.act_base import name_of
from api.deps import Action
from api.pages.build_acts import OnDesk, TypedAct, called_back
from api.pages.build_facts import explanation_of
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import clock_time, difference, stamp
from api.pages.i18n import _
from api.pages.view.common import ErrorSummary, FieldError, Link, Strip, StripTone
from api.pages.words import word
from api.problem_fields import readable
from api.problems import sentence
from models.errors import DomainError, ErrorCode
from models.services.case_view import CaseView
from models.stores.cases import CaseStore
from models.tables.cases import Decision, Task
from models.types import OPEN_TASK_STATES, CaseKind, Stage, Tier, Verdict

RETRY_AFTER = timedelta(minutes=1)
_AT_THE_FIELD = {ErrorCode.REASON_REQUIRED: "comment"}
_FORM_ERRORS = {ErrorCode.REASON_REQUIRED, ErrorCode.INVALID_INPUT}
_ON_ITS_FORM = _FORM_ERRORS | {ErrorCode.BAD_TRANSFER_TARGET, ErrorCode.FILE_TOO_LARGE}
DECIDED = "1"
_LAPSED = {ErrorCode.ALREADY_DECIDED, ErrorCode.CASE_CLOSED, ErrorCode.STALE_VERSION}


def task_errors(error: DomainError | None) -> ErrorSummary | None:
    """The red panel of a form that must be corrected, with the focus; other refusals are strips."""
    if error is None or error.code not in _FORM_ERRORS:
        return None
    field = _AT_THE_FIELD.get(error.code)
    if field is None:
        return error_summary(error)
    text = sentence(error.code, error.context)
    return ErrorSummary(title=_("有 1 处需要更正"), errors=(FieldError(field_id=field, text=text),))


def act_errors(act: TypedAct | None) -> ErrorSummary | None:
    """The red panel for an act beside the decision whose form must be corrected; the ids are those of its controls."""
    if act is None or act.error is None or act.error.code not in _ON_ITS_FORM:
        return None
    problem = error_summary(act.error)
    named = {"to": "to", "people": "to", "mentions": "to", "until": "choice", "reason": "choice"}
    fields = [
        replace(item, field_id=_control(act.name, named.get(item.field_id, "comment"), item.field_id))
        for item in problem.errors
    ]
    if not fields:
        control = "to" if act.error.code is ErrorCode.BAD_TRANSFER_TARGET else "comment"
        text = sentence(act.error.code, act.error.context)
        fields = [FieldError(field_id=f"{act.name}-{control}", text=text)]
    return ErrorSummary(title=_("有 %(n)s 处需要更正", n=len(fields)), errors=tuple(fields))


def _control(name: str, control: str, field: str) -> str:
    return field if field.startswith(f"{name}-") else f"{name}-{control}"


def task_strips(at: OnDesk, view: CaseView, *, error: DomainError | None, typed: str, done: str) -> tuple[Strip, ...]:
    """The lines of a task's page, the one to read first on top."""
    desk, task, strips = at.desk, at.found.task, list[Strip]()
    if error is not None and error.code not in _ON_ITS_FORM:
        strips.append(refused(error, desk, typed, href=f"/tasks/{task.id}"))
    elif done and done != DECIDED and (news := act_news(view, desk, done)):
        strips.append(news)
    elif task.state not in OPEN_TASK_STATES:
        strips += _closed(desk, task, acted=bool(done))
    elif done:
        strips += _corrected(desk, view)
    elif at.barred is not None and not called_back(at):
        strips.append(_barred(at, at.barred))
    if view.case.in_reserve_since is not None and view.case.outcome is None:
        text = _(
            "名额已满，本件自 %(when)s 起候补；有名额空出后可再同意。", when=stamp(view.case.in_reserve_since, desk.now)
        )
        strips.append(Strip(text=text, tone=StripTone.WARN, icon="alert"))
    return (*strips, *_delegated(at))


def _barred(at: OnDesk, barred: DomainError) -> Strip:
    if barred.code is ErrorCode.NOT_YOUR_TASK and at.desk.caller.may(Action.MANAGE_OPS):
        who = readable("who", barred.context.get("who", ""))
        return Strip(text=_("此任务由 %(who)s 办理。您可改派或干预决定，均须填写原因。", who=who))
    return Strip(text=sentence(barred.code, barred.context))


def _delegated(at: OnDesk) -> Iterator[Strip]:
    """Who advises whom, while a task is delegated."""
    task, open_task = at.found.task, at.open
    if open_task is None or open_task.delegate_id is None:
        return
    if open_task.delegate_id == at.desk.caller.account_id:
        who = name_of(at.desk.session, task.delegated_by) if task.delegated_by else ""
        yield Strip(text=_("%(who)s 委派您提出意见。填写后交回，由其决定。", who=who))
    elif task.delegated_by == at.desk.caller.account_id:
        yield Strip(text=_("已委派 %(who)s 提出意见，交回前您不能决定；可收回。", who=open_task.delegate_name or ""))


def act_news(view: CaseView, desk: Desk, done: str) -> Strip | None:
    """What an act beside the decision led to, from the record where it stands there."""
    last = next((past for past in reversed(view.state.acts) if past.actor_id == desk.caller.account_id), None)
    whom = last.to_name or "" if last and last.act == done else ""
    texts = {
        "transfer": _("已转办给 %(who)s。", who=whom),
        "delegate": _("已委派给 %(who)s，交回后由您决定。", who=whom),
        "hand_back": _("已交回。"),
        "add_signer": _("已加签 %(who)s。", who=whom),
        "remove_signer": _("已减签 %(who)s。", who=whom),
        "reassign": _("已改派给 %(who)s，记为运营干预。", who=whom),
        "override": _("已记录运营干预决定。"),
        "take_back": _("已撤回，任务回到您的待办。"),
        "pause": _("已暂停计时。"),
        "resume": _("已恢复计时，时限按暂停的工作时间顺延。"),
        "claim": _("已领取，由您办理。"),
        "release": _("已放回岗位。"),
        "snooze": _("已推迟，到时再出现在您的待办中。"),
        "ask": _("已征询，任务仍在您这里。"),
        "cc": _("已抄送。"),
        "comment": _("评论已发布。"),
        "answer": _("已答复。"),
        "urge": _("已催办。"),
        "withdraw": _("已撤销，可重新申报。"),
        "resubmit": _("已重新提交。"),
        "declare": _("已提交申报。"),
    }
    return Strip(text=texts[done], tone=StripTone.OK, icon="check", focus=True) if done in texts else None


def refused(error: DomainError, desk: Desk, typed: str, href: str) -> Strip:
    """A refusal in place of a result: what happened, what to do now, and the text that was typed."""
    text = sentence(error.code, error.context)
    if error.code is ErrorCode.ENGINE_UNAVAILABLE:
        text = _("流程引擎暂不可用，未提交。您的内容已保留，%(at)s 后重试。", at=clock_time(desk.now + RETRY_AFTER))
    lapsed = error.code in _LAPSED
    return Strip(
        text=_("%(text)s您的意见已保留。", text=text)
        if lapsed and typed and error.code is not ErrorCode.STALE_VERSION
        else text,
        tone=StripTone.WARN,
        icon="alert",
        links=(Link(text=_("查看最新"), href=href),) if lapsed else (),
        quote=typed if lapsed else "",
        focus=True,
    )


def _closed(desk: Desk, task: Task, *, acted: bool) -> Iterator[Strip]:
    """What was decided: the reader's own result, or who decided it and when."""
    decision = CaseStore(desk.session).decision_of_task(task.id)
    if decision is None:
        yield Strip(text=_("本件已失效：流程已转到别处或已结束。"))
    elif decision.actor_id == desk.caller.account_id:
        yield Strip(text=_own(decision, task.kind), tone=StripTone.OK, icon="check", focus=acted)
    else:
        verb = word(decision.verdict) if decision.verdict else _("办理")
        when = stamp(decision.at, desk.now)
        yield Strip(text=_("%(who)s 已于 %(when)s %(verb)s本件。", who=decision.actor_name, when=when, verb=verb))


def _own(decision: Decision, kind: CaseKind) -> str:
    match decision.verdict:
        case Verdict.APPROVE:
            return _approved(decision, kind)
        case Verdict.RETURN:
            return _("已退回到%(stage)s。", stage=word(decision.return_to or Stage.DECLARED))
        case Verdict.REJECT:
            return _("已驳回，本件结束。")
        case _:
            return _("已办理。")


def _approved(decision: Decision, kind: CaseKind) -> str:
    """已同意，已报总公司复核 - what the decision itself led to, whatever happened since."""
    after = decision.effect.get("stage")
    if after == decision.stage.value:
        return _("已同意，本环节尚待其他人签批。")
    if after == Stage.ACTIVE.value and kind is not CaseKind.QUALIFICATION:
        return _("已同意，本件通过。")
    if after == Stage.ACTIVE.value:
        silver = decision.approve_as is Tier.SILVER
        return _("已同意为银牌，资格生效。") if silver else _("已同意，资格生效。")
    return _("已同意，已报%(stage)s。", stage=word(Stage(after))) if after else _("已同意。")


def _corrected(desk: Desk, view: CaseView) -> Iterator[Strip]:
    scores = CaseStore(desk.session).scores(view.case.id)
    if len(scores) > 1:
        change = difference(scores[-1].value - scores[-2].value, explanation_of(scores[-1]).formula)
        text = _("已更正，客户价值 %(difference)s。", difference=change)
        yield Strip(text=text, tone=StripTone.OK, icon="check", focus=True)
