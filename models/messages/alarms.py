"""Reminders, breach and escalation of a human task: the policy a workflow carries, and the record of one alarm."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from models.messages.base import Message
from models.types import AlarmKind, Role, Verdict


class ReminderBefore(Message):
    """提醒 so much office time before the deadline; working days count back at the same time of day."""

    working_days: int = 0
    working_minutes: int = 0


class Rung(Message):
    """升级督办: one rung of the ladder, so many working days after the deadline. `to` says who is told."""

    rung: int
    after_working_days: int
    to: Literal["holder", "superior", "hq"]


class AlarmPolicy(Message):
    """What the clock of a task sets off; in the state of a case from its opening on (None in older histories).

    `repeat_every_working_days` repeats the reminder after the deadline, at most `repeat_at_most` times; an alarm that
    falls into quiet hours 免打扰时段 (by the clock, or a day off) waits for the next opening; equal hours mean none.
    `auto_verdict` None: nothing is decided automatically.
    """

    before: tuple[ReminderBefore, ...] = ()
    at_deadline: bool = True
    repeat_every_working_days: int = 0
    repeat_at_most: int = 0
    ladder: tuple[Rung, ...] = ()
    hq_role: Role = Role.HQ_VIP
    auto_verdict: Verdict | None = None
    auto_after_working_days: int = 0
    quiet_from_hour: int = 20
    quiet_until_hour: int = 8
    latest_rung_only: bool = False
    """Of the rungs whose hour was over when a task opened only the last goes off; False in older histories: all did."""
    percents: tuple[int, ...] = ()
    """预警 when so much of the limit is used; for clocks that have a limit, not a date."""


class Alarm(Message):
    """One alarm of one task. `key` is unique within the task: each goes off once, whatever is redelivered.

    `silent`: recorded without telling anybody (a breach in quiet hours, a task that waits for another signer).
    """

    key: str
    kind: AlarmKind
    at: datetime
    rung: Rung | None = None
    silent: bool = False


class RecordAlarm(Message):
    """An alarm went off: to be recorded once by `(task_id, key)`, with its notifications."""

    case_id: UUID
    task_id: UUID
    alarm: Alarm
    due_at: datetime
    at: datetime
