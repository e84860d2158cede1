"""Alarms of a human task: 预警 and 提醒 before, 逾期 at, 提醒 again and 升级督办 after the deadline, each once.

Nothing here remembers a timer: which alarm comes next is reckoned anew from the deadline, the pauses and the keys that
went off already, so a return, a resumption or a new calendar leaves no stale timer behind and none is lost.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from models.messages.alarms import Alarm, AlarmPolicy, ReminderBefore, Rung
from models.messages.approval import ApprovalState, OpenTask
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.rules import calendar as cal
from models.types import AlarmKind

BREACH = "breach"
BREACH_TOLD = "breach:told"
"""The holders are told of a breach that fell into quiet hours when the office opens."""
AUTO = "auto"

WithTasks = TypeVar("WithTasks", ApprovalState, ServiceState)
"""Whatever has open tasks."""


def next_alarm(state: WithTasks, policy: AlarmPolicy, calendar: CalendarSnapshot) -> tuple[OpenTask, Alarm] | None:
    """The alarm that goes off next and its task; None when no open task has one left. Its instant may be past."""
    waiting = [(task, alarm) for task in state.tasks for alarm in alarms_left(task, policy, calendar)]
    return min(waiting, key=lambda found: found[1].at, default=None)


def mark(state: WithTasks, task_id: UUID, key: str) -> WithTasks:
    """The state in which this alarm of the task went off; unchanged when the task is closed."""
    tasks = tuple(_marked(task, key) if task.task_id == task_id else task for task in state.tasks)
    return state.model_copy(update={"tasks": tasks})


def alarms_left(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot) -> tuple[Alarm, ...]:
    """Alarms of an open task that have not gone off, in order; none while its clock is paused."""
    if task.pauses and task.pauses[-1].resumed_at is None:
        return ()
    gone = {*task.alarms, *((BREACH,) if task.breach_recorded else ())}
    left = (alarm for alarm in _alarms(task, policy, calendar) if alarm.key not in gone)
    return tuple(sorted(left, key=lambda alarm: alarm.at))


def is_quiet(policy: AlarmPolicy, calendar: CalendarSnapshot, at: datetime) -> bool:
    """免打扰: inside the quiet hours of the clock, or on a day off."""
    if not cal.is_working_day(calendar, cal.local_date(at)):
        return True
    start, end, hour = policy.quiet_from_hour, policy.quiet_until_hour, at.astimezone(cal.CHINA).hour
    return start <= hour < end if start <= end else hour >= start or hour < end


def _marked(task: OpenTask, key: str) -> OpenTask:
    if key in task.alarms:
        return task
    return task.model_copy(
        update={"alarms": (*task.alarms, key), "breach_recorded": task.breach_recorded or key == BREACH}
    )


def _alarms(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot) -> Iterator[Alarm]:
    due_at = task.deadline.due_at
    yield from _warnings(task, policy, calendar)
    yield from _before(task, policy, calendar)
    quiet = is_quiet(policy, calendar, due_at)
    silent = quiet or not policy.at_deadline or task.waiting
    yield Alarm(key=BREACH, kind=AlarmKind.BREACH, at=due_at, silent=silent)
    if task.waiting:
        return  # not this person's turn yet: what is overdue then is told once it is
    if quiet and policy.at_deadline:
        yield Alarm(key=BREACH_TOLD, kind=AlarmKind.REMINDER, at=cal.next_opening(calendar, due_at))
    yield from _after(task, policy, calendar)


def _warnings(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot) -> Iterator[Alarm]:
    """预警 at parts of a limit, without those whose time was over when the task opened; none for a date."""
    if task.by_date:
        return
    for percent in policy.percents:
        at = _told_at(policy, calendar, used_at(task, percent, calendar))
        if task.opened_at < at < task.deadline.due_at:
            yield Alarm(key=f"percent:{percent}", kind=AlarmKind.REMINDER, at=at, silent=task.waiting)


def used_at(task: OpenTask, percent: int, calendar: CalendarSnapshot) -> datetime:
    """When so much of the limit is used, reckoned as `clock.used_percent` does: paused time is not used time."""
    between = _natural_between if task.elapsed else cal.working_time_between
    onward = _natural_onward if task.elapsed else cal.add_working_time
    start = task.clock_from or task.opened_at
    pauses = [(pause.paused_at, pause.resumed_at or pause.paused_at) for pause in task.pauses]
    paused = sum((between(calendar, *span) for span in pauses), timedelta())
    limit = between(calendar, start, task.deadline.due_at) - paused
    at = onward(calendar, start, -(-limit * percent // 100))
    for paused_at, resumed_at in pauses:
        if at > paused_at:
            at = onward(calendar, at, between(calendar, paused_at, resumed_at))
    return at


def _natural_between(_: CalendarSnapshot, start: datetime, end: datetime) -> timedelta:
    return max(end - start, timedelta())


def _natural_onward(_: CalendarSnapshot, start: datetime, amount: timedelta) -> datetime:
    return start + amount


def _before(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot) -> Iterator[Alarm]:
    """Reminders ahead of the deadline, without those whose time was over when the task opened."""
    for ahead in policy.before:
        at = _told_at(policy, calendar, _ahead(ahead, calendar, task.deadline.due_at))
        if task.opened_at < at < task.deadline.due_at:
            yield Alarm(key=_before_key(ahead), kind=AlarmKind.REMINDER, at=at, silent=task.waiting)


def _ahead(ahead: ReminderBefore, calendar: CalendarSnapshot, due_at: datetime) -> datetime:
    at = cal.subtract_working_days(calendar, due_at, ahead.working_days)
    return cal.subtract_working_minutes(calendar, at, ahead.working_minutes)


def _before_key(ahead: ReminderBefore) -> str:
    days = f"{ahead.working_days}d" if ahead.working_days else ""
    minutes = f"{ahead.working_minutes}m" if ahead.working_minutes else ""
    return f"before:{days}{minutes}"


def _after(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot) -> Iterator[Alarm]:
    for number in range(1, policy.repeat_at_most + 1 if policy.repeat_every_working_days else 1):
        at = _overdue(task, policy, calendar, number * policy.repeat_every_working_days)
        if at > task.opened_at:  # a task that opened overdue is not reminded of every day it missed
            yield Alarm(key=f"repeat:{number}", kind=AlarmKind.REMINDER, at=at)
    yield from _rungs(task, policy, calendar)
    if policy.auto_verdict is not None:
        at = cal.same_time_after(calendar, task.deadline.due_at, policy.auto_after_working_days)
        yield Alarm(key=AUTO, kind=AlarmKind.AUTO_DECISION, at=at)


def _rungs(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot) -> Iterator[Alarm]:
    """The ladder; a task that opened long overdue stands on the rung that applies then, without those below it."""
    rungs = [_escalation(rung, _overdue(task, policy, calendar, rung.after_working_days)) for rung in policy.ladder]
    past = [alarm for alarm in rungs if alarm.at <= task.opened_at] if policy.latest_rung_only else []
    reached = max(past, key=lambda alarm: alarm.at, default=None)
    yield from (alarm for alarm in rungs if alarm not in past or alarm is reached)


def _escalation(rung: Rung, at: datetime) -> Alarm:
    return Alarm(key=f"rung:{rung.rung}", kind=AlarmKind.ESCALATION, at=at, rung=rung)


def _overdue(task: OpenTask, policy: AlarmPolicy, calendar: CalendarSnapshot, days: int) -> datetime:
    return _told_at(policy, calendar, cal.same_time_after(calendar, task.deadline.due_at, days))


def _told_at(policy: AlarmPolicy, calendar: CalendarSnapshot, at: datetime) -> datetime:
    return cal.next_opening(calendar, at) if is_quiet(policy, calendar, at) else at
