"""What a message says about a known contact: sealed under its key, so that histories lose it with the key."""

from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.person_keys import arrived, travelling
from models.retention_types import ERASED
from models.stores.person_keys import PersonKeyStore
from models.tables.book import Contact


def to_say_about(session: Session, contact_id: UUID | None, text: str) -> str:
    """A typed text for a message; about nobody known it stays as it was typed.

    Raises INVALID_INPUT for a contact that was erased. One that is unknown is refused by the intake.
    """
    if contact_id is None:
        return text.strip()
    key = PersonKeyStore(session).of(contact_id)
    if key is None and session.get(Contact, contact_id) is not None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "contact_id", "reason": "contact_erased"}])
    return travelling(text.strip(), key)


def to_say_again(session: Session, contact_id: UUID | None, text: str) -> str:
    """A text of the records for another message; of a contact that was erased nothing but that it was there."""
    return text if contact_id is None else travelling(text, PersonKeyStore(session).of(contact_id))


def said_about(session: Session, contact_id: UUID | None, text: str, gone: str = ERASED) -> str:
    """The text of a message for the records; `gone` once the contact was erased."""
    return text if contact_id is None else arrived(text, PersonKeyStore(session).to_write(contact_id), gone)
