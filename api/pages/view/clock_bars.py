"""The drawing of a clock strip: intervals of the ledger laid side by side on a line 300 units wide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from api.pages.format import local, short_day
from api.pages.i18n import _
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.clock import Clock, IntervalKind, LedgerInterval, ledger

STRIP_WIDTH = 300.0
CLOSED_WIDTH = 8.0
GAP = 2.0
MAX_CLOSED, MAX_GAPS = 75.0, 45.0
"""A long clock has many nights: all of them together take no more than this."""
LABEL_ROOM = 48.0
"""A label is left out when the next one would run into it."""


class SpanKind(StrEnum):
    """What a bar stands for."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
    OVER = "over"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBar:
    """One drawn interval."""

    kind: SpanKind
    x: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: SpanKind
    start: datetime
    end: datetime
    minutes: int


def draw_bars(calendar: CalendarSnapshot, clock: Clock, now: datetime, due_at: datetime) -> tuple[ClockBar, ...]:
    """Bars from the start to the due instant (or to now, when it is past): closed time narrow, the rest by length."""
    pieces = list(_pieces(ledger(calendar, clock, now).intervals, due_at))
    if clock.finished_at is None and now < due_at:
        minutes = cal.working_minutes_between(calendar, max(now, clock.started_at), due_at)
        pieces.append(_Piece(SpanKind.LEFT, max(now, clock.started_at), due_at, minutes))
    return _lay_out(_join(pieces), now)


def _pieces(lines: Iterable[LedgerInterval], due_at: datetime) -> Iterable[_Piece]:
    for line in lines:
        if line.kind is IntervalKind.RUNNING and line.start < due_at < line.end:
            yield _piece(SpanKind.RUNNING, line.start, due_at)
            yield _piece(SpanKind.OVER, due_at, line.end)
        elif line.kind is IntervalKind.RUNNING and line.start >= due_at:
            yield _piece(SpanKind.OVER, line.start, line.end)
        else:
            yield _piece(SpanKind(line.kind.value), line.start, line.end)


def _piece(kind: SpanKind, start: datetime, end: datetime) -> _Piece:
    return _Piece(kind, start, end, int((end - start).total_seconds() // 60))


def _join(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Closed time inside one date (the lunch break) is left out; what then meets its like is one bar."""
    joined: list[_Piece] = []
    for piece in pieces:
        previous = joined[-1] if joined else None
        if previous and previous.kind is piece.kind and (piece.kind is SpanKind.CLOSED or _same_day(previous, piece)):
            joined[-1] = replace(previous, end=piece.end, minutes=previous.minutes + piece.minutes)
        elif piece.kind is not SpanKind.CLOSED or local(piece.start).date() != local(piece.end).date():
            joined.append(piece)
    return joined


def _same_day(one: _Piece, other: _Piece) -> bool:
    return local(one.start).date() == local(other.start).date()


def _lay_out(pieces: Sequence[_Piece], now: datetime) -> tuple[ClockBar, ...]:
    closed = sum(piece.kind is SpanKind.CLOSED for piece in pieces)
    shut = min(CLOSED_WIDTH, MAX_CLOSED / max(closed, 1))
    gap = min(GAP, MAX_GAPS / max(len(pieces), 1))
    minutes = sum(piece.minutes for piece in pieces if piece.kind is not SpanKind.CLOSED) or 1
    room = STRIP_WIDTH - closed * shut - gap * max(len(pieces) - 1, 0)
    bars: list[ClockBar] = []
    x, free_from, named = 0.0, 0.0, date.min
    for piece in pieces:
        width = shut if piece.kind is SpanKind.CLOSED else room * piece.minutes / minutes
        on, label = local(piece.start).date(), ""
        if piece.kind is not SpanKind.CLOSED and on != named and free_from <= x <= STRIP_WIDTH - 2 * LABEL_ROOM:
            label, named, free_from = _label(on, now), on, x + LABEL_ROOM
        bars.append(ClockBar(kind=piece.kind, x=round(x, 1), width=round(width, 1), label=label))
        x += width + gap
    return tuple(bars)


def _label(on: date, now: datetime) -> str:
    today = local(now).date()
    return _("今天") if on == today else short_day(on, today)
