"""Parts of a membership term 会员期: months, quarters, halves, counted from its first day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

MONTHS = 12


@dataclass(frozen=True)
class Part:
    """A span of days, both included. `months` is its nominal length; 0 for a single day that is given."""

    first: date
    last: date
    months: int


def parts_of(first: date, last: date, count: int) -> tuple[Part, ...]:
    """A term in `count` parts by months where they divide a year evenly, else by days; what lies outside is left out.

    Raises ValueError for no part at all.
    """
    if count < 1:
        raise ValueError("a frequency is at least once a year")
    starts = [*(_start(first, last, count, number) for number in range(count)), last + timedelta(days=1)]
    parts = [
        Part(start, min(following - timedelta(days=1), last), max(MONTHS // count, 1))
        for start, following in pairwise(starts)
    ]
    return tuple(part for part in parts if part.first <= part.last)


def _start(first: date, last: date, count: int, number: int) -> date:
    if MONTHS % count == 0:
        return add_months(first, MONTHS // count * number)
    return first + timedelta(days=((last - first).days + 1) * number // count)


def add_months(day: date, count: int) -> date:
    """So many months later (or earlier); a day that the month lacks is its last one."""
    month = day.year * MONTHS + day.month - 1 + count
    year, month = divmod(month, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
