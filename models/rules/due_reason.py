"""为什么是这个期限: the rows that show how a deadline came about, day by day."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.clock import MINUTE, Clock, ClosedReason, closed_reason, due_with_pauses


class DueRowKind(StrEnum):
    """Kinds of row in the answer to "why is it due then"."""

    RECEIVED = "received"
    DAY_ZERO = "day_zero"
    COUNTED = "counted"
    MAKE_UP_DAY = "make_up_day"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    PAUSED = "paused"
    DUE = "due"


class DueRow(BaseModel):
    """One row: the dates it covers (both included), the running number of the working day, minutes for a pause."""

    model_config = ConfigDict(frozen=True)

    kind: DueRowKind
    first: date
    last: date
    at: datetime | None = None
    number: int | None = None
    minutes: int | None = None
    provisional: bool = False


def why_due(calendar: CalendarSnapshot, clock: Clock, now: datetime) -> tuple[DueRow, ...]:
    """Rows from receipt to the due instant: every date between is day zero, counted or left out with its reason."""
    due = due_with_pauses(calendar, clock, now)
    if due is None:
        return ()
    day_zero = cal.local_date(cal.next_opening(calendar, clock.started_at))
    rows = [_instant_row(calendar, DueRowKind.RECEIVED, clock.started_at)]
    rows += _day_rows(calendar, cal.local_date(clock.started_at), day_zero, cal.local_date(due.due_at))
    rows += [_pause_row(calendar, pause.paused_at, pause.resumed_at or now) for pause in clock.pauses]
    return (*rows, _instant_row(calendar, DueRowKind.DUE, due.due_at))


def _day_rows(calendar: CalendarSnapshot, first: date, day_zero: date, last: date) -> list[DueRow]:
    rows: list[DueRow] = []
    number, day = 0, first
    while day <= last:
        row = _day_row(calendar, day, day_zero, number)
        number = row.number or number
        if rows and row.number is None and rows[-1].kind is row.kind and rows[-1].provisional == row.provisional:
            rows[-1] = rows[-1].model_copy(update={"last": day})
        elif row.kind is not DueRowKind.RECEIVED:
            rows.append(row)
        day += cal.ONE_DAY
    return rows


def _day_row(calendar: CalendarSnapshot, day: date, day_zero: date, counted: int) -> DueRow:
    kind, number = _day_kind(calendar, day, day_zero), None
    if kind in (DueRowKind.COUNTED, DueRowKind.MAKE_UP_DAY):
        number = counted + 1
    return DueRow(kind=kind, first=day, last=day, number=number, provisional=not cal.is_official(calendar, day.year))


def _day_kind(calendar: CalendarSnapshot, day: date, day_zero: date) -> DueRowKind:
    if not cal.is_working_day(calendar, day):
        return DueRowKind.WEEKEND if closed_reason(calendar, day) is ClosedReason.WEEKEND else DueRowKind.HOLIDAY
    if day < day_zero:
        return DueRowKind.RECEIVED  # after its close: the receipt row already says so
    if day == day_zero:
        return DueRowKind.DAY_ZERO
    return DueRowKind.MAKE_UP_DAY if day.weekday() >= 5 else DueRowKind.COUNTED


def _instant_row(calendar: CalendarSnapshot, kind: DueRowKind, at: datetime) -> DueRow:
    day = cal.local_date(at)
    return DueRow(kind=kind, first=day, last=day, at=at, provisional=not cal.is_official(calendar, day.year))


def _pause_row(calendar: CalendarSnapshot, start: datetime, end: datetime) -> DueRow:
    minutes = cal.working_time_between(calendar, start, end) // MINUTE
    return DueRow(
        kind=DueRowKind.PAUSED, first=cal.local_date(start), last=cal.local_date(end), at=start, minutes=minutes
    )
