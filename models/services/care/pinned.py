"""The rulebook that a membership keeps for its term (regulation 2.9)."""

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.rulebooks import InForce, rulebook_of
from models.stores.cases import CaseStore
from models.tables.cases import Membership


def pinned_book(session: Session, row: Membership) -> InForce:
    """The version of its approval. Raises NOT_FOUND without the case that granted it."""
    case = CaseStore(session).get(row.case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return rulebook_of(session, case.rulebook_version_id)
