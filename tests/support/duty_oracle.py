"""What must have become of duties and touchpoints when these days were swept and no others: brute force, day by day.

Written from regulation 1.4 and the numbers of keeping.toml, without the rules it is held against.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)
AHEAD_DAYS = 31
IsOpen = Callable[[date], bool]


@dataclass(frozen=True)
class Term:
    """A policy in force up to its end."""

    customer_no: str
    policy_no: str
    expires_on: date
    vip: bool


@dataclass(frozen=True)
class Due:
    """One duty: by `last_days` nothing older is begun; `until` is the last day on which it says anything."""

    customer_no: str
    key: str
    lead_on: date
    due_on: date
    last_days: int
    until: date


def duties(term: Term, is_open: IsOpen) -> Iterator[Due]:
    """Renewal reminder 2 months ahead, or the proposal 3 months ahead for a VIP; the notice of maturity in 2 days."""
    item, months, lead, last = ("renewal_proposal", 3, 10, 90) if term.vip else ("renewal_reminder", 2, 5, 60)
    due_on = _months_earlier(term.expires_on, months)
    while not is_open(due_on):
        due_on += DAY
    name = f"{term.expires_on.isoformat()}:{term.policy_no}"
    yield Due(term.customer_no, f"{item}:{name}", _earlier(due_on, lead, is_open), due_on, last, term.expires_on)
    notice = term.expires_on
    for _ in range(2):
        notice += DAY
        while not is_open(notice):
            notice += DAY
    yield Due(term.customer_no, f"maturity_notice:{name}", term.expires_on, notice, 30, date.max)


def begun(due: Due, swept: Sequence[date]) -> date | None:
    """The swept day that first writes the duty down; None when no sweep does."""
    previous = None
    for day in swept:
        near = due.lead_on <= day + AHEAD_DAYS * DAY
        if near and due.due_on >= (previous or day) - due.last_days * DAY and day <= due.until:
            return day
        previous = day
    return None


def outcome_of_duty(due: Due, swept: Sequence[date]) -> str | None:
    """`handled:1`, `planned:0`, or None where there is no row."""
    since = begun(due, swept)
    if since is None:
        return None
    return "handled:1" if any(day >= max(since, due.lead_on) for day in swept) else "planned:0"


def outcome_of_visit(lead_on: date, swept: Sequence[date]) -> str:
    """A person does it, late if need be."""
    return "handled:1" if any(day >= lead_on for day in swept) else "planned:0"


def outcome_of_birthday(due_on: date, swept: Sequence[date]) -> str:
    """Greeted on the day or the day after; let go by whichever sweep comes later."""
    for day in swept:
        if due_on <= day <= due_on + DAY:
            return "handled:1"
        if day > due_on + DAY:
            return "skipped:0"
    return "planned:0"


def outcome_of_magazine(due_on: date, swept: Sequence[date]) -> str:
    """Sent on its day or late."""
    return "handled:1" if any(day >= due_on for day in swept) else "planned:0"


def _months_earlier(day: date, count: int) -> date:
    year, month = day.year, day.month
    for _ in range(count):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _earlier(day: date, count: int, is_open: IsOpen) -> date:
    while count:
        day -= DAY
        count -= is_open(day)
    return day
