"""Inquiries and complaints in numbers, per institution or customer and period: for assessment and quarterly summary.

Regulation 2.8: 投诉处理及时率 is complaints closed within their limit of complaints due. A complaint is due in the
period in which its limit ends, each of its lives by itself, so that reopening one does not undo the figures of its
first life. One that is open past its limit counts as due and not in time; what is due later than the moment of counting
is not due yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from models.rules.calendar import ONE_DAY, instant
from models.stores.complaints import ComplaintStore, Span, Tally
from models.stores.scope import EVERYTHING, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFigures:
    """Counts of one institution that served, or of one customer."""

    key: str
    inquiries_received: int = 0
    inquiries_due: int = 0
    inquiries_in_time: int = 0
    complaints_received: int = 0
    serious_received: int = 0
    replies_due: int = 0
    """First replies to complaints, each life by itself; likewise below."""
    replies_in_time: int = 0
    complaints_due: int = 0
    complaints_in_time: int = 0
    complaints_closed: int = 0
    justified: int = 0
    """Of those closed: found justified 成立."""


def complaint_figures(
    session: Session,
    first: date,
    last: date,
    at: datetime,
    *,
    scope: Scope = EVERYTHING,
    per_customer: bool = False,
) -> tuple[ComplaintFigures, ...]:
    """Figures of the days from `first` to `last` (Asia/Shanghai, both included) as they stand at `at`, by key.

    Per institution that served, or per customer; whoever has nothing to count is not listed.
    """
    span = Span(instant(first), instant(last + ONE_DAY), at)
    store = ComplaintStore(session)
    found = {tally.key: tally._asdict() for tally in store.tallies(scope, span, per_customer=per_customer)}
    for record in store.with_earlier_lives(scope):
        key = record.customer_no if per_customer else record.institution_code
        for life in record.lives:
            _add(found, key, _of_life(life, span))
    return tuple(ComplaintFigures(**found[key]) for key in sorted(found))


def _add(found: dict[str, dict[str, Any]], key: str, more: Mapping[str, int]) -> None:
    if not any(more.values()):
        return
    counts = found.setdefault(key, Tally(key, *(0 for _ in Tally._fields[1:]))._asdict())
    for name, number in more.items():
        counts[name] += number


def _of_life(life: Mapping[str, Any], span: Span) -> dict[str, int]:
    """What a life that ended adds: it was closed, so both its limits count where they lay."""
    reply_due, close_due = _within(life["reply_due_at"], span), _within(life["close_due_at"], span)
    closed = _within(life["closed_at"], span)
    return {
        "replies_due": int(reply_due),
        "replies_in_time": int(reply_due and life["reply_in_time"] is True),
        "complaints_due": int(close_due),
        "complaints_in_time": int(close_due and life["closed_in_time"] is True),
        "complaints_closed": int(closed),
        "justified": int(closed and life["justified"] is True),
    }


def _within(at: str | None, span: Span) -> bool:
    return at is not None and span.start <= datetime.fromisoformat(at) < span.end
