"""Deadlines: the pill of a row, the strip of a task, the page that says why it is due then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from api.pages.format import WorkingSpan, instant, local, overdue_by, short_day, span, time_left
from api.pages.i18n import _
from api.pages.view.common import Link, PillTone, TimePill
from api.pages.view.shell import Page

AMBER_FROM = Decimal("0.5")
ORANGE_FROM = Decimal("0.8")
"""Default marks 50 / 80 %; a route may pass the rulebook's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFacts:
    """What the records know about one deadline; instants are aware, spans are working time."""

    due_at: datetime | None
    now: datetime
    left: WorkingSpan = field(default_factory=WorkingSpan)
    """Time left, or time over when `overdue`."""
    overdue: bool = False
    used_share: Decimal = Decimal(0)
    due_next_working_day: bool = False
    make_up_day: bool = False
    provisional: bool = False
    pause_text: str = ""
    """Why and since when the clock stands, e.g. 等客户补资料; empty while it runs."""
    finished_in_time: bool | None = None
    """None while open."""


def build_pill(facts: DueFacts, amber: Decimal = AMBER_FROM, orange: Decimal = ORANGE_FROM) -> TimePill:
    """The pill for a deadline: calm until it matters, shape and word beside colour."""
    if facts.due_at is None:
        return TimePill(tone=PillTone.CALM, text=_("无固定时限"))
    due = instant(facts.due_at, facts.now, make_up=facts.make_up_day)
    if facts.finished_in_time is not None:
        return _finished(facts.finished_in_time, due)
    if facts.pause_text:
        used = _("期限 %(due)s", due=due)
        return TimePill(tone=PillTone.PAUSED, text=_("已暂停 · %(why)s", why=facts.pause_text), due=used)
    if facts.overdue:
        return TimePill(tone=PillTone.LATE, text=overdue_by(facts.left), due=due)
    if facts.provisional:
        on = short_day(local(facts.due_at).date(), local(facts.now).date())
        return TimePill(tone=PillTone.PROVISIONAL, text=_("暂定 %(day)s", day=on), due=_("日历未公布"))
    return TimePill(tone=_urgency(facts, amber, orange), text=time_left(facts.left), due=due)


def _finished(in_time: bool, due: str) -> TimePill:
    if in_time:
        return TimePill(tone=PillTone.DONE, text=_("按时办结"), due=due)
    return TimePill(tone=PillTone.DONE_LATE, text=_("逾期办结"), due=due)


def _urgency(facts: DueFacts, amber: Decimal, orange: Decimal) -> PillTone:
    due_today = facts.due_at is not None and local(facts.due_at).date() == local(facts.now).date()
    if due_today or facts.used_share >= orange:
        return PillTone.TODAY
    if facts.due_next_working_day or facts.used_share >= amber:
        return PillTone.SOON
    return PillTone.CALM


class SpanKind(StrEnum):
    """Kinds of interval on a clock strip."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSpan:
    """One interval before it is drawn. `minutes` are office minutes; closed ones are drawn narrow."""

    kind: SpanKind
    minutes: int
    label: str = ""
    """Text under its left end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBar:
    """One drawn interval, in units of a strip 300 wide."""

    kind: SpanKind
    x: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStrip:
    """The strip, the same in words, and the way to the reckoning."""

    bars: tuple[ClockBar, ...]
    words: str
    """Read out instead of the drawing."""
    legend: tuple[tuple[SpanKind, str], ...]
    note: str
    """Limit, how it counts, calendar version."""
    end_label: str = ""
    why: Link | None = None


_STRIP_WIDTH = 300.0
_CLOSED_WIDTH = 10.0
_GAP = 2.0


def draw_strip(spans: Sequence[ClockSpan]) -> tuple[ClockBar, ...]:
    """Lay the intervals side by side: closed ones 10 wide, the others by their office minutes."""
    visible = [part for part in spans if part.minutes > 0 or part.kind is SpanKind.CLOSED]
    closed = sum(part.kind is SpanKind.CLOSED for part in visible)
    minutes = sum(part.minutes for part in visible if part.kind is not SpanKind.CLOSED) or 1
    room = max(_STRIP_WIDTH - closed * _CLOSED_WIDTH - _GAP * max(len(visible) - 1, 0), 1.0)
    bars, x = [], 0.0
    for part in visible:
        width = _CLOSED_WIDTH if part.kind is SpanKind.CLOSED else room * part.minutes / minutes
        bars.append(ClockBar(kind=part.kind, x=round(x, 1), width=round(width, 1), label=part.label))
        x += width + _GAP
    return tuple(bars)


def build_strip(
    spans: Sequence[ClockSpan],
    *,
    used: WorkingSpan,
    left: WorkingSpan,
    overdue: bool,
    limit: str,
    note: str,
    end_label: str = "",
    why: Link | None = None,
) -> ClockStrip:
    """The strip of a task. `limit` reads like 3 个工作日, `left` is time over when `overdue`."""
    used_text = _("已用 %(span)s", span=span(used))
    rest = overdue_by(left) if overdue else time_left(left)
    kinds = {part.kind for part in spans}
    legend = [(SpanKind.RUNNING, used_text), (SpanKind.LEFT, rest)]
    legend += [(SpanKind.PAUSED, _("暂停"))] if SpanKind.PAUSED in kinds else []
    legend += [(SpanKind.CLOSED, _("非工作时间"))] if SpanKind.CLOSED in kinds else []
    return ClockStrip(
        bars=draw_strip(spans),
        words=_("时限 %(limit)s：%(used)s，%(rest)s", limit=limit, used=used_text, rest=rest),
        legend=tuple(legend),
        note=note,
        end_label=end_label,
        why=why,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """One line of the reckoning."""

    start: str
    end: str
    kind: SpanKind
    kind_text: str
    reason: str
    counted: str
    """Working time this interval added, e.g. 1 个工作日."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPage(Page):
    """为何那时到期: one sentence, the intervals, the calendar they were counted by."""

    subject: str
    sentence: str
    pill: TimePill
    rows: tuple[ClockRow, ...]
    calendar_text: str
    pause_text: str
    strip: ClockStrip | None = None
