"""Erasing a person 删除个人信息: its key is destroyed, what identifies it is overwritten, the row stays for the counts.

With the key goes whatever was sealed under it, also where nothing can be overwritten: the histories of the engine, old
pages of the database's file, copies of the records without their keys. Overwritten are name, name index, title,
gender, birthday, mobile and address of the contact, name and telephone of the service records that name it, and the
letters to it. Texts that somebody typed about the person stay until their term is over; the audit trail names contacts
by id, and what an import changed of them by keyed digests.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.retention_types import ERASED
from models.rules.calendar import local_date
from models.services import audit
from models.services.by import By
from models.services.care.letters import key_of_letter
from models.stores.erasing import ERASED_INDEX, ErasingStore
from models.stores.person_keys import PersonKeyStore
from models.stores.retention import RetentionStore
from models.tables.book import Contact
from models.tables.messages import Notification
from models.tables.service import ComplaintRecord, GreenChannelRecord

OBJECT = "contact"


class Traces(NamedTuple):
    """Rows besides the contact's own that name it."""

    requests: tuple[GreenChannelRecord, ...] = ()
    complaints: tuple[ComplaintRecord, ...] = ()
    letters: tuple[Notification, ...] = ()

    @property
    def service_records(self) -> int:
        """How many service records name it."""
        return len(self.requests) + len(self.complaints)


class Why(NamedTuple):
    """Why a person is erased, by whom, and when."""

    reason: str
    by: By
    at: datetime


def erase(session: Session, contact_id: UUID, why: Why) -> Traces:
    """Erase a person; gives what named it. Once erased, it is done with.

    Raises NOT_FOUND, REASON_REQUIRED, and RECORDS_HELD while a hold stands on the customer or on a case of it.
    """
    PersonKeyStore(session).to_destroy(contact_id)
    contact = person(session, contact_id)
    if not why.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    found = to_go(session, contact)
    if not is_erased(contact):
        _erase(session, contact, found, why)
    return found


def to_go(session: Session, contact: Contact) -> Traces:
    """What would go with a person beside its own row; nothing once it is erased. Raises RECORDS_HELD."""
    if is_erased(contact):
        return Traces()
    if RetentionStore(session).holds_touching(contact.customer_no):
        raise DomainError(ErrorCode.RECORDS_HELD, customer_no=contact.customer_no)
    return _traces(session, contact)


def erase_again(session: Session, contact_ids: Iterable[UUID], why: Why) -> int:
    """Erase whoever was erased before and stands in restored records again; gives how many.

    No hold of the restored records keeps them: when they were erased, none stood.
    """
    store = ErasingStore(session)
    back = [contact for one in contact_ids if (contact := store.contact(one)) is not None and not is_erased(contact)]
    for contact in back:
        _erase(session, contact, _traces(session, contact), why)
    return len(back)


def person(session: Session, contact_id: UUID) -> Contact:
    """The contact. Raises NOT_FOUND."""
    contact = ErasingStore(session).contact(contact_id)
    if contact is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return contact


def is_erased(contact: Contact) -> bool:
    """Whether nothing of the person is left."""
    return contact.name_index == _erased_index(contact)


def _traces(session: Session, contact: Contact) -> Traces:
    """What else of the customer names a person: by its id, its name, its telephone or its address.

    The telephone of a complaint by another known contact is that one's, though they share it.
    """
    store, theirs = ErasingStore(session), {contact.name, contact.mobile} - {None, ""}
    return Traces(
        tuple(r for r in store.requests(contact) if r.contact_id == contact.id or r.contact_name in theirs),
        tuple(
            row
            for row in store.complaints(contact)
            if row.contact_id == contact.id
            or row.complainant in theirs
            or (row.contact_id is None and row.phone in theirs)
        ),
        _letters(store, contact),
    )


def _letters(store: ErasingStore, contact: Contact) -> tuple[Notification, ...]:
    """Letters of its touchpoints, and others to its address; one that waits is written anew for whoever is left."""
    own = {key_of_letter(touchpoint_id) for touchpoint_id in store.touchpoints(contact)}
    return tuple(
        letter
        for letter in store.letters(contact)
        if letter.content and (letter.dedupe_key in own or _is_to(letter, contact))
    )


def _is_to(letter: Notification, contact: Contact) -> bool:
    return bool(contact.email) and f'"{contact.email}"' in letter.content


def _erase(session: Session, contact: Contact, found: Traces, why: Why) -> None:
    _unname(session, found)
    _overwrite(session, contact, why.at)
    PersonKeyStore(session).destroy([contact.id])
    _audit(session, contact, found, why)


def _erased_index(contact: Contact) -> str:
    """Unique beside other erased contacts of the customer, and made of nothing about the person."""
    return f"{ERASED_INDEX}{contact.id}"


def _unname(session: Session, found: Traces) -> None:
    """Take name and telephone out of service records, and empty letters; that they were written stays known."""
    for request in found.requests:
        request.contact_name = ERASED
    for complaint in found.complaints:
        complaint.complainant, complaint.phone = ERASED, ""
    for letter in found.letters:
        letter.content = ""
    ErasingStore(session).save(*found.requests, *found.complaints, *found.letters)


def _overwrite(session: Session, contact: Contact, at: datetime) -> None:
    contact.name, contact.name_index = ERASED, _erased_index(contact)
    contact.title = contact.gender = ""
    contact.birthday = contact.mobile = contact.email = None
    contact.consent = False
    contact.left_on = contact.left_on or local_date(at)
    ErasingStore(session).save(contact)


def _audit(session: Session, contact: Contact, found: Traces, why: Why) -> None:
    audit.append(
        session,
        actor=why.by.actor,
        action=f"{OBJECT}.erased",
        object_kind=OBJECT,
        object_id=str(contact.id),
        door=why.by.door,
        after={
            "customer_no": contact.customer_no,
            "service_records": found.service_records,
            "letters": len(found.letters),
        },
        reason=why.reason.strip(),
        request_id=why.by.request_id,
    )
