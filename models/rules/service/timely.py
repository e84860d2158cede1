"""What depends on the hour of an act: whether it is late and says why, and whether it may still be done."""

from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.service import ServiceState
from models.messages.service_acts import (
    CloseComplaint,
    CompleteService,
    CompleteTouchpoint,
    OnService,
    ReopenService,
    ReplyComplaint,
    RescheduleTouchpoint,
)
from models.rules import calendar as cal
from models.rules.service.clocks import clock_of
from models.rules.service.facts import ClockName
from models.rules.service.touchpoint import is_late as done_late
from models.rules.service.touchpoint import refuse_past_day
from models.types import CaseKind, Outcome

_STOPS: dict[type, ClockName] = {CompleteService: "complete", ReplyComplaint: "reply", CloseComplaint: "close"}


def check_hour(state: ServiceState, act: OnService, at: datetime) -> None:
    """Raises LATE_REASON_REQUIRED, CASE_CLOSED when it is too late to reopen, INVALID_INPUT for a day out of reach."""
    if isinstance(act, ReopenService) and not may_reopen(state, at):
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=(state.outcome or Outcome.COMPLETED).value)
    if isinstance(act, RescheduleTouchpoint):
        refuse_past_day(act, at)
    if isinstance(act, CompleteTouchpoint) and act.done_on > cal.local_date(at):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "done_on", "reason": "future"}])
    if would_be_late(state, act, at) and not (getattr(act, "late_reason", None) or "").strip():
        raise DomainError(ErrorCode.LATE_REASON_REQUIRED)


def would_be_late(state: ServiceState, act: OnService, at: datetime) -> bool:
    """Whether the act, done at `at`, stops a clock after its deadline."""
    if isinstance(act, CompleteTouchpoint):
        return done_late(clock_of(state, "perform"), act.done_on)
    name = _STOPS.get(type(act))
    if name is None or (name == "complete" and state.kind is not CaseKind.GREEN_CHANNEL):
        return False
    return at > clock_of(state, name).deadline.due_at


def may_reopen(state: ServiceState, at: datetime) -> bool:
    """Whether a closed complaint may be reopened at `at`."""
    return state.outcome is not None and state.reopen_until is not None and at < state.reopen_until
