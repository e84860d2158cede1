"""Deadlines of a running service case on a new calendar; what was finished keeps the one it was finished on."""

from models.messages.approval import OpenTask
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.rules.service.clocks import reckoned
from models.rules.service.tasks import clock_of_task, on_clock


def redated(state: ServiceState, calendar: CalendarSnapshot) -> ServiceState:
    """The state with its running clocks on the calendar; versions move only where a due instant did."""
    clocks = tuple(clock if clock.finished_at else reckoned(clock, calendar) for clock in state.clocks)
    after = state.model_copy(update={"clocks": clocks})
    tasks = tuple(_moved(after, task) for task in state.tasks)
    newer = any(new.version != old.version for new, old in zip(tasks, state.tasks, strict=True))
    return after.model_copy(update={"tasks": tasks, "version": state.version + newer})


def with_deadlines_of(state: ServiceState, recorded: ServiceState) -> ServiceState:
    """The state with the deadlines and versions as they stand in the records already."""
    known = {task.task_id: task for task in recorded.tasks}
    tasks = tuple(
        task.model_copy(update={"deadline": known[task.task_id].deadline, "version": known[task.task_id].version})
        if task.task_id in known
        else task
        for task in state.tasks
    )
    due = {clock.name: clock.deadline for clock in recorded.clocks}
    clocks = tuple(clock.model_copy(update={"deadline": due.get(clock.name, clock.deadline)}) for clock in state.clocks)
    return state.model_copy(update={"tasks": tasks, "clocks": clocks, "version": recorded.version})


def _moved(state: ServiceState, task: OpenTask) -> OpenTask:
    moved = on_clock(task, clock_of_task(state, task))
    return moved.model_copy(update={"version": task.version + (moved.deadline.due_at != task.deadline.due_at)})
