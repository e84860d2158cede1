"""One door to a launch: who may do what at which stage, and what follows from it."""

from datetime import datetime
from typing import NoReturn
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import (
    CancelRollout,
    CompletePart,
    LaunchRollout,
    OnRollout,
    PartDone,
    PartTask,
    PlanRollout,
    ReassignPart,
    RescheduleItem,
    RolloutAct,
    RolloutPast,
    RolloutState,
)
from models.rules.rollout.adopting import redated
from models.rules.rollout.parts import done_items, item_of, open_task, owned
from models.rules.rollout.plan import drafted, moved_item, refuse_bad_plan
from models.types import Outcome, Role, Stage

RESCHEDULED = "reschedule"
"""改期 in the records: other kinds of case have their own act of that name."""


def check(state: RolloutState, act: RolloutAct) -> None:
    """Raises the DomainError that refuses the act, if any; the page asks it too, to leave a button out.

    NOT_ALLOWED without the head-office post, NOT_YOUR_TASK, STALE_VERSION, WRONG_STAGE, CASE_CLOSED, ALREADY_DECIDED
    with who and when, REASON_REQUIRED, BAD_TRANSFER_TARGET, INVALID_INPUT.
    """
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    match act:
        case CompletePart():
            _check_complete(state, act)
        case ReassignPart():
            _check_reassign(state, act)
        case _:
            _check_plan(state, act)


def apply(state: RolloutState, act: RolloutAct, at: datetime, calendar: CalendarSnapshot) -> RolloutState:
    """The state after an act, or the DomainError that refuses it. What it opens is not open yet: `parts_to_open`."""
    check(state, act)
    match act:
        case PlanRollout():
            return _accepted(drafted(state, act, calendar), act, at, name=act.kind)
        case LaunchRollout():
            return _accepted(state.model_copy(update={"stage": Stage.RUNNING}), act, at, name=act.kind)
        case RescheduleItem():
            items = moved_item(state.items, act.number, act.from_on, act.to_on, calendar)
            moved = redated(state.model_copy(update={"items": items}), calendar)
            return _accepted(moved, act, at, name=RESCHEDULED)
        case CancelRollout():
            gone = tuple(task.task_id for task in state.tasks)
            over = {"stage": Stage.CANCELLED, "outcome": Outcome.CANCELLED, "tasks": ()}
            return _accepted(state.model_copy(update=over), act, at, name=act.kind, closed=gone)
        case CompletePart():
            return _completed(state, act, at)
        case ReassignPart():
            return _reassigned(state, act, at)


def cut_off(state: RolloutState, act: Act, at: datetime) -> RolloutState:
    """终止 by operations: its open tasks fall away; whether it may is asked before."""
    over = {"stage": Stage.CANCELLED, "outcome": Outcome.TERMINATED, "tasks": ()}
    gone = tuple(task.task_id for task in state.tasks)
    return _accepted(state.model_copy(update=over), act, at, name="terminate", closed=gone)


def with_tasks(state: RolloutState, opened: tuple[PartTask, ...]) -> RolloutState:
    """The state with the tasks that the record opened."""
    return state.model_copy(update={"tasks": (*state.tasks, *opened)}) if opened else state


def _check_plan(state: RolloutState, act: OnRollout) -> None:
    _by_head_office(act)
    if act.version != state.version:
        raise DomainError(ErrorCode.STALE_VERSION, version=state.version)
    if isinstance(act, RescheduleItem | CancelRollout) and not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if isinstance(act, PlanRollout | LaunchRollout) and state.stage is not Stage.PLANNED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if isinstance(act, PlanRollout):
        refuse_bad_plan(state, act)
    if isinstance(act, RescheduleItem):
        _check_reschedule(state, act)


def _check_reschedule(state: RolloutState, act: RescheduleItem) -> None:
    if state.stage is not Stage.RUNNING:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if item_of(state, act.number) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if act.number in done_items(state):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=Stage.DONE.value)


def _check_complete(state: RolloutState, act: CompletePart) -> None:
    task = _task(state, act.task_id)
    if not _holds(task, act):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)
    if act.version != task.version:
        raise DomainError(ErrorCode.STALE_VERSION)
    if not act.comment.strip():
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "comment", "reason": "missing"}])


def _check_reassign(state: RolloutState, act: ReassignPart) -> None:
    _by_head_office(act)
    task = _task(state, act.task_id)
    if act.version != task.version:
        raise DomainError(ErrorCode.STALE_VERSION)
    if not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if not act.to.authorised or act.to.account_id == task.assignee_id:
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=act.to.name)


def _by_head_office(act: Act) -> None:
    if not any(post.role is Role.HQ_VIP for post in act.posts):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.HQ_VIP.value)


def _holds(task: PartTask, act: Act) -> bool:
    """Whom it was given to or its stand-in; while it is nobody's, whoever holds the post."""
    if task.assignee_id is not None:
        return task.assignee_id in {act.actor_id, act.on_behalf_of}
    return any((post.role, post.institution_code) == (task.role, task.institution_code) for post in act.posts)


def _task(state: RolloutState, task_id: UUID) -> PartTask:
    task = open_task(state, task_id)
    return task if task is not None else refuse_closed(state, task_id)


def refuse_closed(state: RolloutState, task_id: UUID) -> NoReturn:
    """Of a task that is not open. Raises ALREADY_DECIDED with who and when, CASE_CLOSED, NOT_FOUND."""
    for entry in state.done:
        if entry.task_id == task_id:
            raise DomainError(
                ErrorCode.ALREADY_DECIDED, who=entry.actor_name, when=entry.at.isoformat(), verb="complete"
            )
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    raise DomainError(ErrorCode.NOT_FOUND)


def _completed(state: RolloutState, act: CompletePart, at: datetime) -> RolloutState:
    task = _task(state, act.task_id)
    entry = PartDone(part=task.part, task_id=task.task_id, actor_name=act.actor_name, at=at)
    left = tuple(other for other in state.tasks if other.task_id != task.task_id)
    after = state.model_copy(update={"tasks": left, "done": (*state.done, entry)})
    if len(after.done) == len(owned(after)):
        after = after.model_copy(update={"stage": Stage.DONE, "outcome": Outcome.COMPLETED})
    return _accepted(after, act, at, name=act.kind, task_id=task.task_id, closed=(task.task_id,))


def _reassigned(state: RolloutState, act: ReassignPart, at: datetime) -> RolloutState:
    change = {"assignee_id": act.to.account_id}
    tasks = tuple(
        task.model_copy(update={**change, "version": task.version + 1}) if task.task_id == act.task_id else task
        for task in state.tasks
    )
    return _accepted(state.model_copy(update={"tasks": tasks}), act, at, name=act.kind, to_name=act.to.name)


def _accepted(
    state: RolloutState,
    act: Act,
    at: datetime,
    *,
    name: str,
    task_id: UUID | None = None,
    closed: tuple[UUID, ...] = (),
    to_name: str | None = None,
) -> RolloutState:
    """The state with the act as its newest; the plan's version moves with what head office does to the plan."""
    past = RolloutPast(
        step_no=state.step_no + 1,
        act=name,
        stage=state.stage,
        task_id=task_id,
        closed=closed,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        on_behalf_of=act.on_behalf_of,
        door=act.door,
        to_name=to_name,
        at=at,
    )
    moves = state.version + isinstance(act, OnRollout)
    return state.model_copy(update={"step_no": past.step_no, "acts": (past,), "version": moves})
