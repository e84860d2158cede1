"""Days that come round 生日与节日: solar and lunar birthdays, 29 February, 30th of a short lunar month, leap months.

Dates are plain calendar dates (Asia/Shanghai) and never pass through an instant: Shanghai had summer time until 1991.
"""

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import LunarMonth, LunarYear, Solar

from models.rulebook.schema.care import Festival
from models.rulebook.schema.common import MonthDay
from models.types import BirthdayCalendar

_WRITTEN = re.compile(r"(?:\d{4}-)?(?P<leap>闰)?(?P<month>\d{2})-(?P<day>\d{2})")
FEBRUARY, LEAP_DAY, LEAP_YEAR = 2, 29, 2000
MONTHS, LUNAR_MONTH = 12, 30


@dataclass(frozen=True)
class YearlyDay:
    """A day of every year, solar 公历 or lunar 农历; `leap_month` is 闰, a lunar month that only some years have."""

    month: int
    day: int
    lunar: bool = False
    leap_month: bool = False


@dataclass(frozen=True)
class Occurrence:
    """One coming round: `year` is the solar or lunar year it belongs to, unique for the day, `on` the solar date."""

    year: int
    on: date


def birthday_of(text: str | None, counted_by: BirthdayCalendar) -> YearlyDay | None:
    """A stored birthday `1970-01-31`, `01-31` or `1974-闰04-15`; None when none is known."""
    match = _WRITTEN.fullmatch(text or "")
    if match is None:
        return None
    lunar, month, day = counted_by is BirthdayCalendar.LUNAR, int(match["month"]), int(match["day"])
    if not 1 <= month <= MONTHS or not 1 <= day <= (LUNAR_MONTH if lunar else calendar.monthrange(LEAP_YEAR, month)[1]):
        return None
    return YearlyDay(month, day, lunar, lunar and match["leap"] is not None)


def festival_day(festival: Festival) -> YearlyDay:
    """The day of a festival of the rulebook."""
    return YearlyDay(festival.month, festival.day, festival.lunar)


def occurrences(day: YearlyDay, first: date, last: date, leap_day: MonthDay) -> tuple[Occurrence, ...]:
    """When a day comes round in a span of dates (both included), in order.

    A lunar day may come twice in 365 days, or not at all. `leap_day` stands for 29 February in a common year.
    """
    on = _lunar_on if day.lunar else _solar_on(leap_day)
    return tuple(found for found in _each_year(day, on, first, last) if first <= found.on <= last)


def _each_year(day: YearlyDay, on: Callable[[YearlyDay, int], date], first: date, last: date) -> Iterable[Occurrence]:
    # The lunar year begins up to two months after the solar one, so the year before may still reach into the span.
    return (Occurrence(year, on(day, year)) for year in range(first.year - 1, last.year + 1))


def _solar_on(leap_day: MonthDay) -> Callable[[YearlyDay, int], date]:
    def on(day: YearlyDay, year: int) -> date:
        if (day.month, day.day) == (FEBRUARY, LEAP_DAY) and not calendar.isleap(year):
            return leap_day.on(year)
        return date(year, day.month, day.day)

    return on


def _lunar_on(day: YearlyDay, year: int) -> date:
    """The solar date in a lunar year: the leap month if the year has it, the last day where the month is short."""
    months = _lunar_months(year)
    leap = months.get(-day.month) if day.leap_month else None
    first, length = leap or months[day.month]
    return first + timedelta(days=min(day.day, length) - 1)


@lru_cache(maxsize=256)
def _lunar_months(year: int) -> Mapping[int, tuple[date, int]]:
    """First solar day and length of each month of a lunar year; a leap month has the negative number of its month."""
    months = [month for month in LunarYear.fromYear(year).getMonths() if month.getYear() == year]
    return {month.getMonth(): (_first_day(month), month.getDayCount()) for month in months}


def _first_day(month: LunarMonth) -> date:
    solar = Solar.fromJulianDay(month.getFirstJulianDay())
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
