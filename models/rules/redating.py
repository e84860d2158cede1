"""Deadlines of a running case on a new calendar: the rule that gave each of them, asked again.

Only instants move: who acts, rounds and acts stay. Pauses are kept and their office time is counted anew too.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask, StepState
from models.messages.calendar import CalendarSnapshot, Deadline, Pause
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.rules import calendar as cal
from models.rules.approval import steps_taken
from models.types import Stage

OPERATIONS_ALLOWANCE_WORKING_DAYS = 1
"""无人可办: how long operations have to find somebody."""


Redatable: TypeAlias = ApprovalState | ServiceState | RolloutState
"""Whatever has open tasks with a deadline."""


class MovedTask(NamedTuple):
    """An open task whose deadline moves."""

    task: OpenTask
    before: datetime
    after: datetime
    provisional: bool


def redated(state: ApprovalState, calendar: CalendarSnapshot) -> ApprovalState:
    """The state with its open deadlines on the calendar; versions move only where a due instant did."""
    tasks = tuple(_redated_task(state, task, calendar) for task in state.tasks)
    after = state.model_copy(
        update={"tasks": tasks, "step": _redated_step(state, state.step, calendar), "undo": _undo(state, calendar)}
    )
    return after.model_copy(update={"version": state.version + bool(moved(state, after))})


def moved(before: Redatable, after: Redatable) -> tuple[MovedTask, ...]:
    """Open tasks whose due instant differs between the two states."""
    old = {task.task_id: task.deadline.due_at for task in before.tasks}
    return tuple(
        MovedTask(task, old[task.task_id], task.deadline.due_at, task.deadline.provisional)
        for task in after.tasks
        if task.task_id in old and old[task.task_id] != task.deadline.due_at
    )


def with_deadlines_of(state: ApprovalState, recorded: ApprovalState) -> ApprovalState:
    """The state with the deadlines and versions as they stand in the records already."""
    known = {task.task_id: task for task in recorded.tasks}
    tasks = tuple(
        task.model_copy(update={"deadline": known[task.task_id].deadline, "version": known[task.task_id].version})
        if task.task_id in known
        else task
        for task in state.tasks
    )
    return state.model_copy(
        update={"tasks": tasks, "step": recorded.step, "undo": recorded.undo, "version": recorded.version}
    )


def _redated_task(state: ApprovalState, task: OpenTask, calendar: CalendarSnapshot) -> OpenTask:
    found = _task_deadline(state, task, calendar)
    if found is None:
        return task
    deadline = _paused_on(calendar, task.opened_at, found, task.pauses)
    return task.model_copy(
        update={"deadline": deadline, "version": task.version + (deadline.due_at != task.deadline.due_at)}
    )


def _task_deadline(state: ApprovalState, task: OpenTask, calendar: CalendarSnapshot) -> Deadline | None:
    """The limit of a task before pauses; None when no rule of the route gave it."""
    if task.step == NOBODY_TO_ACT:
        return cal.add_working_days(calendar, task.opened_at, OPERATIONS_ALLOWANCE_WORKING_DAYS)
    opened_at = state.step.opened_at if state.step and task.step == state.step.stage.value else task.opened_at
    return _step_deadline(state, task.step, opened_at, calendar)


def _step_deadline(state: ApprovalState, step: str, opened_at: datetime, calendar: CalendarSnapshot) -> Deadline | None:
    due_on = _procedure_date(state, step)
    if due_on is None:
        return None
    return cal.due_on_date(calendar, due_on, opened_at, state.min_allowance_working_days)


def _procedure_date(state: ApprovalState, step: str) -> date | None:
    """Date of the route for a step; a case returned to its declarant goes by that of its first step."""
    taken = steps_taken(state)
    if step == Stage.DECLARED.value and taken:
        return taken[0].due_on
    return next((level.due_on for level in taken if level.stage.value == step), None)


def _redated_step(state: ApprovalState, step: StepState | None, calendar: CalendarSnapshot) -> StepState | None:
    if step is None:
        return None
    deadline = _step_deadline(state, step.stage.value, step.opened_at, calendar)
    return step.model_copy(update={"deadline": deadline}) if deadline else step


def _undo(state: ApprovalState, calendar: CalendarSnapshot) -> object:
    """A decision taken back (撤回) reopens its step: on the new calendar like everything that is open."""
    if state.undo is None:
        return None
    return state.undo.model_copy(update={"step": _redated_step(state, state.undo.step, calendar)})


def _paused_on(calendar: CalendarSnapshot, opened_at: datetime, limit: Deadline, pauses: Sequence[Pause]) -> Deadline:
    """The limit moved on by the office time of the pauses that ended; an open one is added when it ends."""
    ended = [(pause.paused_at, pause.resumed_at) for pause in pauses if pause.resumed_at is not None]
    paused = sum((cal.working_time_between(calendar, start, end) for start, end in ended), timedelta())
    return cal.deadline(calendar, opened_at, cal.add_working_time(calendar, limit.due_at, paused)) if paused else limit
