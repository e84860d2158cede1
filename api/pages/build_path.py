"""审批路径 of a case: who acted, who may act now, what lies ahead, and the earlier rounds folded."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise

from api.pages.build_seats import open_holder, open_seats, signed_seats, signers_ahead, standing_text
from api.pages.desk import Desk
from api.pages.format import local, short_day, span, stamp, term
from api.pages.i18n import _
from api.pages.view.common import Tag, TagTone
from api.pages.view.task import ApprovalPath, EarlierRound, PathStep, StepState
from api.pages.words import word
from models.messages.approval import ApprovalState, OpenTask, RouteStep
from models.rules import approval
from models.rules import calendar as cal
from models.rules.clock import working_span
from models.services.case_view import CaseView, PathItem, StepPlace, TimelineItem
from models.services.rulebooks import rulebook_of
from models.types import CaseKind, Door, Outcome, Stage, Verdict

_ENDED = {Outcome.REJECTED, Outcome.WITHDRAWN, Outcome.CANCELLED, Outcome.EXPIRED, Outcome.TERMINATED}


def approval_path(view: CaseView, desk: Desk) -> ApprovalPath:
    """The path of the current round, with 生效 at its end unless the case ended otherwise."""
    steps = [_step(view, desk, item, before) for before, item in _with_before(view.path)]
    return ApprovalPath(
        headline=_headline(view),
        steps=(*steps, *_end(view, desk)),
        earlier=tuple(_earlier(view, desk.now)),
    )


def result_of_approval(view: CaseView) -> str:
    """What an approval of the open step leads to: 报总公司复核, 生效."""
    following = approval.next_step(view.state, view.state.stage)
    return _("报%(stage)s", stage=word(following.stage)) if following else _last(view)


def _last(view: CaseView) -> str:
    """生效; a lone approval has no more than its result."""
    if view.case.kind is CaseKind.PERIOD_CLOSE:
        return word(Stage.PUBLISHED)
    return _("批准") if view.case.kind is not CaseKind.QUALIFICATION else word(Stage.ACTIVE)


def _with_before(path: Sequence[PathItem]) -> Iterator[tuple[PathItem | None, PathItem]]:
    yield None, path[0]
    yield from pairwise(path)


def _headline(view: CaseView) -> str:
    state = view.state
    number = _("第 %(round)s 轮", round=state.round)
    taken = [Stage.DECLARED, *(step.stage for step in approval.steps_taken(state))]
    stage = Stage.DECLARED if state.stage is Stage.RETURNED else state.stage
    if state.outcome is not None or stage not in taken:
        return number
    place = _("第 %(n)s 步，共 %(all)s 步", n=taken.index(stage) + 1, all=len(taken))
    return f"{number} · {place}"


def _step(view: CaseView, desk: Desk, item: PathItem, before: PathItem | None) -> PathStep:
    title, state = word(item.stage), StepState(item.place.value)
    if view.case.kind is not CaseKind.QUALIFICATION and item.stage is Stage.DECLARED:
        title = word(Stage.FROZEN) if view.case.kind is CaseKind.PERIOD_CLOSE else _("提出")
    match item.place:
        case StepPlace.DONE | StepPlace.STOPPED:
            signed = signed_seats(view, item.stage)
            return PathStep(
                state=state,
                title=title,
                who=_actor(view, item),
                note=_done(view, desk, item, before),
                tags=_marks(item),
                seats=signed if len(signed) > 1 else (),
            )
        case StepPlace.SKIPPED:
            return PathStep(state=state, title=title, who=_("客户所属机构无此级，跳过"))
        case StepPlace.NOW:
            return PathStep(
                state=state,
                title=title,
                who="" if item.seats else open_holder(view.state, desk.caller.name) or _holders(item, desk),
                note=_now(view, desk, item),
                standing=standing_text(view.state),
                seats=open_seats(view, desk),
            )
        case _:
            who = signers_ahead(item) or _holders(item, desk)
            return PathStep(state=state, title=title, who=who, note=_ahead(view.state, desk, item))


def _actor(view: CaseView, item: PathItem) -> str:
    """B（代 A） · 岗位, from the latest act of the step that stands."""
    name = item.actor or ""
    acts = (past for past in reversed(view.timeline) if past.stage is item.stage and past.at == item.at)
    act = next(acts, None)
    if name.startswith("system:"):
        return _("系统")
    shown = _("%(who)s（代 %(whom)s）", who=name, whom=act.on_behalf_of_name) if act and act.on_behalf_of_name else name
    lone = view.case.kind is not CaseKind.QUALIFICATION and item.stage is Stage.DECLARED
    return shown if lone else _with_role(shown, name, word(item.role))  # anybody's post may ask for a lone approval


def _marks(item: PathItem) -> tuple[Tag, ...]:
    """保留签批, 运营干预."""
    marks = []
    if item.kept:
        marks.append(Tag(text=_("保留签批"), tone=TagTone.OK, icon="keep"))
    if item.override:
        marks.append(Tag(text=word(Door.OVERRIDE), tone=TagTone.BAD, icon="alert"))
    return tuple(marks)


def _with_role(shown: str, name: str, role: str) -> str:
    """王晓梅 · 客户经理; a name that says the post already stands alone."""
    return shown if role in name else f"{shown} · {role}"


def _done(view: CaseView, desk: Desk, item: PathItem, before: PathItem | None) -> str:
    if item.at is None:
        return ""
    verb = word(item.verdict) if item.verdict else _("重新提交") if view.state.round > 1 else _("提交")
    note = f"{stamp(item.at, desk.now)} {verb}"
    if before is None or before.at is None or before.at > item.at:
        return note
    used = working_span(desk.calendar, before.at, item.at)
    if not used.working_days and not used.minutes:
        return note
    took = _("用时 %(span)s", span=span(used))
    return f"{note} · {took}"


def _holders(item: PathItem, desk: Desk) -> str:
    """The person who may act, or how many there are; the declarant of a returned case is one person."""
    role = word(item.role)
    names = (item.actor,) if item.stage is Stage.DECLARED and item.actor else item.people
    if not names:
        return _("%(role)s 无人可办", role=role)
    if len(names) > 1:
        return _("%(role)s %(n)s 人可办", role=role, n=len(names))
    who = _("您（%(name)s）", name=names[0]) if names[0] == desk.caller.name else names[0]
    return _with_role(who, names[0], role)


def _now(view: CaseView, desk: Desk, item: PathItem) -> str:
    if item.stage is Stage.DECLARED:
        return _("待重新提交")
    task = open_task(view.state, item.stage)
    due = _("%(due)s 到期", due=stamp(task.deadline.due_at, desk.now)) if task else ""
    after = _("同意后：%(result)s", result=result_of_approval(view))
    return f"{due} · {after}" if due else after


def open_task(state: ApprovalState, stage: Stage) -> OpenTask | None:
    """The open task of a stage."""
    return next((task for task in state.tasks if task.step == stage.value), None)


def _ahead(state: ApprovalState, desk: Desk, item: PathItem) -> str:
    if item.due_on is None:
        return ""
    today = cal.local_date(desk.now)
    if item.due_on <= today:
        return _("开启后 %(n)s 个工作日内", n=state.min_allowance_working_days)
    moved = cal.move_to_working_day(desk.calendar, item.due_on)
    if moved == item.due_on:
        return _("%(day)s 前", day=short_day(moved, today))
    planned = short_day(item.due_on, today)
    return _("%(day)s 前（%(planned)s 放假，顺延）", day=short_day(moved, today), planned=planned)


def _end(view: CaseView, desk: Desk) -> tuple[PathStep, ...]:
    outcome = view.state.outcome
    if outcome is Outcome.REJECTED:
        return ()
    if outcome in _ENDED:
        last = view.state.acts[-1]
        when = stamp(last.at, desk.now)
        return (PathStep(state=StepState.STOPPED, title=word(view.state.stage), who=last.actor_name, note=when),)
    state = StepState.AHEAD if outcome is None else StepState.DONE
    if view.case.kind is not CaseKind.QUALIFICATION:
        return (PathStep(state=state, title=_last(view)),)
    rulebook = rulebook_of(desk.session, view.case.rulebook_version_id).rulebook
    first, last_day = rulebook.procedure.term(view.case.year)
    return (PathStep(state=state, title=word(Stage.ACTIVE), who=term(first, last_day)),)


def _earlier(view: CaseView, now: datetime) -> Iterator[EarlierRound]:
    past = [item for item in view.timeline if item.round is not None and item.round < view.state.round]
    for number, items in groupby(past, key=lambda item: item.round):
        acts = [item for item in items if item.stage is not None]
        text = " → ".join(_past_act(item, now) for item in acts)
        last = acts[-1]
        title = _("第 %(round)s 轮（%(who)s 退回）", round=number, who=last.actor)
        yield EarlierRound(title=title, text=f"{text}：{last.comment}" if last.comment else text)


def _past_act(item: TimelineItem, now: datetime) -> str:
    on = short_day(local(item.at).date(), local(now).date())
    verb = word(Verdict(item.act)) if item.act in set(Verdict) else ""
    stage = word(item.stage) if item.stage else ""
    return " ".join(part for part in (stage, on, verb) if part)


def step_of_route(state: ApprovalState, stage: Stage) -> RouteStep | None:
    """The route's step of a stage; None for the declaration."""
    return next((step for step in state.route if step.stage is stage), None)
