"""The clock of a task as a JSON answer: the same facts as the page that says why it is due then."""

from datetime import datetime

from sqlmodel import Session

from api.schemas.cases import DueRowAnswer, TaskClockAnswer
from api.schemas.clock import AlarmAnswer, LedgerLineAnswer, PauseAnswer
from models.rules.clock import ledger, read_clock
from models.rules.due_reason import why_due
from models.services.task_clock import TaskClock, task_clock
from models.tables.cases import Task


def task_clock_answer(session: Session, task: Task, now: datetime) -> TaskClockAnswer:
    """The reckoning of a task's deadline at an instant."""
    found = task_clock(session, task, now)
    calendar, clock = found.calendar, found.clock
    reading = read_clock(calendar, clock, now)
    left = reading.left
    return TaskClockAnswer(
        task_id=task.id,
        opened_at=task.opened_at,
        due_at=task.due_at,
        closed_at=task.closed_at,
        state=reading.state,
        overdue=left.overdue if left else False,
        working_days=left.working_days if left else 0,
        minutes=left.minutes if left else 0,
        used_percent=reading.used_percent,
        provisional=reading.provisional,
        calendar_version=calendar.version,
        rows=[DueRowAnswer(**row.model_dump()) for row in why_due(calendar, clock, now)],
        pauses=[PauseAnswer.model_validate(pause) for pause in clock.pauses],
        ledger=[LedgerLineAnswer.model_validate(line) for line in ledger(calendar, clock, now).intervals],
        alarms=_alarms(found),
    )


def _alarms(found: TaskClock) -> list[AlarmAnswer]:
    gone = [AlarmAnswer(key=row.key, kind=row.kind, at=row.at, told=len(row.told)) for row in found.gone]
    return gone + [AlarmAnswer(key=alarm.key, kind=alarm.kind, at=alarm.at) for alarm in found.ahead]
