"""Clocks of tasks: the limit in words, the strip, the page that says why it is due then."""

from api.pages.desk import Desk
from api.pages.format import instant, short_day
from api.pages.i18n import _
from api.pages.view.clock import ClockStrip, build_strip, pill_of
from api.pages.view.common import Link, TimePill
from models.messages.approval import NOBODY_TO_ACT, ApprovalState
from models.messages.calendar import Pause
from models.rules import calendar as cal
from models.rules.clock import Clock
from models.rules.redating import OPERATIONS_ALLOWANCE_WORKING_DAYS
from models.tables.cases import Task


def clock_of(task: Task, state: ApprovalState | None = None) -> Clock:
    """The clock of a task. Only an open pause is told: `due_at` was moved by those that ended."""
    found = next((item for item in state.tasks if item.task_id == task.id), None) if state else None
    pauses = tuple(pause for pause in found.pauses if pause.resumed_at is None) if found else ()
    if not pauses and task.paused_since is not None:
        pauses = (Pause(paused_at=task.paused_since, reason=""),)
    return Clock(started_at=task.opened_at, due_at=task.due_at, pauses=pauses, finished_at=task.closed_at)


def task_pill(desk: Desk, task: Task, state: ApprovalState | None = None) -> TimePill:
    """Time left, or how it ended."""
    return pill_of(desk.calendar, clock_of(task, state), desk.now)


def task_strip(desk: Desk, task: Task, state: ApprovalState) -> ClockStrip | None:
    """The clock strip with its way to the reckoning; None when no working time passed at all."""
    why = Link(text=_("为何 %(due)s 到期", due=instant(task.due_at, desk.now)), href=f"/tasks/{task.id}/clock")
    strip = build_strip(desk.calendar, clock_of(task, state), desk.now, limit=limit_text(desk, task, state), why=why)
    return strip if strip is not None and strip.bars else None


def limit_text(desk: Desk, task: Task, state: ApprovalState) -> str:
    """Which of the two limits of a step counts: its procedure date, or the least allowance (decisions.md 12)."""
    if task.step == NOBODY_TO_ACT:
        return _("%(n)s 个工作日", n=OPERATIONS_ALLOWANCE_WORKING_DAYS)
    days = state.min_allowance_working_days
    by_allowance = cal.add_working_days(desk.calendar, task.opened_at, days).due_at
    due_on = next((step.due_on for step in state.route if step.stage.value == task.step), None)
    if due_on is None or task.due_at <= by_allowance:
        return _("%(n)s 个工作日", n=days)
    planned = short_day(due_on, cal.local_date(desk.now))
    return _("程序日期 %(day)s", day=planned)


def pauses_text(number: int) -> str:
    """How often a clock was paused."""
    return _("%(n)s 次", n=number)
