"""绿色通道 (附件三): 办理完成, 客户确认, 取消."""

from collections.abc import Mapping
from datetime import datetime

from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.messages.service_acts import CancelService, CompleteService, ConfirmService
from models.rules.service.assigning import taken_by
from models.rules.service.clocks import clock_of, confirmation, finished, running_on, with_clock
from models.rules.service.history import accepted, missing
from models.rules.service.people import require_reason
from models.types import CUSTOMER_ID, Outcome, PauseReason, Stage


def complete(state: ServiceState, act: CompleteService, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """The clock stops; the customer is asked within `confirm_working_days`."""
    done = finished(clock_of(state, "complete"), at, calendar)
    asked = confirmation(done, state.confirm_working_days, at, calendar)
    change: Mapping[str, object] = {
        **taken_by(state, act),
        "stage": Stage.AWAITING_CONFIRMATION,
        "clocks": with_clock(with_clock(state.clocks, done), asked),
        "late": at > done.deadline.due_at,
    }
    return accepted(state, act, act.kind, at, change)


def check_confirm(_: ServiceState, act: ConfirmService) -> None:
    """Staff say how the customer confirmed. Raises INVALID_INPUT."""
    if act.actor_id != CUSTOMER_ID and not act.proof.strip():
        raise missing("proof")


def confirm(state: ServiceState, act: ConfirmService, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """Satisfied: closed. Not satisfied: handled again, in a new round, while the same clock runs on."""
    clocks = with_clock(state.clocks, finished(clock_of(state, "confirm"), at, calendar))
    if act.satisfied:
        closed = {"stage": Stage.CLOSED, "outcome": Outcome.COMPLETED, "clocks": clocks}
        return accepted(state, act, act.kind, at, closed)
    again = running_on(clock_of(state, "complete"), at, PauseReason.WAITING_FOR_CUSTOMER.value, calendar)
    change: Mapping[str, object] = {
        "stage": Stage.HANDLING,
        "round": state.round + 1,
        "late": False,
        "clocks": with_clock(clocks, again),
    }
    return accepted(state, act, act.kind, at, change)


def check_cancel(_: ServiceState, act: CancelService) -> None:
    """Raises REASON_REQUIRED."""
    require_reason(act)


def cancel(state: ServiceState, act: CancelService, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """The request ends without a result; its clocks stop."""
    change: Mapping[str, object] = {
        "stage": Stage.CANCELLED,
        "outcome": Outcome.CANCELLED,
        "clocks": tuple(finished(clock, at, calendar) for clock in state.clocks),
    }
    return accepted(state, act, act.kind, at, change)
