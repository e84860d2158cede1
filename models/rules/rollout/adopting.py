"""Deadlines of the open parts: by the plan's date, and on a new calendar."""

from datetime import datetime

from models.messages.calendar import CalendarSnapshot, Deadline
from models.messages.rollout import PartTask, RolloutState
from models.rules import calendar as cal
from models.rules.rollout.parts import item_of


def due(state: RolloutState, number: int, opened_at: datetime, calendar: CalendarSnapshot) -> Deadline:
    """Close of the item's last day; a part that opens after it has the least allowance (decisions.md 12)."""
    item = item_of(state, number)
    to_on = item.to_on if item else cal.local_date(opened_at)
    late = cal.local_date(opened_at) > cal.move_to_working_day(calendar, to_on)
    return cal.due_on_date(calendar, to_on, opened_at, state.min_allowance_working_days if late else 0)


def redated(state: RolloutState, calendar: CalendarSnapshot) -> RolloutState:
    """The state with the deadlines of its open tasks as the plan and the calendar now say."""
    return state.model_copy(update={"tasks": tuple(_redated(state, task, calendar) for task in state.tasks)})


def _redated(state: RolloutState, task: PartTask, calendar: CalendarSnapshot) -> PartTask:
    deadline = due(state, task.part.number, task.opened_at, calendar)
    if deadline.due_at == task.deadline.due_at:
        return task.model_copy(update={"deadline": deadline})
    # A deadline that moved sets its alarms off anew.
    fresh = {"deadline": deadline, "version": task.version + 1, "alarms": (), "breach_recorded": False}
    return task.model_copy(update=fresh)


def with_deadlines_of(state: RolloutState, recorded: RolloutState) -> RolloutState:
    """The state with the deadlines and versions as they stand in the records already."""
    known = {task.task_id: task for task in recorded.tasks}
    return state.model_copy(update={"tasks": tuple(known.get(task.task_id, task) for task in state.tasks)})
