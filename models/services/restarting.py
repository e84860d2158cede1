"""重置: the start of a run from the record of its case.

The first record of every kind finds the case by its workflow and goes on with what stands there (insert-or-adopt), so
of such a start only the name of the workflow matters; the rest says truthfully what the case is.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.messages.envelope import (
    ApprovalStart,
    PeriodCloseStart,
    RolloutStart,
    ServiceStart,
    StartEnvelope,
    Starting,
)
from models.messages.lone_approval import StartApproval
from models.messages.qualification import StartQualification
from models.messages.quarter import StartPeriodClose
from models.messages.rollout import StartRollout
from models.messages.service import StartComplaint, StartGreenChannel, StartTouchpoint
from models.services.case_state import launch_of, served
from models.services.servicing.naming import to_say_again
from models.stores.quarter import QuarterStore
from models.stores.services import ServiceStore
from models.tables.cases import Case
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import CaseKind


def start_again(session: Session, case: Case, act: Act) -> Starting:
    """What starts the run of an open case anew, by whoever asks. Raises CASE_CLOSED, NOT_FOUND without its form."""
    if case.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=case.outcome.value)
    known = {**act.model_dump(), "case_id": case.id, "workflow_id": case.workflow_id}
    return _STARTS[case.kind](session, case, known | {"content_hash": case.content_hash})


def _qualification(_: Session, case: Case, known: dict[str, Any]) -> Starting:
    fields = case.model_dump(include={"customer_no", "year", "attempt", "tier", "seat_kind", "late_reason"})
    return StartEnvelope(act=StartQualification(**known, **fields, reason=case.reason or ""))


def _approval(_: Session, case: Case, known: dict[str, Any]) -> Starting:
    names = {"subject", "customer_no", "institution_code", "year", "attempt", "subject_case_id"}
    return ApprovalStart(act=StartApproval(**known, **case.model_dump(include=names), reason=case.reason or ""))


def _period_close(session: Session, case: Case, known: dict[str, Any]) -> Starting:
    summary = QuarterStore(session).of_case(case.id)
    if summary is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    fields = summary.model_dump(include={"year", "quarter", "institution_code"})
    return PeriodCloseStart(act=StartPeriodClose(**known, **fields))


def _rollout(_: Session, case: Case, known: dict[str, Any]) -> Starting:
    state = launch_of(case)
    return RolloutStart(act=StartRollout(**known, start_on=state.start_on, branches=state.branches))


def _green_channel(session: Session, case: Case, known: dict[str, Any]) -> Starting:
    row = ServiceStore(session).green_channel(case.id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    names = set(StartGreenChannel.model_fields) - set(known) - {"kind"}
    about = _about(session, row, "contact_name")
    return ServiceStart(act=StartGreenChannel(**known, **row.model_dump(include=names) | about))


def _complaint(session: Session, case: Case, known: dict[str, Any]) -> Starting:
    row = ServiceStore(session).complaint(case.id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    names = set(StartComplaint.model_fields) - set(known) - {"kind"}
    about = _about(session, row, "complainant", "phone")
    return ServiceStart(act=StartComplaint(**known, **row.model_dump(include=names) | about))


def _about(session: Session, row: GreenChannelRecord | ComplaintRecord, *names: str) -> dict[str, str]:
    """What the start says of a known contact, sealed under its key as the first one said it."""
    return {name: to_say_again(session, row.contact_id, getattr(row, name)) for name in names}


def _touchpoint(_: Session, case: Case, known: dict[str, Any]) -> Starting:
    state = served(case)
    return ServiceStart(
        act=StartTouchpoint(
            **known,
            customer_no=case.customer,
            institution_code=state.institution_code,
            received_at=case.opened_at,
            touchpoint_id=state.touchpoint_id,
        )
    )


_STARTS: Mapping[CaseKind, Callable[[Session, Case, dict[str, Any]], Starting]] = {
    CaseKind.QUALIFICATION: _qualification,
    CaseKind.APPROVAL: _approval,
    CaseKind.PERIOD_CLOSE: _period_close,
    CaseKind.ROLLOUT: _rollout,
    CaseKind.GREEN_CHANNEL: _green_channel,
    CaseKind.COMPLAINT: _complaint,
    CaseKind.CARE_TOUCHPOINT: _touchpoint,
}
