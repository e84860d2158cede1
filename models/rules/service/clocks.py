"""Clocks of a service case: started by a promise, stopped by an act, moved on by the pauses that ended.

`ServiceClock.deadline` always holds what counts now; an open pause moves it when it ends.
"""

from datetime import date, datetime, timedelta

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot, Deadline, Pause
from models.messages.service import ServiceClock, ServiceState, TimeLimit
from models.rules import calendar as cal
from models.rules.clock import Clock, close_pause, due_with_pauses
from models.rules.service.facts import ClockName, Promised
from models.types import LimitUnit

LAST_MINUTE = 24 * 60 - 1
"""23:59, so that the instant still shows its own day."""


def started(promise: Promised, at: datetime, calendar: CalendarSnapshot) -> ServiceClock:
    """The clock of a promise from `at` on. Raises ValueError when it has neither a limit nor a day."""
    limit = None if promise.due_on else promise.limit
    clock = ServiceClock(
        name=promise.name,
        code=promise.code,
        article=promise.article,
        limit=limit,
        regular=promise.regular,
        due_on=promise.due_on.isoformat() if promise.due_on else None,
        started_at=at,
        deadline=Deadline(due_at=at, provisional=False, calendar_version=calendar.version),
        elapsed=limit is not None and limit.unit is LimitUnit.ELAPSED_HOURS,
    )
    return reckoned(clock, calendar)


def confirmation(like: ServiceClock, working_days: int, at: datetime, calendar: CalendarSnapshot) -> ServiceClock:
    """The clock of the customer's confirmation, or its view, of what `like` measured."""
    limit = TimeLimit(unit=LimitUnit.WORKING_DAYS, value=working_days)
    return started(Promised("confirm", like.code, like.article, limit), at, calendar)


def restarted(clock: ServiceClock, at: datetime, calendar: CalendarSnapshot) -> ServiceClock:
    """The same promise once more, from now on."""
    due_on = date.fromisoformat(clock.due_on) if clock.due_on else None
    return started(Promised(clock.name, clock.code, clock.article, clock.limit, clock.regular, due_on), at, calendar)


def clock_of(state: ServiceState, name: ClockName) -> ServiceClock:
    """The clock of a name. Raises WRONG_STAGE when the case has none."""
    found = find(state, name)
    if found is None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    return found


def find(state: ServiceState, name: ClockName) -> ServiceClock | None:
    """The clock of a name, if the case has one."""
    return next((clock for clock in state.clocks if clock.name == name), None)


def with_clock(clocks: tuple[ServiceClock, ...], changed: ServiceClock) -> tuple[ServiceClock, ...]:
    """The clocks with one of them changed, or with one more: a name stands once."""
    if all(clock.name != changed.name for clock in clocks):
        return (*clocks, changed)
    return tuple(changed if clock.name == changed.name else clock for clock in clocks)


def finished(clock: ServiceClock, at: datetime, calendar: CalendarSnapshot) -> ServiceClock:
    """The clock stopped at `at`, with a pause that was still open ended then; unchanged when it stands already."""
    if clock.finished_at is not None:
        return clock
    ended = reckoned(clock.model_copy(update={"pauses": close_pause(clock.pauses, at)}), calendar)
    return ended.model_copy(update={"finished_at": max(at, clock.started_at)})


def running_on(clock: ServiceClock, at: datetime, reason: str, calendar: CalendarSnapshot) -> ServiceClock:
    """A stopped clock runs again: the time since it stopped counts as paused."""
    if clock.finished_at is None:
        return clock
    gap = Pause(paused_at=clock.finished_at, resumed_at=max(at, clock.finished_at), reason=reason)
    return reckoned(clock.model_copy(update={"pauses": (*clock.pauses, gap), "finished_at": None}), calendar)


def resumed(clock: ServiceClock, at: datetime, calendar: CalendarSnapshot) -> ServiceClock:
    """The open pause ends: the deadline moves on by the office time it took (natural time in natural hours)."""
    return reckoned(clock.model_copy(update={"pauses": close_pause(clock.pauses, at)}), calendar)


def reckoned(clock: ServiceClock, calendar: CalendarSnapshot) -> ServiceClock:
    """The clock with its deadline on this calendar, from its start, its limit and the pauses that ended."""
    return clock.model_copy(update={"deadline": _deadline(clock, calendar)})


def due_on_day(day: date, *, moves: bool, started_at: datetime, calendar: CalendarSnapshot) -> Deadline:
    """Close of a day. One that is no working day moves to the next, or lasts to its last minute where it may not."""
    if moves:
        day = cal.move_to_working_day(calendar, day)
    worked = cal.is_working_day(calendar, day)
    due_at = cal.close_of(calendar, day) if worked else cal.instant(day, LAST_MINUTE)
    return cal.deadline(calendar, started_at, due_at)


def _deadline(clock: ServiceClock, calendar: CalendarSnapshot) -> Deadline:
    base = _before_pauses(clock, calendar)
    ended = tuple(pause for pause in clock.pauses if pause.resumed_at is not None)
    if sum(((pause.resumed_at or pause.paused_at) - pause.paused_at for pause in ended), timedelta()) == timedelta():
        return base
    facts = Clock(started_at=clock.started_at, due_at=base.due_at, pauses=ended, elapsed=clock.elapsed)
    last = max(pause.resumed_at or pause.paused_at for pause in ended)
    return due_with_pauses(calendar, facts, last) or base


def _before_pauses(clock: ServiceClock, calendar: CalendarSnapshot) -> Deadline:
    if clock.due_on is not None:
        day = date.fromisoformat(clock.due_on)
        return due_on_day(day, moves=clock.name != "perform", started_at=clock.started_at, calendar=calendar)
    if clock.limit is None:
        raise ValueError(f"clock {clock.name} has neither a limit nor a day")
    return cal.due_after(calendar, clock.started_at, clock.limit.unit, clock.limit.value or 0)
