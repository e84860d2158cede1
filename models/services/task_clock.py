"""The clock of a task with its pauses, on the calendar of its case, and its alarms: gone off and still to come."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.alarms import Alarm
from models.messages.approval import OpenTask
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.alarms import alarms_left
from models.rules.clock import Clock
from models.services.alarms import policy_for
from models.services.calendars import case_calendar
from models.services.case_state import CaseState, state_of
from models.services.rulebooks import rulebook_of
from models.stores.alarms import AlarmStore
from models.stores.cases import CaseStore
from models.tables.cases import Case, Task
from models.tables.desk import TaskAlarm


class TaskClock(NamedTuple):
    """Everything about one deadline. `state` is that of the case now; the task may be closed."""

    clock: Clock
    calendar: CalendarSnapshot
    state: CaseState
    gone: tuple[TaskAlarm, ...]
    ahead: tuple[Alarm, ...]


def task_clock(session: Session, task: Task, now: datetime) -> TaskClock:
    """The clock of a task, open or closed. Raises NOT_FOUND when its case is away."""
    case = CaseStore(session).get(task.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    calendar = case_calendar(session, case, now)
    state = state_of(case)
    found = next((item for item in state.tasks if item.task_id == task.id), None)
    last = found or _when_closed(session, task)
    gone = tuple(AlarmStore(session).of_task(task.id))
    return TaskClock(
        clock=_clock(calendar, task, last),
        calendar=calendar,
        state=state,
        gone=gone,
        ahead=_ahead(session, case, found, gone, calendar) if found and task.closed_at is None else (),
    )


def _clock(calendar: CalendarSnapshot, task: Task, last: OpenTask | None) -> Clock:
    """The row's due instant has the ended pauses in it; a clock starts from the limit before them."""
    pauses, elapsed = last.pauses if last else (), last is not None and last.elapsed
    ended = [(pause.paused_at, pause.resumed_at) for pause in pauses if pause.resumed_at is not None]
    if elapsed:
        limit = task.due_at - sum((end - start for start, end in ended), timedelta())
    else:
        paused = sum((cal.working_time_between(calendar, start, end) for start, end in ended), timedelta())
        limit = cal.subtract_working_time(calendar, task.due_at, paused)
    began = last.clock_from if last is not None and last.clock_from else task.opened_at
    return Clock(started_at=began, due_at=limit, pauses=pauses, finished_at=task.closed_at, elapsed=elapsed)


def _when_closed(session: Session, task: Task) -> OpenTask | None:
    """The task in the last recorded state in which it was open: that still has its pauses."""
    for decision in reversed(CaseStore(session).decisions(task.case_id)):
        for item in decision.effect.get("tasks", []):
            if item["task_id"] == str(task.id):
                return OpenTask.model_validate(item)
    return None


def _ahead(
    session: Session, case: Case, task: OpenTask, gone: tuple[TaskAlarm, ...], calendar: CalendarSnapshot
) -> tuple[Alarm, ...]:
    # Which alarms went off is known to the records; the state they keep is that of the last act.
    marked = task.model_copy(update={"alarms": tuple(alarm.key for alarm in gone)})
    policy = policy_for(case.kind, rulebook_of(session, case.rulebook_version_id).rulebook)
    return tuple(alarm for alarm in alarms_left(marked, policy, calendar) if not alarm.silent)
