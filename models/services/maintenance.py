"""Maintenance 维护: the doors are closed and opened here, and the audit trail tells why."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services import audit
from models.services.by import By
from models.stores.maintenance import MaintenanceStore
from models.tables.maintenance import Maintenance

OBJECT = "maintenance"


class Backup(NamedTuple):
    """The backup that was put back, and when its records were copied."""

    backup_id: str
    records_as_of: datetime


def standing(session: Session) -> Maintenance | None:
    """Since when and why nobody is let in; None while people may work."""
    return MaintenanceStore(session).standing()


def is_closed(database: Database) -> bool:
    """Whether nobody is let in. Records that are away close nothing: they have an answer of their own."""
    try:
        with database.read() as session:
            return standing(session) is not None
    except SQLAlchemyError:
        return False


def begin(session: Session, reason: str, by: By, backup: Backup | None = None) -> Maintenance:
    """Close the doors; where they are closed already, the newer reason stands. Raises REASON_REQUIRED."""
    _refuse_blank(reason)
    backup_id, as_of = backup or (None, None)
    row = standing(session) or Maintenance(since=datetime.now(UTC), reason=reason)
    row.reason, row.backup_id, row.records_as_of, row.drift, row.checked_at = reason, backup_id, as_of, None, None
    MaintenanceStore(session).add(row)
    _note(session, "begin", by, reason, {"backup_id": backup_id})
    return row


def note_drift(session: Session, drift: int, at: datetime) -> None:
    """Keep how many differences the last comparison left."""
    row = standing(session)
    if row is not None:
        row.drift, row.checked_at = drift, at
        MaintenanceStore(session).add(row)


def end(session: Session, reason: str, by: By) -> bool:
    """Let people in again; False when the doors are open. Raises REASON_REQUIRED."""
    _refuse_blank(reason)
    row = standing(session)
    if row is None:
        return False
    MaintenanceStore(session).delete(row)
    _note(session, "end", by, reason, {"backup_id": row.backup_id, "drift": row.drift})
    return True


def _refuse_blank(reason: str) -> None:
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)


def _note(session: Session, act: str, by: By, reason: str, facts: dict[str, str | int | None]) -> None:
    audit.append(
        session,
        actor=by.actor,
        action=f"{OBJECT}.{act}",
        object_kind=OBJECT,
        object_id=OBJECT,
        door=by.door,
        after=facts,
        reason=reason,
        request_id=by.request_id,
    )
