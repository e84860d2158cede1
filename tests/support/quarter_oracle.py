"""A quarterly summary by walking its days: every fact is asked, day by day, whether it happened on that day.

Nothing here calls the rules or shares their partition; what a request is judged by is found by walking too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from models.rules.quarter import Promise, Spent


@dataclass
class Expected:
    """Numbers of one customer."""

    due: Counter[str]
    done: Counter[str]
    late: Counter[str]
    green: int = 0
    green_in_time: int = 0
    inquiries: int = 0
    complaints: int = 0
    justified: int = 0
    cost: Decimal = Decimal(0)


def days_of(year: int, number: int) -> Iterator[date]:
    """Every day of a quarter."""
    day = date(year, 1, 1)
    while day.year == year:
        if (day.month + 2) // 3 == number:
            yield day
        day += timedelta(days=1)


def expected(year: int, number: int, customer_no: str, promises: Sequence[Promise], spent: Sequence[Spent]) -> Expected:
    """What the summary has to say of the customer."""
    found, days = Expected(Counter(), Counter(), Counter()), list(days_of(year, number))
    for day in days:
        for one in promises:
            if one.customer_no == customer_no:
                _on_day(found, day, days[-1], one)
        found.cost += sum(
            (item.yuan for item in spent if (item.customer_no, item.on) == (customer_no, day)), Decimal(0)
        )
    return found


def _on_day(found: Expected, day: date, end: date, one: Promise) -> None:
    if one.received_on == day:
        found.inquiries += one.kind == "inquiry"
        found.complaints += one.kind == "complaint"
    if one.done_on == day and one.justified is True:
        found.justified += 1
    if not _settles(day, one):
        return
    known = one.done_on is not None and one.done_on <= end
    good = known and one.in_time in {True, None}
    found.due[one.code] += 1
    found.done[one.code] += known
    found.late[one.code] += not good
    if one.kind == "green_channel":
        found.green += 1
        found.green_in_time += good


def _settles(day: date, one: Promise) -> bool:
    """Whether this is the day on which it is known whether the promise was kept."""
    if one.kind == "care":
        return one.due_on == day
    finished_well = one.in_time is True and one.done_on is not None
    return (one.done_on == day) if finished_well else (one.due_on == day)
