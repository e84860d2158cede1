"""Lines across the decision page: what became of an act, why the bar is absent, what was refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from api.pages.build_facts import explanation_of
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import clock_time, difference, stamp
from api.pages.i18n import _
from api.pages.view.common import ErrorSummary, FieldError, Link, Strip, StripTone
from api.pages.words import word
from api.problems import sentence
from models.errors import DomainError, ErrorCode
from models.services.case_view import CaseView
from models.stores.cases import CaseStore
from models.tables.cases import Decision, Task
from models.types import OPEN_TASK_STATES, Stage, Tier, Verdict

RETRY_AFTER = timedelta(minutes=1)
_AT_THE_FIELD = {ErrorCode.REASON_REQUIRED: "comment"}
_FORM_ERRORS = {ErrorCode.REASON_REQUIRED, ErrorCode.INVALID_INPUT}
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


class RefusedAct(NamedTuple):
    """An act of the declarant that did not go through: its name, what was typed, the key, why."""

    name: str
    comment: str
    key: str
    error: DomainError


def reason_error(act: RefusedAct) -> ErrorSummary | None:
    """The red panel for an act on a case whose form must be corrected."""
    if act.error.code not in _FORM_ERRORS:
        return None
    field = FieldError(field_id=f"{act.name}-comment", text=sentence(act.error.code, act.error.context))
    return ErrorSummary(title=_("有 1 处需要更正"), errors=(field,))


def task_strips(
    desk: Desk,
    view: CaseView,
    task: Task,
    *,
    barred: DomainError | None,
    error: DomainError | None,
    typed: str,
    acted: bool,
) -> tuple[Strip, ...]:
    """The lines of a task's page, the one to read first on top."""
    strips = []
    if error is not None and error.code not in _FORM_ERRORS:
        strips.append(refused(error, desk, typed, href=f"/tasks/{task.id}"))
    elif task.state not in OPEN_TASK_STATES:
        strips += _closed(desk, task, acted=acted)
    elif acted:
        strips += _corrected(desk, view)
    elif barred is not None:
        strips.append(Strip(text=sentence(barred.code, barred.context)))
    if view.case.in_reserve_since is not None and view.case.outcome is None:
        text = _(
            "名额已满，本件自 %(when)s 起候补；有名额空出后可再同意。", when=stamp(view.case.in_reserve_since, desk.now)
        )
        strips.append(Strip(text=text, tone=StripTone.WARN, icon="alert"))
    return tuple(strips)


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
        yield Strip(text=_own(decision), tone=StripTone.OK, icon="check", focus=acted)
    else:
        verb = word(decision.verdict) if decision.verdict else _("办理")
        when = stamp(decision.at, desk.now)
        yield Strip(text=_("%(who)s 已于 %(when)s %(verb)s本件。", who=decision.actor_name, when=when, verb=verb))


def _own(decision: Decision) -> str:
    match decision.verdict:
        case Verdict.APPROVE:
            return _approved(decision)
        case Verdict.RETURN:
            return _("已退回到%(stage)s。", stage=word(decision.return_to or Stage.DECLARED))
        case Verdict.REJECT:
            return _("已驳回，本件结束。")
        case _:
            return _("已办理。")


def _approved(decision: Decision) -> str:
    """已同意，已报总公司复核 - what the decision itself led to, whatever happened since."""
    after = decision.effect.get("stage")
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
