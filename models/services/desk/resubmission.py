"""What a resubmission 重新提交 changes against the record: the reason, and facts of the case."""

from decimal import Decimal
from typing import NamedTuple

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.scoring import CorrectedField, Correction
from models.rules.facts import PolicyYear
from models.services.qualification.rescore import correctable_facts, preview
from models.tables.cases import Case
from models.types import CaseKind

REASON, FACTS = "reason", "facts"


class Changes(NamedTuple):
    """What really differs: `changed` names `reason`, `facts`; a value that stands already is left out."""

    reason: str | None
    corrections: tuple[Correction, ...]
    changed: tuple[str, ...]


def changes_of(session: Session, case: Case, reason: str | None, corrections: tuple[Correction, ...]) -> Changes:
    """The new reason and the new facts, where they differ. Raises INVALID_INPUT for facts that are not the case's."""
    new_reason = reason if reason and reason.strip() and reason != case.reason else None
    new_facts = _differing(session, case, corrections) if corrections else ()
    named = ((REASON, new_reason), (FACTS, new_facts))
    return Changes(new_reason, new_facts, tuple(name for name, value in named if value))


def _differing(session: Session, case: Case, corrections: tuple[Correction, ...]) -> tuple[Correction, ...]:
    if case.kind is not CaseKind.QUALIFICATION:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "corrections", "reason": "no_facts"}])
    preview(session, case, corrections)  # refuses policies that are not the customer's
    standing = {
        (row.policy_no, row.year, field): value
        for row in correctable_facts(session, case)
        for field, value in _figures(row).items()
    }
    return tuple(item for item in corrections if standing.get((item.policy_no, item.year, item.field)) != item.value)


def _figures(row: PolicyYear) -> dict[CorrectedField, Decimal]:
    return {
        CorrectedField.PREMIUM_RECEIVED: row.premium,
        CorrectedField.EARNED_PREMIUM: row.earned,
        CorrectedField.INCURRED_CLAIMS: row.incurred,
    }
