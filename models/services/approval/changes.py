"""What a resubmission 重新提交 changed: verified against the case, stored on it, kept with the decision as a diff."""

import json

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import Resubmit
from models.messages.scoring import CorrectedField, Correction
from models.rules.facts import PolicyYear
from models.services.qualification.rescore import correctable_facts
from models.tables.cases import Case

REASON, FACTS = "reason", "facts"


def take_over(session: Session, case: Case, act: Resubmit) -> str | None:
    """Move the case's reason and give the diff `{field: [before, after]}` as JSON; None when nothing changed.

    Sign-offs are kept by what `changed` names, so what really changed must be named there. Raises INVALID_INPUT.
    """
    diff = _facts(session, case, act.corrections)
    if act.reason is not None and act.reason != case.reason:
        diff[REASON] = [case.reason or "", act.reason]
    real = {REASON} & set(diff) | ({FACTS} if act.corrections else set())
    if not real <= set(act.changed):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1)
    if REASON in diff:
        case.reason = act.reason
    return json.dumps(diff, ensure_ascii=False, sort_keys=True) if diff else None


def fact_name(correction: Correction) -> str:
    """How a diff names a fact: `earned_premium P0001 2025`."""
    return f"{correction.field.value} {correction.policy_no} {correction.year}"


def _facts(session: Session, case: Case, corrections: tuple[Correction, ...]) -> dict[str, list[str]]:
    if not corrections:
        return {}
    standing = {(row.policy_no, row.year): row for row in correctable_facts(session, case)}
    return {
        fact_name(item): [_figure(standing.get((item.policy_no, item.year)), item.field), str(item.value)]
        for item in corrections
    }


def _figure(row: PolicyYear | None, field: CorrectedField) -> str:
    if row is None:
        return ""
    figures = {
        CorrectedField.PREMIUM_RECEIVED: row.premium,
        CorrectedField.EARNED_PREMIUM: row.earned,
        CorrectedField.INCURRED_CLAIMS: row.incurred,
    }
    return str(figures[field])
