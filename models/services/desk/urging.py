"""催办: whoever waits for an open task reminds its holder, not more often than the rulebook's cool-down allows."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT
from models.messages.calendar import CalendarSnapshot
from models.rules.calendar import add_working_minutes, local_date
from models.services.alarms import holders
from models.services.calendars import snapshot
from models.services.desk.acting import Actor, about, note
from models.services.notifications import notify
from models.services.rulebooks import rulebook_of
from models.stores.desk import DeskStore
from models.tables.cases import Case, Task
from models.tables.desk import Urge
from models.types import TaskState


def urge(session: Session, case: Case, actor: Actor, text: str = "") -> list[Urge]:
    """Remind the holders of every open task that was not urged just now. Whether the person may is the caller's check.

    Raises CASE_CLOSED, WRONG_STAGE when nothing waits for anybody, URGE_TOO_SOON with the instant of the next chance.
    """
    tasks = _waiting(session, case)
    ready, until = _cooled_down(session, case, tasks, actor.at)
    if not ready:
        raise DomainError(ErrorCode.URGE_TOO_SOON, until=until.isoformat())
    return [_urge(session, case, task, actor, text) for task in ready]


def next_urge(session: Session, case: Case, at: datetime) -> datetime | None:
    """From when on the case may be urged again; None when it may be now. Raises as `urge` does when nothing waits."""
    ready, until = _cooled_down(session, case, _waiting(session, case), at)
    return None if ready else until


def _waiting(session: Session, case: Case) -> list[Task]:
    if case.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=case.outcome.value)
    open_tasks = DeskStore(session).open_tasks(case.id)
    tasks = [task for task in open_tasks if task.state is not TaskState.WAITING and task.step != NOBODY_TO_ACT]
    if not tasks:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
    return tasks


def _cooled_down(session: Session, case: Case, tasks: list[Task], at: datetime) -> tuple[list[Task], datetime]:
    """The tasks that may be urged, and when the first of the others may."""
    last = DeskStore(session).last_urges([task.id for task in tasks])
    rulebook = rulebook_of(session, case.rulebook_version_id).rulebook
    calendar = snapshot(session, rulebook.working_time, local_date(at), institution_code=case.institution_code)
    until = {task_id: again_after(session, case, calendar, then) for task_id, then in last.items()}
    ready = [task for task in tasks if until.get(task.id, at) <= at]
    return ready, min(until.values(), default=at)


def again_after(session: Session, case: Case, calendar: CalendarSnapshot, urged_at: datetime) -> datetime:
    """From when on somebody who was urged then may be urged again."""
    minutes = rulebook_of(session, case.rulebook_version_id).rulebook.desk.urge_cool_down_working_minutes
    return add_working_minutes(calendar, urged_at, minutes).due_at


def _urge(session: Session, case: Case, task: Task, actor: Actor, text: str) -> Urge:
    row = Urge(case_id=case.id, task_id=task.id, by_id=actor.account_id, by_name=actor.name, text=text, at=actor.at)
    DeskStore(session).add(row)
    note(session, actor, "urge", case.id, task_id=task.id)
    notify(
        session,
        to=_told(session, case, task, actor),
        template="urged",
        key=f"urged:{row.id}",
        at=actor.at,
        case_id=case.id,
        task_id=task.id,
        context=about(session, case, task, actor, text),
    )
    return row


def _told(session: Session, case: Case, task: Task, actor: Actor) -> list[UUID]:
    """Who may act on the task now, stand-ins included; never who urges."""
    return sorted(holders(session, case, task, actor.at) - {actor.account_id})
