"""What an act changes besides the chain itself, by kind of case: seat, membership and score, or a lone subject."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState
from models.messages.scoring import Correction
from models.services.approval.subjects import subject_of
from models.services.qualification import memberships, seats
from models.services.qualification.rescore import record_correction, refuse_ineligible
from models.services.quarter import signing
from models.tables.cases import Case
from models.types import CaseKind, Outcome

CorrectionEffect = Callable[[Session, Case, tuple[Correction, ...], ApprovalState, datetime], None]
EndEffect = Callable[[Session, Case, ApprovalState, datetime], None]


def corrected(
    session: Session, case: Case, corrections: tuple[Correction, ...], after: ApprovalState, at: datetime
) -> None:
    """Facts were corrected. Raises INVALID_INPUT for a kind of case without facts of its own."""
    effect = _CORRECTED.get(case.kind)
    if effect is None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(corrections))
    effect(session, case, corrections, after, at)


def ended(session: Session, case: Case, after: ApprovalState, at: datetime) -> None:
    """The case has an outcome. Raises what forbids it, QUOTA_EXCEEDED and NOT_ELIGIBLE among them."""
    effect = _ENDED.get(case.kind)
    if effect is not None:
        effect(session, case, after, at)


def stepped(session: Session, case: Case, after: ApprovalState, at: datetime) -> None:
    """An act was accepted: what the kind of case writes down of it beside the chain."""
    effect = _STEPPED.get(case.kind)
    if effect is not None:
        effect(session, case, after, at)


def _qualified(session: Session, case: Case, after: ApprovalState, at: datetime) -> None:
    if after.outcome is not Outcome.APPROVED:
        return
    refuse_ineligible(session, case, after)
    number = seats.take(session, case, after, at)
    memberships.grant(session, case, after, number, at)


def _lone(session: Session, case: Case, after: ApprovalState, at: datetime) -> None:
    subject = subject_of(case.subject)
    effects = {Outcome.APPROVED: subject.on_approved, Outcome.REJECTED: subject.on_rejected}
    effect = effects.get(after.outcome) if after.outcome else None
    if effect is not None:
        effect(session, case, after, at)


_CORRECTED: dict[CaseKind, CorrectionEffect] = {CaseKind.QUALIFICATION: record_correction}
_STEPPED: dict[CaseKind, EndEffect] = {CaseKind.PERIOD_CLOSE: signing.stepped}
_ENDED: dict[CaseKind, EndEffect] = {CaseKind.QUALIFICATION: _qualified, CaseKind.APPROVAL: _lone}
