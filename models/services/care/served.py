"""Who is served under a membership, as the planning rules see them."""

from uuid import UUID

from sqlmodel import Session

from models.rules.care.dates import birthday_of
from models.rules.care.plan import ServedContact
from models.stores.care import CareStore


def served_contacts(session: Session, membership_id: UUID) -> tuple[ServedContact, ...]:
    """重点服务对象 of a membership that are still with the unit, in the order they were chosen."""
    store = CareStore(session)
    served = store.key_contacts(membership_id)
    people = store.contacts([item.contact_id for item in served])
    return tuple(
        ServedContact(
            contact_id=contact.id,
            kind=contact.kind,
            birthday=birthday_of(contact.birthday, contact.birthday_calendar),
            consent=contact.consent,
        )
        for contact in (people[item.contact_id] for item in served)
        if contact.left_on is None
    )
