"""暂停 / 恢复 the clock of a task: its deadline moves on by the paused office time.

`OpenTask.deadline` always holds what counts now, pauses that ended included; an open pause moves it when it ends.
"""

from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask
from models.messages.calendar import CalendarSnapshot, Deadline
from models.messages.handing import PauseClock, ResumeClock
from models.rules import calendar as cal
from models.rules.approval.history import accepted, refuse_stale, refuse_without_reason, task_of, with_task
from models.rules.approval.normal import normalised
from models.rules.approval.people import DECLARED, check_four_eyes, check_holder
from models.rules.clock import close_pause, open_pause
from models.types import Role


def check_pause(state: ApprovalState, act: PauseClock) -> None:
    """By the holder of the task. Raises CLOCK_ALREADY_PAUSED."""
    task = _task(state, act)
    _check_holder(state, task, act)
    refuse_stale(task, act.version)
    open_pause(task.pauses, task.opened_at, act.reason.value)


def pause(state: ApprovalState, act: PauseClock, at: datetime) -> ApprovalState:
    """The clock stands; the task can still be decided."""
    check_pause(state, act)
    task = task_of(state, act.task_id)
    changed = {"pauses": open_pause(task.pauses, at, act.reason.value), "version": task.version + 1}
    return accepted(state, act, at, "pause", {"tasks": with_task(state, task.model_copy(update=changed))})


def check_resume(state: ApprovalState, act: ResumeClock) -> None:
    """By the holder of the task, or by operations with a reason. Raises STALE_VERSION when the clock runs."""
    task = _task(state, act)
    if any(post.role is Role.OPS for post in act.posts):
        refuse_without_reason(act)
    else:
        _check_holder(state, task, act)
    refuse_stale(task, act.version)
    if not is_paused(task):
        raise DomainError(ErrorCode.STALE_VERSION)


def resume(state: ApprovalState, act: ResumeClock, at: datetime, calendar: CalendarSnapshot) -> ApprovalState:
    """The clock runs again; what the step opens later is due no sooner than this task."""
    check_resume(state, act)
    state = normalised(state)
    task = task_of(state, act.task_id)
    deadline = moved_by_pause(calendar, task, at)
    changed = {"pauses": close_pause(task.pauses, at), "deadline": deadline, "version": task.version + 1}
    change: dict[str, object] = {"tasks": with_task(state, task.model_copy(update=changed))}
    if state.step is not None and deadline.due_at > state.step.deadline.due_at:
        change["step"] = state.step.model_copy(update={"deadline": deadline})
    return accepted(state, act, at, "resume", change)


def is_paused(task: OpenTask) -> bool:
    """Whether the clock of the task stands."""
    return bool(task.pauses) and task.pauses[-1].resumed_at is None


def moved_by_pause(calendar: CalendarSnapshot, task: OpenTask, at: datetime) -> Deadline:
    """The deadline after the open pause ends at `at`: later by the office time since it began."""
    paused = cal.working_time_between(calendar, task.pauses[-1].paused_at, at)
    return cal.deadline(calendar, task.opened_at, cal.add_working_time(calendar, task.deadline.due_at, paused))


def _task(state: ApprovalState, act: PauseClock | ResumeClock) -> OpenTask:
    task = task_of(state, act.task_id)
    if task.step == NOBODY_TO_ACT:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    return task


def _check_holder(state: ApprovalState, task: OpenTask, act: PauseClock | ResumeClock) -> None:
    check_holder(task, act)
    if task.step != DECLARED:
        check_four_eyes(state, act)
