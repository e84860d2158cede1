"""The clock of a task as a JSON answer: the same facts as the page that says why it is due then."""

from datetime import datetime

from sqlmodel import Session

from api.schemas.cases import DueRowAnswer, TaskClockAnswer
from models.rules.calendar import local_date
from models.rules.clock import Clock, read_clock
from models.rules.due_reason import why_due
from models.services.calendars import snapshot
from models.services.rulebooks import rulebook_in_force
from models.tables.cases import Task


def task_clock_answer(session: Session, task: Task, now: datetime) -> TaskClockAnswer:
    """The reckoning of a task's deadline at an instant."""
    today = local_date(now)
    calendar = snapshot(session, rulebook_in_force(session, today).rulebook.working_time, today)
    clock = Clock(started_at=task.opened_at, due_at=task.due_at, finished_at=task.closed_at)
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
    )
