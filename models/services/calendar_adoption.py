"""A running case follows a published calendar: once per publication, whatever kind of case it is.

The rule of the kind says what the deadlines are; here stand the record, the notice and whom it is told to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.rules.redating import MovedTask, Redatable, moved
from models.services import audit
from models.services.alarms import holders
from models.services.approval.diverged import RecordDivergedError
from models.services.approval.tasks import redate_row
from models.services.calendars import case_calendar
from models.services.case_steps import check_version, held
from models.services.notifications import notify
from models.stores.calendar import PublicationStore
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.calendar import CalendarNotice, CalendarPublication
from models.tables.cases import Case
from models.types import SYSTEM_SCHEDULE, Door


@dataclass(frozen=True)
class Adoption:
    """One case before one publication, with the calendar as it stands."""

    case: Case
    publication: CalendarPublication
    calendar: CalendarSnapshot
    notice: CalendarNotice

    @property
    def is_done(self) -> bool:
        """Told before: what was recorded then counts."""
        return self.notice.acknowledged_at is not None


def begin(session: Session, case_id: UUID, publication_id: UUID) -> Adoption:
    """The case, held against other writers. Raises RecordDivergedError."""
    case, publication = held(session, case_id), PublicationStore(session).get(publication_id)
    if publication is None:
        raise RecordDivergedError(f"publication {publication_id} has no record")
    calendar = case_calendar(session, case, publication.published_at)
    return Adoption(case, publication, calendar, _notice(session, publication, case))


def finish(session: Session, found: Adoption, before: Redatable, after: Redatable) -> None:
    """Write the moved deadlines and tell their holders. Raises RecordDivergedError when the record is ahead."""
    check_version(found.case, before.version)
    moves = moved(before, after)
    _write(session, found.case, after)
    found.notice.moved, found.notice.acknowledged_at = len(moves), datetime.now(UTC)
    PublicationStore(session).add(found.notice)
    _tell_holders(session, found.case, found.publication, moves)


def _notice(session: Session, publication: CalendarPublication, case: Case) -> CalendarNotice:
    found = PublicationStore(session).notice(publication.id, case.id)
    return found or CalendarNotice(publication_id=publication.id, case_id=case.id)


def _write(session: Session, case: Case, after: Redatable) -> None:
    case.version, case.state = after.version, after.model_dump(mode="json")
    CaseStore(session).add(case)
    store = TaskStore(session)
    for task in after.tasks:
        row = store.get(task.task_id)
        if row is None:
            continue
        redate_row(row, task)
        store.add(row)


def _tell_holders(session: Session, case: Case, publication: CalendarPublication, moves: Sequence[MovedTask]) -> None:
    if not moves:
        return
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="calendar.adopted",
        object_kind="case",
        object_id=str(case.id),
        door=Door.SYSTEM,
        before={str(move.task.task_id): move.before.isoformat() for move in moves},
        after={str(move.task.task_id): move.after.isoformat() for move in moves},
        reason=publication.reason,
    )
    for move in moves:
        _tell(session, case, publication, move)


def _tell(session: Session, case: Case, publication: CalendarPublication, move: MovedTask) -> None:
    row = TaskStore(session).get(move.task.task_id)
    if row is None:
        return
    now = datetime.now(UTC)
    notify(
        session,
        to=sorted(holders(session, case, row, now)),
        template="calendar_moved",
        key=f"calendar:{publication.id}:{row.id}",
        at=now,
        case_id=case.id,
        task_id=row.id,
        context={
            "customer_no": case.number,
            "customer_name": row.customer_name,
            "step": row.step,
            "due_at": move.after.isoformat(),
            "was_due_at": move.before.isoformat(),
            "text": publication.reason,
        },
    )
