"""Clock ledger 计时台账: what a deadline is made of, how much of it is used, and how urgent it looks.

The ledger is a row of half-open intervals without gap or overlap from the start to the reading, each running, paused or
closed with its reason and calendar version, so that elapsed time is a sum anyone can check.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot, Deadline, Pause
from models.rules import calendar as cal

MINUTE = timedelta(minutes=1)


class IntervalKind(StrEnum):
    """计时 / 暂停 / 非工作时间."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


class ClosedReason(StrEnum):
    """Why the office is closed."""

    OUTSIDE_HOURS = "outside_hours"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class ClockState(StrEnum):
    """State of a clock, glossary 8."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    NO_LIMIT = "no_limit"


class PillLevel(StrEnum):
    """Look of the time-left pill, most pressing first; `provisional` only where nothing presses yet."""

    LATE = "late"
    PAUSED = "paused"
    TODAY = "today"
    SOON = "soon"
    PROVISIONAL = "provisional"
    CALM = "calm"
    MET = "met"
    MISSED = "missed"
    NO_LIMIT = "no_limit"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Clock(_Frozen):
    """Facts of one clock. `due_at` is the limit before pauses; None means no fixed limit 无固定时限."""

    started_at: datetime
    due_at: datetime | None
    pauses: tuple[Pause, ...] = ()
    finished_at: datetime | None = None
    elapsed: bool = False
    """True for a limit in natural hours: pauses then add natural time."""


class LedgerInterval(_Frozen):
    """One line of the ledger: [start, end), UTC."""

    start: datetime
    end: datetime
    kind: IntervalKind
    reason: str
    calendar_version: str

    @property
    def length(self) -> timedelta:
        """Natural length of the line."""
        return self.end - self.start


class ClockLedger(_Frozen):
    """计时台账 up to one reading."""

    intervals: tuple[LedgerInterval, ...]

    def total(self, kind: IntervalKind) -> timedelta:
        """Sum of the lines of one kind."""
        return sum((line.length for line in self.intervals if line.kind is kind), timedelta())


class WorkingSpan(_Frozen):
    """A length as people read it: whole working days plus office minutes of the partial days, rounded down."""

    working_days: int
    minutes: int


class TimeLeft(_Frozen):
    """剩余 or 逾期 at an instant."""

    overdue: bool
    working_days: int
    minutes: int
    provisional: bool


class ClockReading(_Frozen):
    """All a page needs of a clock at an instant."""

    state: ClockState
    level: PillLevel
    due_at: datetime | None
    left: TimeLeft | None
    used_percent: int
    provisional: bool


def open_pause(pauses: Sequence[Pause], at: datetime, reason: str) -> tuple[Pause, ...]:
    """Pauses with one more begun. Raises CLOCK_ALREADY_PAUSED."""
    if pauses and pauses[-1].resumed_at is None:
        raise DomainError(ErrorCode.CLOCK_ALREADY_PAUSED)
    return (*pauses, Pause(paused_at=at, reason=reason))


def close_pause(pauses: Sequence[Pause], at: datetime) -> tuple[Pause, ...]:
    """Pauses with the last one ended; unchanged when none is open."""
    if not pauses or pauses[-1].resumed_at is not None:
        return tuple(pauses)
    ended = pauses[-1].model_copy(update={"resumed_at": max(at, pauses[-1].paused_at)})
    return (*pauses[:-1], ended)


def due_with_pauses(calendar: CalendarSnapshot, clock: Clock, now: datetime) -> Deadline | None:
    """The limit moved on by the paused office time so far (natural time for an elapsed-hours limit)."""
    if clock.due_at is None:
        return None
    spans = [(pause.paused_at, _pause_end(pause, clock, now)) for pause in clock.pauses]
    if clock.elapsed:
        due_at = clock.due_at + sum((end - start for start, end in spans), timedelta())
        return Deadline(due_at=due_at, provisional=False, calendar_version=calendar.version)
    paused = sum((cal.working_time_between(calendar, start, end) for start, end in spans), timedelta())
    return cal.deadline(calendar, clock.started_at, cal.add_working_time(calendar, clock.due_at, paused))


def ledger(calendar: CalendarSnapshot, clock: Clock, now: datetime) -> ClockLedger:
    """The lines from the start to `now` (or to the finish); they join without gap or overlap."""
    end = min(now, clock.finished_at) if clock.finished_at else now
    lines: list[LedgerInterval] = []
    for start, stop in pairwise(_cuts(calendar, clock, clock.started_at, end)):
        kind, reason = _nature(calendar, clock, start, now)
        if lines and (lines[-1].kind, lines[-1].reason) == (kind, reason):
            lines[-1] = lines[-1].model_copy(update={"end": stop})
        else:
            lines.append(
                LedgerInterval(start=start, end=stop, kind=kind, reason=reason, calendar_version=calendar.version)
            )
    return ClockLedger(intervals=tuple(lines))


def working_span(calendar: CalendarSnapshot, start: datetime, end: datetime) -> WorkingSpan:
    """Whole working dates strictly between the two dates, plus the last date if `end` is at its close; the rest in
    office minutes of the partial days. Empty when `end` is not after `start`."""
    if end <= start:
        return WorkingSpan(working_days=0, minutes=0)
    first, last = cal.local_date(start), cal.local_date(end)
    if first == last:
        return WorkingSpan(working_days=0, minutes=cal.working_minutes_between(calendar, start, end))
    whole = sum(cal.is_working_day(calendar, day) for day in _dates(first + cal.ONE_DAY, last))
    ends_at_close = cal.is_working_day(calendar, last) and end >= cal.close_of(calendar, last)
    part = cal.working_time_between(calendar, start, cal.instant(first + cal.ONE_DAY))
    if not ends_at_close:
        part += cal.working_time_between(calendar, cal.instant(last), end)
    return WorkingSpan(working_days=whole + ends_at_close, minutes=part // MINUTE)


def time_left(calendar: CalendarSnapshot, due_at: datetime, now: datetime) -> TimeLeft:
    """Working time left, or overdue once `now` is past the due instant."""
    overdue = now > due_at
    span = working_span(calendar, due_at, now) if overdue else working_span(calendar, now, due_at)
    provisional = cal.touches_provisional(calendar, cal.local_date(now), cal.local_date(due_at))
    return TimeLeft(overdue=overdue, working_days=span.working_days, minutes=span.minutes, provisional=provisional)


def used_percent(calendar: CalendarSnapshot, clock: Clock, now: datetime) -> int:
    """Part of the limit used, 0 to 100, rounded down; paused time is not used time."""
    if clock.due_at is None or now <= clock.started_at:
        return 0
    measure = _natural if clock.elapsed else cal.working_time_between
    whole = measure(calendar, clock.started_at, clock.due_at)
    end = min(now, clock.finished_at) if clock.finished_at else now
    paused = sum(
        (measure(calendar, p.paused_at, min(_pause_end(p, clock, now), end)) for p in clock.pauses), timedelta()
    )
    used = measure(calendar, clock.started_at, end) - paused
    if used >= whole:
        return 100
    return int(100 * used / whole)


def clock_state(calendar: CalendarSnapshot, clock: Clock, now: datetime) -> ClockState:
    """未起算 · 计时中 · 已暂停 · 已逾期 · 按时办结 · 逾期办结 · 无固定时限."""
    due = due_with_pauses(calendar, clock, now)
    if due is None:
        return ClockState.NO_LIMIT
    if clock.finished_at is not None:
        return ClockState.MET if clock.finished_at <= due.due_at else ClockState.MISSED
    if now > due.due_at:
        return ClockState.OVERDUE
    if clock.pauses and clock.pauses[-1].resumed_at is None:
        return ClockState.PAUSED
    return ClockState.RUNNING if now >= clock.started_at else ClockState.NOT_STARTED


def read_clock(
    calendar: CalendarSnapshot, clock: Clock, now: datetime, *, soon_percent: int = 50, today_percent: int = 80
) -> ClockReading:
    """State, look and time left of a clock; the two marks come from the rulebook (50 and 80 %)."""
    state = clock_state(calendar, clock, now)
    due = due_with_pauses(calendar, clock, now)
    used = used_percent(calendar, clock, now)
    if due is None:
        level = PillLevel.NO_LIMIT
    else:
        pressing = _by_date(calendar, due.due_at, now)
        if used >= today_percent:
            pressing = PillLevel.TODAY
        elif used >= soon_percent and pressing is PillLevel.CALM:
            pressing = PillLevel.SOON
        level = _level(state, pressing, provisional=due.provisional)
    return ClockReading(
        state=state,
        level=level,
        due_at=due.due_at if due else None,
        left=time_left(calendar, due.due_at, now) if due and clock.finished_at is None else None,
        used_percent=used,
        provisional=due.provisional if due else False,
    )


def _level(state: ClockState, pressing: PillLevel, *, provisional: bool) -> PillLevel:
    fixed = {
        ClockState.MET: PillLevel.MET,
        ClockState.MISSED: PillLevel.MISSED,
        ClockState.OVERDUE: PillLevel.LATE,
        ClockState.PAUSED: PillLevel.PAUSED,
    }
    level = fixed.get(state, pressing)
    return PillLevel.PROVISIONAL if provisional and level in (PillLevel.CALM, PillLevel.SOON) else level


def _by_date(calendar: CalendarSnapshot, due_at: datetime, now: datetime) -> PillLevel:
    due_date, current = cal.local_date(due_at), cal.local_date(now)
    if due_date <= current:
        return PillLevel.TODAY
    return PillLevel.SOON if due_date <= cal.next_working_day(calendar, current) else PillLevel.CALM


def _natural(_: CalendarSnapshot, start: datetime, end: datetime) -> timedelta:
    return max(end - start, timedelta())


def _pause_end(pause: Pause, clock: Clock, now: datetime) -> datetime:
    ends = [moment for moment in (pause.resumed_at, clock.finished_at, now) if moment is not None]
    return max(pause.paused_at, min(ends))


def _dates(first: date, end: date) -> Iterator[date]:
    """Dates of the half-open span [first, end)."""
    while first < end:
        yield first
        first += cal.ONE_DAY


def _cuts(calendar: CalendarSnapshot, clock: Clock, start: datetime, end: datetime) -> list[datetime]:
    """Every instant in [start, end] at which the nature of time may change, in order."""
    cuts = {start, end}
    for pause in clock.pauses:
        cuts.update((pause.paused_at, _pause_end(pause, clock, end)))
    for day in _dates(cal.local_date(start), cal.local_date(end) + cal.ONE_DAY):
        cuts.add(cal.instant(day))
        for opens, closes in cal.office_intervals(calendar, day):
            cuts.update((opens, closes))
    return sorted(cut for cut in cuts if start <= cut <= end)


def _nature(calendar: CalendarSnapshot, clock: Clock, at: datetime, now: datetime) -> tuple[IntervalKind, str]:
    """Kind and reason of the piece of time that begins at `at`; a closed office stays closed during a pause."""
    day = cal.local_date(at)
    if not any(opens <= at < closes for opens, closes in cal.office_intervals(calendar, day)) and not clock.elapsed:
        return IntervalKind.CLOSED, closed_reason(calendar, day)
    for pause in clock.pauses:
        if pause.paused_at <= at < _pause_end(pause, clock, now):
            return IntervalKind.PAUSED, pause.reason
    return IntervalKind.RUNNING, ""


def closed_reason(calendar: CalendarSnapshot, day: date) -> ClosedReason:
    """Why no office time runs on (a part of) this date."""
    if cal.is_working_day(calendar, day):
        return ClosedReason.OUTSIDE_HOURS
    return ClosedReason.WEEKEND if day.weekday() >= 5 else ClosedReason.HOLIDAY
