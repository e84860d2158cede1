"""Whether a greeting may be given to a person: consent 同意, still there, and no open complaint of theirs."""

from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.services.care.hush import hushing_complaint
from models.tables.book import Contact
from models.types import Stage


def refuse_withheld(session: Session, rulebook: Rulebook, customer_no: str, contact_id: UUID | None) -> None:
    """Raises CONSENT_MISSING without consent or for whoever left, WRONG_STAGE (hushed) while a complaint is open."""
    if not may_be_greeted(session, rulebook, contact_id):
        raise DomainError(ErrorCode.CONSENT_MISSING)
    if hushing_complaint(session, customer_no, contact_id) is not None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=Stage.HUSHED.value)


def may_be_greeted(session: Session, rulebook: Rulebook, contact_id: UUID | None) -> bool:
    """Whether the person agreed to it and is still there; the unit as a whole always may."""
    if contact_id is None:
        return True
    contact = session.get(Contact, contact_id)
    if contact is None or contact.left_on is not None:
        return False
    return contact.consent or not rulebook.care.personal_data.consent_required
