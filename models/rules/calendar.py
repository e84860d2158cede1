"""Working-time arithmetic on a calendar snapshot; pure, Asia/Shanghai, answers are UTC instants.

Counting rule: an instant outside office time counts as the next opening; its day is day 0; *N working days* end at the
close of the Nth working day after it; *N working hours* are N x 60 office minutes; a pause adds its office minutes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot, Deadline, MinuteSpan
from models.types import TIME_ZONE, LimitUnit

CHINA = timezone(timedelta(hours=8), TIME_ZONE)
"""Asia/Shanghai as a fixed offset: no summer time since 1991, and no time-zone file is read inside a workflow."""

ONE_DAY = timedelta(days=1)
LONGEST_CLOSURE_DAYS = 366
"""A calendar that never opens for this long is an error, not an endless search."""


def make_snapshot(
    *,
    office_hours: Iterable[MinuteSpan] = ((540, 720), (810, 1050)),
    half_day_hours: Iterable[MinuteSpan] = ((540, 720),),
    official_years: Iterable[int] = (),
    days_off: Iterable[date] = (),
    days_worked: Iterable[date] = (),
    half_days: Iterable[date] = (),
) -> CalendarSnapshot:
    """Keep only real exceptions, in order, and name the result by a digest of its content."""
    worked = set(days_worked) | set(half_days)
    content = CalendarSnapshot(
        version="",
        office_hours=tuple(office_hours),
        half_day_hours=tuple(half_day_hours),
        official_years=tuple(sorted(set(official_years))),
        holidays=tuple(sorted(day for day in set(days_off) - worked if day.weekday() < 5)),
        make_up_days=tuple(sorted(day for day in worked if day.weekday() >= 5)),
        half_days=tuple(sorted(set(half_days))),
    )
    digest = hashlib.sha256(content.model_dump_json().encode()).hexdigest()[:12]
    return content.model_copy(update={"version": f"cal-{digest}"})


def local_date(at: datetime) -> date:
    """Business date of an instant. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(CHINA).date()


def instant(day: date, minute: int = 0) -> datetime:
    """UTC instant of a minute after midnight of a business date."""
    return (datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(minutes=minute)).astimezone(UTC)


def is_official(calendar: CalendarSnapshot, year: int) -> bool:
    """已公布: the State Council's days of this year are in the calendar."""
    return year in calendar.official_years


def is_working_day(calendar: CalendarSnapshot, day: date) -> bool:
    """Monday-Friday except holidays, plus make-up days."""
    if day.weekday() >= 5:
        return day in calendar.make_up_set
    return day not in calendar.holiday_set


def day_spans(calendar: CalendarSnapshot, day: date) -> tuple[MinuteSpan, ...]:
    """Office spans of a date in minutes after midnight; empty when closed."""
    if not is_working_day(calendar, day):
        return ()
    return calendar.half_day_hours if day in calendar.half_day_set else calendar.office_hours


def office_intervals(calendar: CalendarSnapshot, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """Half-open office intervals of a date as instants."""
    return tuple((instant(day, opens), instant(day, closes)) for opens, closes in day_spans(calendar, day))


def close_of(calendar: CalendarSnapshot, day: date) -> datetime:
    """Close of a working day. Raises ValueError for a closed day."""
    return office_intervals(calendar, _worked(calendar, day))[-1][1]


def move_to_working_day(calendar: CalendarSnapshot, day: date) -> date:
    """The day itself or the next working day (Civil Code article 203). Term dates are never moved."""
    for _ in range(LONGEST_CLOSURE_DAYS):
        if is_working_day(calendar, day):
            return day
        day += ONE_DAY
    raise DomainError(ErrorCode.CALENDAR_UNKNOWN, year=day.year)


def next_working_day(calendar: CalendarSnapshot, day: date) -> date:
    """First working day after `day`."""
    return move_to_working_day(calendar, day + ONE_DAY)


def shift_working_days(calendar: CalendarSnapshot, day: date, count: int) -> date:
    """The `count`-th working day after `day`; 0 is `day` itself."""
    if count < 0:
        raise ValueError("working days are counted forward")
    for _ in range(count):
        day = next_working_day(calendar, day)
    return day


def previous_working_day(calendar: CalendarSnapshot, day: date) -> date:
    """Last working day before `day`."""
    for _ in range(LONGEST_CLOSURE_DAYS):
        day -= ONE_DAY
        if is_working_day(calendar, day):
            return day
    raise DomainError(ErrorCode.CALENDAR_UNKNOWN, year=day.year)


def same_time_after(calendar: CalendarSnapshot, at: datetime, days: int) -> datetime:
    """The same time of day on the `days`-th working date after that of `at`, or at its close if that comes sooner."""
    day = local_date(at)
    return _at_time_of(calendar, at, shift_working_days(calendar, day, days)) if days else at


def subtract_working_days(calendar: CalendarSnapshot, at: datetime, days: int) -> datetime:
    """The same time of day on the `days`-th working date before that of `at`, or at its close if that comes sooner."""
    day = local_date(at)
    for _ in range(days):
        day = previous_working_day(calendar, day)
    return _at_time_of(calendar, at, day) if days else at


def subtract_working_time(calendar: CalendarSnapshot, end: datetime, amount: timedelta) -> datetime:
    """The latest instant from which `amount` of office time passes until `end`; nothing taken off moves nothing."""
    if amount <= timedelta():
        return end
    for opens, closes in _intervals_back(calendar, local_date(end)):
        finish = min(end, closes)
        if finish <= opens:
            continue
        if amount <= finish - opens:
            return (finish - amount).astimezone(UTC)
        amount -= finish - opens
    raise AssertionError("unreachable: the intervals never end")


def subtract_working_minutes(calendar: CalendarSnapshot, end: datetime, minutes: int) -> datetime:
    """So many office minutes before an instant."""
    return subtract_working_time(calendar, end, timedelta(minutes=minutes))


def next_opening(calendar: CalendarSnapshot, at: datetime) -> datetime:
    """`at` when the office is open then, otherwise the next opening (lunch break included)."""
    for opens, closes in _intervals_from(calendar, local_date(at)):
        if at < closes:
            return max(at, opens).astimezone(UTC)
    raise AssertionError("unreachable: the intervals never end")


def add_working_days(calendar: CalendarSnapshot, start: datetime, days: int) -> Deadline:
    """Close of the `days`-th working day after the day the clock starts on."""
    day_zero = local_date(next_opening(calendar, start))
    return deadline(calendar, start, close_of(calendar, shift_working_days(calendar, day_zero, days)))


def same_day(calendar: CalendarSnapshot, start: datetime) -> Deadline:
    """当天: close of day 0."""
    return add_working_days(calendar, start, 0)


def add_working_time(calendar: CalendarSnapshot, start: datetime, amount: timedelta) -> datetime:
    """The instant at which `amount` of office time has passed since `start`; nothing added moves nothing."""
    if amount <= timedelta():
        return start
    for opens, closes in _intervals_from(calendar, local_date(start)):
        begin = max(start, opens)
        if begin >= closes:
            continue
        if amount <= closes - begin:
            return (begin + amount).astimezone(UTC)
        amount -= closes - begin
    raise AssertionError("unreachable: the intervals never end")


def add_working_minutes(calendar: CalendarSnapshot, start: datetime, minutes: int) -> Deadline:
    """Deadline after so many office minutes."""
    return deadline(calendar, start, add_working_time(calendar, start, timedelta(minutes=minutes)))


def add_working_hours(calendar: CalendarSnapshot, start: datetime, hours: int) -> Deadline:
    """N x 60 office minutes."""
    return add_working_minutes(calendar, start, hours * 60)


def due_after(calendar: CalendarSnapshot, start: datetime, unit: LimitUnit | str, amount: int = 0) -> Deadline:
    """期限 of a 时限 that starts at `start`, in any unit. Raises ValueError for an unknown unit."""
    match LimitUnit(unit):
        case LimitUnit.WORKING_DAYS:
            return add_working_days(calendar, start, amount)
        case LimitUnit.SAME_DAY:
            return same_day(calendar, start)
        case LimitUnit.WORKING_HOURS:
            return add_working_hours(calendar, start, amount)
        case LimitUnit.ELAPSED_HOURS:
            due_at = (start + timedelta(hours=amount)).astimezone(UTC)
            return Deadline(due_at=due_at, provisional=False, calendar_version=calendar.version)
        case LimitUnit.MONTHS_BEFORE:
            raise ValueError("months_before counts back from a date, not on from an instant")


def due_on_date(
    calendar: CalendarSnapshot, procedure_date: date, opened_at: datetime, min_allowance_days: int
) -> Deadline:
    """Due time of a procedure step: its date (moved to a working day) at close, or later after the least allowance."""
    by_date = close_of(calendar, move_to_working_day(calendar, procedure_date))
    by_allowance = add_working_days(calendar, opened_at, min_allowance_days)
    return deadline(calendar, opened_at, max(by_date, by_allowance.due_at), also=procedure_date)


def working_time_between(calendar: CalendarSnapshot, start: datetime, end: datetime) -> timedelta:
    """Office time in the half-open span [start, end); zero when it is empty."""
    total = timedelta()
    day, last = local_date(start), local_date(end)
    while day <= last:
        for opens, closes in office_intervals(calendar, day):
            total += max(min(end, closes) - max(start, opens), timedelta())
        day += ONE_DAY
    return total


def working_minutes_between(calendar: CalendarSnapshot, start: datetime, end: datetime) -> int:
    """Whole office minutes in [start, end), rounded down."""
    return working_time_between(calendar, start, end) // timedelta(minutes=1)


def working_days_in_year(calendar: CalendarSnapshot, year: int) -> int:
    """Number of working days of a calendar year."""
    first = date(year, 1, 1)
    return sum(is_working_day(calendar, first + timedelta(days=n)) for n in range((date(year + 1, 1, 1) - first).days))


def touches_provisional(calendar: CalendarSnapshot, first: date, last: date) -> bool:
    """Whether the span of dates meets a year that is not published."""
    low, high = min(first, last), max(first, last)
    return any(year not in calendar.official_years for year in range(low.year, high.year + 1))


def deadline(calendar: CalendarSnapshot, start: datetime, due_at: datetime, *, also: date | None = None) -> Deadline:
    """Wrap a reckoned instant with its provisional mark: every year between start and due was read."""
    dates = [local_date(start), local_date(due_at)] + ([also] if also else [])
    provisional = touches_provisional(calendar, min(dates), max(dates))
    return Deadline(due_at=due_at, provisional=provisional, calendar_version=calendar.version)


def _worked(calendar: CalendarSnapshot, day: date) -> date:
    if not is_working_day(calendar, day):
        raise ValueError(f"{day} is no working day")
    return day


def _intervals_from(calendar: CalendarSnapshot, day: date) -> Iterator[tuple[datetime, datetime]]:
    while True:
        day = move_to_working_day(calendar, day)
        yield from office_intervals(calendar, day)
        day += ONE_DAY


def _intervals_back(calendar: CalendarSnapshot, day: date) -> Iterator[tuple[datetime, datetime]]:
    day += ONE_DAY
    while True:
        day = previous_working_day(calendar, day)
        yield from reversed(office_intervals(calendar, day))


def _at_time_of(calendar: CalendarSnapshot, at: datetime, day: date) -> datetime:
    local = at.astimezone(CHINA)
    moved = datetime.combine(day, local.time(), tzinfo=CHINA).astimezone(UTC)
    return min(moved, close_of(calendar, day))
