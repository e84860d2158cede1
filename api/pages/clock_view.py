"""The ledger of a clock and its alarms in words."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session

from api.pages.format import instant, span, stamp
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.view.clock import AlarmRow, ClockRow, pause_word
from models.messages.alarms import Alarm
from models.rules import calendar as cal
from models.rules.clock import (
    ClosedReason,
    IntervalKind,
    LedgerInterval,
    WorkingSpan,
    due_with_pauses,
    ledger,
)
from models.services.task_clock import TaskClock
from models.stores.people import PeopleStore
from models.tables.cases import Task
from models.tables.desk import TaskAlarm
from models.types import AlarmKind

MINUTE = timedelta(minutes=1)
LISTED_LINES = 80
"""About four weeks: a task that is overdue for months has thousands."""
_CLOSED_WORDS = {
    ClosedReason.OUTSIDE_HOURS: _m("非工作时间"),
    ClosedReason.WEEKEND: _m("周末"),
    ClosedReason.HOLIDAY: _m("节假日"),
}
_ALARM_WORDS = {
    AlarmKind.REMINDER: _m("提醒"),
    AlarmKind.BREACH: _m("逾期"),
    AlarmKind.ESCALATION: _m("升级督办"),
    AlarmKind.AUTO_DECISION: _m("自动决定"),
}
_RUNG_WORDS = {"holder": _m("办理人"), "superior": _m("上级"), "hq": _m("总公司")}


def ledger_rows(found: TaskClock, now: datetime) -> tuple[tuple[ClockRow, ...], str]:
    """计时台账: the newest lines up to now, or to the end, and a word about older ones that are not listed."""
    lines = ledger(found.calendar, found.clock, now).intervals
    left_out = max(0, len(lines) - LISTED_LINES)
    rows = tuple(_ledger_row(line, now) for line in lines[left_out:])
    return rows, _("较早的 %(n)s 行未列出。", n=left_out) if left_out else ""


def pause_text(found: TaskClock, now: datetime) -> str:
    """What a pause would do, with this very deadline: one begun now and ended one working day later."""
    due = due_with_pauses(found.calendar, found.clock, now)
    if due is None or found.clock.finished_at is not None:
        return _("已办结，暂停不再影响期限。")
    if found.clock.pauses and found.clock.pauses[-1].resumed_at is None:
        return _(
            "正在暂停：现在恢复，期限为 %(due)s；每多停一小时，期限顺延一小时工作时间。", due=instant(due.due_at, now)
        )
    begin = cal.next_opening(found.calendar, now)
    end = cal.same_time_after(found.calendar, begin, 1)
    paused = cal.working_time_between(found.calendar, begin, end)
    moved = cal.add_working_time(found.calendar, due.due_at, paused)
    return _(
        "暂停期间的工作时间不计入：若现在暂停、一个工作日后恢复，期限由 %(due)s 顺延到 %(moved)s；已过的时间不退回。",
        due=instant(due.due_at, now),
        moved=instant(moved, now),
    )


def calendar_note(found: TaskClock, task: Task) -> str:
    """What is uncertain about the calendar: a year not published yet, or one that is being told to the case."""
    if task.closed_at is None and task.calendar_version != found.calendar.version:
        return _("期限按日历 %(version)s 算出，日历此后有改动。", version=task.calendar_version)
    return _("暂定：放假安排公布后自动校正。") if task.provisional else ""


def alarm_rows(session: Session, found: TaskClock, now: datetime) -> tuple[AlarmRow, ...]:
    """Alarms that went off with whom they told, then those to come."""
    gone = (_gone(session, row, now) for row in found.gone)
    return (*gone, *_ahead(found.ahead, now))


def _ledger_row(line: LedgerInterval, now: datetime) -> ClockRow:
    counted = line.kind is IntervalKind.RUNNING
    return ClockRow(
        start=stamp(line.start, now),
        end=stamp(line.end, now),
        kind=_line_word(line),
        counted=span(WorkingSpan(working_days=0, minutes=line.length // MINUTE)) if counted else "",
    )


def _line_word(line: LedgerInterval) -> str:
    match line.kind:
        case IntervalKind.RUNNING:
            return _("计时")
        case IntervalKind.PAUSED:
            return _("暂停 · %(why)s", why=pause_word(line.reason))
        case IntervalKind.CLOSED:
            return _(_CLOSED_WORDS[ClosedReason(line.reason)])


def _gone(session: Session, row: TaskAlarm, now: datetime) -> AlarmRow:
    people = PeopleStore(session)
    accounts = people.named(row.told)
    return AlarmRow(
        at=stamp(row.at, now),
        what=_(_ALARM_WORDS[row.kind]),
        who="、".join(account.name for account in accounts) or _("无人需通知"),
        gone=True,
    )


def _ahead(alarms: tuple[Alarm, ...], now: datetime) -> Iterator[AlarmRow]:
    for alarm in alarms:
        who = _RUNG_WORDS[alarm.rung.to] if alarm.rung else _RUNG_WORDS["holder"]
        yield AlarmRow(at=instant(alarm.at, now), what=_(_ALARM_WORDS[alarm.kind]), who=_(who), gone=False)
