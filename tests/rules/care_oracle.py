"""The same promises, found by asking every single day of the term: an oracle that shares no arithmetic with the plan.

Lunar days are counted on from one new year by a printed table of month lengths; the plan asks a library.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from models.messages.calendar import CalendarSnapshot
from models.rules.calendar import is_working_day
from models.rules.care.dates import YearlyDay

ONE = timedelta(days=1)


def days(first: date, last: date) -> Iterator[date]:
    """Every day of a span, both included."""
    while first <= last:
        yield first
        first += ONE


@dataclass(frozen=True)
class LunarDate:
    """A day as the lunar calendar names it."""

    year: int
    month: int
    day: int
    leap: bool


NEW_YEAR = date(2020, 1, 25)
YEARS = (0x07954, 0x06AA0, 0x0AD50, 0x05B52, 0x04B60, 0x0A6E6, 0x0A4E0, 0x0D260, 0x0EA65, 0x0D530)
"""Lunar years 2020-2029 as almanacs print them: bits 15 to 4 the long months, the last digit the leap month."""


@cache
def lunar_days() -> dict[date, LunarDate]:
    """Every day of those years, counted on from one new year."""
    found, day = {}, NEW_YEAR
    for number, marks in enumerate(YEARS):
        for month, leap, length in _months(marks):
            for day_no in range(1, length + 1):
                found[day] = LunarDate(2020 + number, month, day_no, leap)
                day += ONE
    return found


def _months(marks: int) -> Iterator[tuple[int, bool, int]]:
    for month in range(1, 13):
        yield month, False, 30 if marks & (0x10000 >> month) else 29
        if marks & 0xF == month:
            yield month, True, 30 if marks & 0x10000 else 29


def is_it(born: YearlyDay, day: date) -> bool:
    """Whether a day is this birthday or festival."""
    return _is_lunar(born, day) if born.lunar else _is_solar(born, day)


def _is_solar(born: YearlyDay, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and not calendar.isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (day.month, day.day) == (born.month, born.day)


def _is_lunar(born: YearlyDay, day: date) -> bool:
    here, tomorrow = lunar_days()[day], lunar_days()[day + ONE]
    last_of_month = tomorrow.day == 1
    if here.month != born.month or not (here.day == born.day or (last_of_month and here.day < born.day)):
        return False
    return here.leap == (born.leap_month and YEARS[here.year - 2020] & 0xF == born.month)


def period_marks(first: date, last: date, per_year: int, percent: int) -> list[date]:
    """Where a term's parts are marked: the calendar walked month by month, counting days."""
    parts: list[list[date]] = []
    seen = 0
    for day in days(first, last):
        if day.day == first.day:
            if seen % (12 // per_year) == 0:
                parts.append([])
            seen += 1
        parts[-1].append(day)
    return [part[(len(part) - 1) * percent // 100] for part in parts]


def worked(calendar_of: CalendarSnapshot, day: date, within: tuple[date, date]) -> date:
    """The next working day if it lies within, else the one before."""
    later = next(found for found in days(day, day + timedelta(days=60)) if is_working_day(calendar_of, found))
    if later <= within[1]:
        return later
    return max(found for found in days(within[0], day) if is_working_day(calendar_of, found))
