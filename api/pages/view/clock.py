"""Deadlines: the pill of a row, the strip of a task, the page that says why it is due then.

What is due and how urgent it looks is decided in `models.rules.clock`; here it only gets words and a drawing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from api.pages.format import day as day_text
from api.pages.format import instant, local, overdue_by, short_day, span, stamp, time_left
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.view.clock_bars import ClockBar, SpanKind, draw_bars
from api.pages.view.common import Link, TimePill
from api.pages.view.shell import Page, Shell
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.clock import Clock, ClockReading, PillLevel, TimeLeft, read_clock, working_span
from models.rules.due_reason import DueRow, DueRowKind, why_due


class PauseReason(StrEnum):
    """暂停原因 with words of their own; any other reason is shown as it was written."""

    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    DISABILITY_APPRAISAL = "disability_appraisal"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"


_PAUSE_WORDS = {
    PauseReason.WAITING_FOR_CUSTOMER: _m("等客户补资料"),
    PauseReason.DISABILITY_APPRAISAL: _m("伤残鉴定"),
    PauseReason.WAITING_FOR_THIRD_PARTY: _m("等第三方"),
}


def pause_word(reason: str) -> str:
    """The word for a reason of a pause."""
    return _(_PAUSE_WORDS[PauseReason(reason)]) if reason in set(PauseReason) else reason


def build_pill(reading: ClockReading, now: datetime, *, make_up_day: bool = False, pause_reason: str = "") -> TimePill:
    """The pill of a clock: its text, and the due instant under it.

    `make_up_day` says that the due date is a weekend worked (调休上班); `pause_reason` why it stands.
    """
    if reading.due_at is None:
        return TimePill(level=reading.level, text=_("无固定时限"))
    due = instant(reading.due_at, now, make_up=make_up_day)
    match reading.level:
        case PillLevel.MET:
            return TimePill(level=reading.level, text=_("按时办结"), due=due)
        case PillLevel.MISSED:
            return TimePill(level=reading.level, text=_("逾期办结"), due=due)
        case PillLevel.PAUSED:
            text = _("已暂停 · %(why)s", why=pause_word(pause_reason)) if pause_reason else _("已暂停")
            return TimePill(level=reading.level, text=text, due=_("期限 %(due)s", due=due))
        case PillLevel.PROVISIONAL:
            on = short_day(local(reading.due_at).date(), local(now).date())
            return TimePill(level=reading.level, text=_("暂定 %(day)s", day=on), due=_("日历未公布"))
        case _:
            return TimePill(level=reading.level, text=_left_text(reading.left), due=due)


def pill_of(calendar: CalendarSnapshot, clock: Clock, now: datetime) -> TimePill:
    """The pill of a clock, with the calendar at hand."""
    reading = read_clock(calendar, clock, now)
    reason = clock.pauses[-1].reason if clock.pauses else ""
    return build_pill(reading, now, make_up_day=_is_make_up(calendar, reading.due_at), pause_reason=reason)


def _left_text(left: TimeLeft | None) -> str:
    if left is None:
        return ""
    return overdue_by(left) if left.overdue else time_left(left)


def _is_make_up(calendar: CalendarSnapshot, due_at: datetime | None) -> bool:
    return due_at is not None and cal.local_date(due_at) in calendar.make_up_set


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStrip:
    """The strip, the same in words, and the way to the reckoning."""

    bars: tuple[ClockBar, ...]
    words: str
    """Read out instead of the drawing."""
    legend: tuple[tuple[SpanKind, str], ...]
    note: str
    """Limit and calendar version."""
    end_label: str = ""
    why: Link | None = None


def build_strip(
    calendar: CalendarSnapshot, clock: Clock, now: datetime, *, limit: str, why: Link | None = None
) -> ClockStrip | None:
    """The strip of a clock; None when it has no limit. `limit` reads like 3 个工作日."""
    reading = read_clock(calendar, clock, now)
    if reading.due_at is None:
        return None
    used = _used_text(calendar, clock, now, reading)
    rest = _left_text(reading.left)
    bars = draw_bars(calendar, clock, now, reading.due_at)
    return ClockStrip(
        bars=bars,
        words=_("时限 %(limit)s：%(used)s，%(rest)s", limit=limit, used=used, rest=rest or _("已结束")),
        legend=_legend(bars, used, rest),
        note=_("%(limit)s · 日历 %(version)s", limit=limit, version=calendar.version),
        end_label=stamp(reading.due_at, now),
        why=why,
    )


def _used_text(calendar: CalendarSnapshot, clock: Clock, now: datetime, reading: ClockReading) -> str:
    """Working time used; a clock that was paused shows its share, since days cannot be told apart from pauses."""
    if clock.pauses or clock.elapsed:
        return _("已用 %(span)s", span=f"{reading.used_percent}%")
    end = min(now, clock.finished_at) if clock.finished_at else now
    return _("已用 %(span)s", span=span(working_span(calendar, clock.started_at, end)))


def _legend(bars: tuple[ClockBar, ...], used: str, rest: str) -> tuple[tuple[SpanKind, str], ...]:
    texts = {
        SpanKind.RUNNING: used,
        SpanKind.LEFT: rest,
        SpanKind.OVER: rest,
        SpanKind.PAUSED: _("暂停"),
        SpanKind.CLOSED: _("非工作时间"),
    }
    present = {bar.kind for bar in bars}
    return tuple((kind, text) for kind, text in texts.items() if kind in present and text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """One line of the reckoning."""

    start: str
    end: str
    kind: str
    counted: str
    """第 3 个工作日, +2 小时, or empty for what does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """A reminder, breach or escalation: when, and whom it told or is to tell."""

    at: str
    what: str
    who: str
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPage(Page):
    """为何那时到期: one sentence, the days, the calendar they were counted by."""

    subject: str
    sentence: str
    pill: TimePill
    rows: tuple[ClockRow, ...]
    calendar_text: str
    pause_text: str
    strip: ClockStrip | None = None
    calendar_note: str = ""
    ledger: tuple[ClockRow, ...] = ()
    ledger_note: str = ""
    alarms: tuple[AlarmRow, ...] = ()


_ROW_WORDS = {
    DueRowKind.RECEIVED: _m("收件"),
    DueRowKind.DAY_ZERO: _m("收件当日，不计"),
    DueRowKind.COUNTED: _m("工作日"),
    DueRowKind.MAKE_UP_DAY: _m("调休上班"),
    DueRowKind.WEEKEND: _m("周末"),
    DueRowKind.HOLIDAY: _m("节假日"),
    DueRowKind.PAUSED: _m("暂停"),
    DueRowKind.DUE: _m("到期"),
}


def clock_row(row: DueRow, now: datetime) -> ClockRow:
    """A row of `why_due` in words."""
    kind = _(_ROW_WORDS[row.kind])
    return ClockRow(
        start=stamp(row.at, now) if row.at else _day(row.first, now),
        end=_day(row.last, now) if row.last != row.first else "",
        kind=_("%(kind)s（暂定）", kind=kind) if row.provisional else kind,
        counted=_counted(row),
    )


def _counted(row: DueRow) -> str:
    if row.number is not None:
        return _("第 %(n)s 个工作日", n=row.number)
    if row.minutes is not None:
        hours, minutes = divmod(row.minutes, 60)
        return _("顺延 %(hours)s 小时 %(minutes)s 分", hours=hours, minutes=minutes)
    return ""


def _day(value: date, now: datetime) -> str:
    return day_text(value, local(now).date())


def build_clock_page(
    shell: Shell,
    calendar: CalendarSnapshot,
    clock: Clock,
    now: datetime,
    *,
    subject: str,
    limit: str,
    back_href: str,
    json_href: str | None = None,
) -> ClockPage:
    """The page that answers "why is it due then". `limit` reads like 3 个工作日."""
    pill = pill_of(calendar, clock, now)
    due_at = read_clock(calendar, clock, now).due_at
    due = instant(due_at, now, make_up=_is_make_up(calendar, due_at)) if due_at else ""
    started = stamp(clock.started_at, now)
    return ClockPage(
        shell=shell,
        title=_("为何 %(due)s 到期", due=due) if due else _("没有固定时限"),
        back_href=back_href,
        json_href=json_href,
        subject=subject,
        sentence=_("%(started)s 收件，时限 %(limit)s，到期 %(due)s。", started=started, limit=limit, due=due)
        if due
        else _("%(started)s 收件，没有固定时限。", started=started),
        pill=pill,
        rows=tuple(clock_row(row, now) for row in why_due(calendar, clock, now)),
        calendar_text=_("日历 %(version)s", version=calendar.version),
        pause_text=_("暂停期间的工作时间不计入，期限按同样长度顺延；已过的时间不退回。"),
        strip=build_strip(calendar, clock, now, limit=limit),
    )
