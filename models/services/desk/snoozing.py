"""稍后处理: a task hidden from one person's inbox until an instant; its clock runs on."""

from datetime import datetime, timedelta

from sqlmodel import Session

from models.services.desk.acting import Actor, invalid, note
from models.services.notifications import emit
from models.stores.desk import DeskStore
from models.tables.cases import Task
from models.tables.desk import TaskSnooze

LONGEST = timedelta(days=30)


def snooze(session: Session, task: Task, actor: Actor, until: datetime | None) -> None:
    """Hide the task from the person's inbox until then; None shows it again.

    Raises INVALID_INPUT for an instant that is past or more than 30 days ahead.
    """
    store = DeskStore(session)
    row = store.snooze(actor.account_id, task.id)
    if until is None:
        if row is not None:
            store.delete(row)
    else:
        _check(until, actor.at)
        row = row or TaskSnooze(account_id=actor.account_id, task_id=task.id, until=until)
        row.until = until
        store.add(row)
    note(session, actor, "snooze", task.case_id, task_id=task.id, until=until.isoformat() if until else "")
    emit(session, "task_changed", actor.at, case_id=task.case_id, task_id=task.id, account_id=actor.account_id)


def _check(until: datetime, now: datetime) -> None:
    if until <= now:
        raise invalid("until", "not_in_future")
    if until > now + LONGEST:
        raise invalid("until", "too_far_ahead")
