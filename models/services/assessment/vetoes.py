"""一票否决: recorded by head office or the auditor on the evidence of a case, withdrawn 撤销 with a reason. Audited."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services import audit
from models.services.assessment.reckoning import Place, branch_at, rules_of
from models.services.desk.acting import Actor, invalid
from models.stores.assessment import AssessmentStore
from models.stores.cases import CaseStore
from models.stores.evaluations import BookFactsStore
from models.stores.scope import Scope
from models.tables.assessment import AssessmentVeto
from models.tables.organisation import Institution


@dataclass(frozen=True)
class Finding:
    """What was found: the veto of the rulebook, the case it rests on, why, and what shows it."""

    code: str
    case_id: UUID | None
    reason: str
    evidence: str


def record(session: Session, place: Place, finding: Finding, by: Actor) -> AssessmentVeto:
    """Record a veto of a branch's year.

    Raises NOT_FOUND outside the scope, REASON_REQUIRED, INVALID_INPUT for a veto that the rulebook does not know, one
    that stands already, a case of another institution, missing evidence.
    """
    branch, year = branch_at(session, place), place.year
    if date(year, 1, 1) > local_date(by.at):
        raise invalid("year", "future")
    case_id = _checked(session, year, branch, finding, by)
    row = AssessmentVeto(
        year=year,
        institution_code=branch.code,
        code=finding.code,
        case_id=case_id,
        reason=finding.reason.strip(),
        evidence=finding.evidence.strip(),
        recorded_by=by.account_id,
        recorded_by_name=by.name,
        recorded_at=by.at,
    )
    AssessmentStore(session).add(row)
    _note(session, row, "assessment.veto_recorded", by, {"code": row.code, "case_id": str(row.case_id)})
    return row


def existing(session: Session, veto_id: UUID, scope: Scope) -> AssessmentVeto:
    """The veto. Raises NOT_FOUND outside the scope."""
    row = AssessmentStore(session).veto(veto_id, scope)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def withdraw(session: Session, veto_id: UUID, reason: str, scope: Scope, by: Actor) -> AssessmentVeto:
    """Withdraw a veto; withdrawn already, it is answered as it stands. Raises NOT_FOUND, REASON_REQUIRED."""
    row = existing(session, veto_id, scope)
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if row.withdrawn_at is None:
        row.withdrawn_by, row.withdrawn_by_name = by.account_id, by.name
        row.withdrawn_at, row.withdrawn_reason = by.at, reason.strip()
        AssessmentStore(session).add(row)
        _note(session, row, "assessment.veto_withdrawn", by, {"code": row.code})
    return row


def _checked(session: Session, year: int, branch: Institution, finding: Finding, by: Actor) -> UUID:
    """The case it rests on. Raises what forbids the veto."""
    rules = rules_of(session, year, by.at).rulebook.assessment
    if finding.code not in {veto.code for veto in rules.vetoes}:
        raise invalid("code", "literal_error")
    if finding.code in AssessmentStore(session).standing_vetoes(year, Scope((branch.path,))).get(branch.code, ()):
        raise invalid("code", "veto_stands")
    if not finding.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if not finding.evidence.strip():
        raise invalid("evidence", "missing")
    case = CaseStore(session).get(finding.case_id) if finding.case_id else None
    if case is None or BookFactsStore(session).branches().get(case.institution_code) != branch.code:
        raise invalid("case_id", "not_a_case_of_the_branch")
    return case.id


def _note(session: Session, row: AssessmentVeto, action: str, by: Actor, facts: dict[str, str]) -> None:
    """No reason in the trail: it may name people, and stands encrypted in the row."""
    audit.append(
        session,
        actor=str(by.account_id),
        action=action,
        object_kind="assessment_veto",
        object_id=f"{row.year}/{row.institution_code}/{row.id}",
        door=by.door,
        after=facts,
        request_id=by.request_id,
        at=by.at,
    )
