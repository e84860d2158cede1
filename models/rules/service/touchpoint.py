"""关怀触点 (附件四): done, skipped, put off, or stopped by the programme."""

from collections.abc import Mapping
from datetime import date, datetime

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceClock, ServiceState
from models.messages.service_acts import CompleteTouchpoint, RescheduleTouchpoint, SkipTouchpoint, StopTouchpoint
from models.rules import calendar as cal
from models.rules.service.assigning import taken_by
from models.rules.service.clocks import clock_of, finished, reckoned, with_clock
from models.rules.service.history import accepted, missing
from models.rules.service.people import require_reason
from models.types import Outcome, Stage


def is_late(clock: ServiceClock, done_on: date) -> bool:
    """Whether it was done after its day; entered later, it is still in time."""
    return clock.due_on is not None and done_on > date.fromisoformat(clock.due_on)


def check_done(_: ServiceState, act: CompleteTouchpoint) -> None:
    """Raises INVALID_INPUT without what was done."""
    if not act.content.strip():
        raise missing("content")


def done(state: ServiceState, act: CompleteTouchpoint, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """完成. The clock stops on the day it was done."""
    clock = clock_of(state, "perform")
    late = is_late(clock, act.done_on)
    until = at if late else min(at, clock.deadline.due_at)
    change: Mapping[str, object] = {
        **taken_by(state, act),
        "stage": Stage.DONE,
        "outcome": Outcome.COMPLETED,
        "late": late,
        "clocks": with_clock(state.clocks, finished(clock, until, calendar)),
    }
    return accepted(state, act, act.kind, at, change)


def check_left(_: ServiceState, act: SkipTouchpoint | StopTouchpoint | RescheduleTouchpoint) -> None:
    """Raises REASON_REQUIRED."""
    require_reason(act)


def skip(state: ServiceState, act: SkipTouchpoint, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """跳过: it is not done this time."""
    return _left(state, act, Stage.SKIPPED, at, calendar)


def stop(state: ServiceState, act: StopTouchpoint, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """取消: it is no longer promised."""
    return _left(state, act, Stage.CANCELLED, at, calendar)


def refuse_past_day(act: RescheduleTouchpoint, at: datetime) -> None:
    """Raises INVALID_INPUT for a day that is over."""
    if act.to < cal.local_date(at):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "to", "reason": "past"}])


def reschedule(
    state: ServiceState, act: RescheduleTouchpoint, at: datetime, calendar: CalendarSnapshot
) -> ServiceState:
    """改期: due at the close of the new day.

    The task stays, unless alarms of the old day went off: then a new one is opened, so that the new day has its own.
    """
    clock = clock_of(state, "perform").model_copy(update={"due_on": act.to.isoformat(), "alarms": ()})
    kept = () if any(task.alarms for task in state.tasks) else state.tasks
    change: Mapping[str, object] = {"clocks": with_clock(state.clocks, reckoned(clock, calendar)), "tasks": kept}
    after = accepted(state, act, act.kind, at, change, to_name=act.to.isoformat())
    fresh = clock_of(after, "perform").model_copy(update={"alarms": ()})
    return after.model_copy(update={"clocks": with_clock(after.clocks, fresh)})


def _left(
    state: ServiceState, act: SkipTouchpoint | StopTouchpoint, stage: Stage, at: datetime, calendar: CalendarSnapshot
) -> ServiceState:
    clocks = tuple(finished(clock, at, calendar) for clock in state.clocks)
    return accepted(state, act, act.kind, at, {"stage": stage, "outcome": Outcome.CANCELLED, "clocks": clocks})
