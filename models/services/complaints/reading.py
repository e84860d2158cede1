"""Reading what people said 打开内容: personal data, so every reading stands in the audit trail."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.services import audit
from models.services.by import By
from models.stores.audit import AuditStore
from models.stores.people import PeopleStore
from models.tables.service import ComplaintRecord

OPENED = "open_complaint_text"


class Reading(NamedTuple):
    """Who read the contents, and when."""

    name: str
    at: datetime


def note_reading(session: Session, record: ComplaintRecord, by: By, at: datetime) -> None:
    """Write one reading to the audit trail: who and which record, never what it says."""
    audit.append(
        session,
        actor=by.actor,
        action=OPENED,
        object_kind="case",
        object_id=str(record.case_id),
        door=by.door,
        after={"record_no": record.record_no},
        request_id=by.request_id,
        at=at,
    )


def readings(session: Session, case_id: UUID) -> tuple[Reading, ...]:
    """Who read the contents of a case, newest first."""
    found = [entry for entry in AuditStore(session).of("case", str(case_id)) if entry.action == OPENED]
    names = {str(account.id): account.name for account in PeopleStore(session).named({e.actor for e in found})}
    return tuple(Reading(names.get(entry.actor, entry.actor), entry.at) for entry in reversed(found))
