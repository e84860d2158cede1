"""重点服务对象 of a membership, article 16: 1-2 leaders and 1-2 handlers chosen, changed, and gone."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.stores.care import CareStore
from models.stores.cases import CaseStore
from models.stores.customers import contacts_of
from models.tables.book import Contact
from models.tables.care import MembershipContact
from models.tables.cases import Membership


def ensure_chosen(session: Session, row: Membership, rulebook: Rulebook, at: datetime) -> None:
    """Choose where nobody was chosen yet, and fill a kind that fell below its least; else leave all as it is.

    Whoever left the unit is served no more, whichever way the book learnt of it.
    A further term of the customer begins with those of the last one; else the order of the book decides.
    """
    store = CareStore(session)
    _release(store, row)
    current, first_time = store.key_contacts(row.id), not store.key_contacts(row.id, ever=True)
    before = _served_before(session, row) if first_time else set()
    present = [contact for contact in contacts_of(session, row.customer_no) if contact.left_on is None]
    for persons in rulebook.services.key_persons:
        able = [contact for contact in present if contact.kind is persons.kind and _unserved(contact, current)]
        again = [contact for contact in able if contact.id in before]
        held = sum(served.kind is persons.kind for served in current)
        missing = persons.most if first_time else persons.least - held
        _serve(store, row, (again or able)[: max(missing, 0)], at)


def change(session: Session, row: Membership, rulebook: Rulebook, contact_ids: Sequence[UUID], at: datetime) -> None:
    """Serve exactly these contacts from now on.

    Raises INVALID_INPUT: someone else's contact, one that left, or too few or too many of a kind (article 16).
    """
    store = CareStore(session)
    chosen = store.contacts(contact_ids)
    check(rulebook, row.customer_no, contact_ids, chosen)
    current = {served.contact_id: served for served in store.key_contacts(row.id)}
    for contact_id, served in current.items():
        if contact_id not in chosen:
            served.until = local_date(at)
            store.add(served)
    _serve(store, row, [chosen[contact_id] for contact_id in contact_ids if contact_id not in current], at)


def check(rulebook: Rulebook, customer_no: str, contact_ids: Sequence[UUID], found: dict[UUID, Contact]) -> None:
    """Refuse a choice that article 16 does not allow. Raises INVALID_INPUT with one entry per fault."""
    errors = []
    fit = [found[key] for key in contact_ids if key in found and found[key].customer_no == customer_no]
    if len(fit) != len(contact_ids) or len(set(contact_ids)) != len(contact_ids):
        errors.append({"field": "contact_ids", "reason": "unknown_contact"})
    if any(contact.left_on is not None for contact in fit):
        errors.append({"field": "contact_ids", "reason": "contact_left"})
    for persons in rulebook.services.key_persons:
        count = sum(contact.kind is persons.kind for contact in fit)
        if not persons.least <= count <= persons.most:
            errors.append({"field": f"{persons.kind.value}s", "reason": f"{persons.least}-{persons.most}"})
    if errors:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(errors), errors=errors)


def leave(session: Session, customer_no: str, contact_id: UUID, left_on: date, today: date) -> None:
    """The contact left the unit: served no more under any membership.

    Raises NOT_FOUND for another customer's contact, INVALID_INPUT for a day to come.
    """
    store = CareStore(session)
    if left_on > today:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "left_on", "reason": "in_the_future"}])
    contact = store.contacts([contact_id]).get(contact_id)
    if contact is None or contact.customer_no != customer_no:
        raise DomainError(ErrorCode.NOT_FOUND)
    contact.left_on = left_on
    store.add(contact)
    for row in CaseStore(session).memberships(customer_no):
        for served in store.key_contacts(row.id):
            if served.contact_id == contact_id:
                served.until = left_on
                store.add(served)


def _served_before(session: Session, row: Membership) -> set[UUID]:
    for other in CaseStore(session).memberships(row.customer_no):
        served = CareStore(session).key_contacts(other.id) if other.id != row.id else []
        if served:
            return {item.contact_id for item in served}
    return set()


def _release(store: CareStore, row: Membership) -> None:
    current = store.key_contacts(row.id)
    people = store.contacts([served.contact_id for served in current])
    for served in current:
        left_on = people[served.contact_id].left_on
        if left_on is not None:
            served.until = left_on
            store.add(served)


def _unserved(contact: Contact, current: Iterable[MembershipContact]) -> bool:
    return all(served.contact_id != contact.id for served in current)


def _serve(store: CareStore, row: Membership, contacts: Iterable[Contact], at: datetime) -> None:
    """Somebody who was served before is served again on the same row."""
    ever = {served.contact_id: served for served in store.key_contacts(row.id, ever=True)}
    today = local_date(at)
    for contact in contacts:
        served = ever.get(contact.id)
        if served is None:
            store.add(MembershipContact(membership_id=row.id, contact_id=contact.id, kind=contact.kind, since=today))
        else:
            served.since, served.until = today, None
            store.add(served)
