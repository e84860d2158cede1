"""A person of a customer looked at before it is erased, and erased; the same for JSON and pages."""

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from api.deps import Action, Caller
from api.pages.format import mask_name
from api.schemas.erasing import PersonsAnswer, PersonToEraseAnswer
from models.errors import DomainError, ErrorCode
from models.services.by import By
from models.services.desk.once import Facts
from models.services.retention import erasing
from models.stores.customers import contacts_of, customer_in_scope
from models.stores.retention import RetentionStore
from models.tables.book import Contact, Customer


def customer_of(session: Session, caller: Caller, customer_no: str) -> Customer:
    """A customer whose people the caller may erase. Raises NOT_FOUND."""
    found = customer_in_scope(session, customer_no, caller.scope(Action.ERASE_PERSONS))
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return found


def read(session: Session, caller: Caller, customer_no: str) -> PersonsAnswer:
    """The people of a customer, masked, each with what would go. Raises NOT_FOUND."""
    customer = customer_of(session, caller, customer_no)
    held = RetentionStore(session).holds_touching(customer_no) > 0
    people = [_person(session, contact, held=held) for contact in contacts_of(session, customer_no)]
    return PersonsAnswer(customer_no=customer_no, customer_name=customer.name, held=held, people=people)


def erase(session: Session, caller: Caller, customer_no: str, contact_id: UUID, reason: str) -> Facts:
    """Erase one of them. Raises NOT_FOUND (also for another customer's contact), REASON_REQUIRED, RECORDS_HELD."""
    customer_of(session, caller, customer_no)
    if erasing.person(session, contact_id).customer_no != customer_no:
        raise DomainError(ErrorCode.NOT_FOUND)
    by = By(str(caller.account_id), caller.door, caller.request_id)
    found = erasing.erase(session, contact_id, erasing.Why(reason, by, datetime.now(UTC)))
    return {"contact_id": str(contact_id), "service_records": found.service_records, "letters": len(found.letters)}


def _person(session: Session, contact: Contact, *, held: bool) -> PersonToEraseAnswer:
    found = erasing.Traces() if held else erasing.to_go(session, contact)
    return PersonToEraseAnswer(
        contact_id=contact.id,
        kind=contact.kind,
        name=mask_name(contact.name),
        title=contact.title,
        erased=erasing.is_erased(contact),
        service_records=found.service_records,
        letters=len(found.letters),
    )
