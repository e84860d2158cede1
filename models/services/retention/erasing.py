"""Erasing a person 删除个人信息: the contact row stays for the counts, what identifies the person is overwritten.

Overwritten are name, name index, title, gender, birthday, mobile and address of the contact, and name and telephone of
the service records that name it. Texts that somebody typed about the person stay until their term is over, and so do
letters already written; the audit trail names contacts by id alone.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.retention_types import ERASED
from models.rules.calendar import local_date
from models.services import audit
from models.services.by import By
from models.stores.erasing import ErasingStore
from models.stores.retention import RetentionStore
from models.tables.book import Contact

OBJECT = "contact"


def erase(session: Session, contact_id: UUID, reason: str, by: By, at: datetime) -> int:
    """Erase a person; gives how many service records named it. Once erased, it is done with.

    Raises NOT_FOUND, REASON_REQUIRED, and RECORDS_HELD while a hold stands on the customer or on a case of it.
    """
    contact = ErasingStore(session).contact(contact_id)
    if contact is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if contact.name_index == _erased_index(contact):
        return 0
    if RetentionStore(session).holds_touching(contact.customer_no):
        raise DomainError(ErrorCode.RECORDS_HELD, customer_no=contact.customer_no)
    named = _unname(session, contact)
    _overwrite(session, contact, at)
    _audit(session, contact, named, reason, by)
    return named


def _erased_index(contact: Contact) -> str:
    """Unique beside other erased contacts of the customer, and made of nothing about the person."""
    return f"erased:{contact.id}"


def _unname(session: Session, contact: Contact) -> int:
    """Take name and telephone out of the service records of the customer that give them."""
    store, theirs = ErasingStore(session), {contact.name, contact.mobile} - {None, ""}
    requests = [row for row in store.requests(contact) if row.contact_id == contact.id or row.contact_name in theirs]
    for request in requests:
        request.contact_name = ERASED
    complaints = [
        row
        for row in store.complaints(contact)
        if row.contact_id == contact.id or row.complainant in theirs or row.phone in theirs
    ]
    for complaint in complaints:
        complaint.complainant, complaint.phone = ERASED, ""
    store.save(*requests, *complaints)
    return len(requests) + len(complaints)


def _overwrite(session: Session, contact: Contact, at: datetime) -> None:
    contact.name, contact.name_index = ERASED, _erased_index(contact)
    contact.title = contact.gender = ""
    contact.birthday = contact.mobile = contact.email = None
    contact.consent = False
    contact.left_on = contact.left_on or local_date(at)
    ErasingStore(session).save(contact)


def _audit(session: Session, contact: Contact, named: int, reason: str, by: By) -> None:
    audit.append(
        session,
        actor=by.actor,
        action=f"{OBJECT}.erased",
        object_kind=OBJECT,
        object_id=str(contact.id),
        door=by.door,
        after={"customer_no": contact.customer_no, "service_records": named},
        reason=reason.strip(),
        request_id=by.request_id,
    )
