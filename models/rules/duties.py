"""Duties of article 17 as days, and what becomes of a touchpoint whose day has come or gone; pure."""

import calendar as months
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from models.messages.calendar import CalendarSnapshot
from models.rulebook.schema.keeping import Duty, Keeping
from models.rules import calendar as cal
from models.service_types import MissedPolicy
from models.types import PolicyStatus, Tier

POLICY_EXPIRY, POLICY_LAPSE, YEAR = "policy_expiry", "policy_lapse", "year"
UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class PolicyDates:
    """What duties ask of a policy; both ends of the term are inclusive."""

    policy_no: str
    effective_on: date
    expires_on: date
    status: PolicyStatus
    ended_on: date | None = None


class DutyDay(NamedTuple):
    """One duty with its day. `key` is unique per customer and names it for ever."""

    key: str
    planned_on: date
    due_on: date
    lead_on: date


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a kind of touchpoint is treated: greetings need consent and are hushed; `missed` after `grace_days`."""

    greeting: bool
    missed: MissedPolicy
    grace_days: int

    def is_missed(self, due_on: date, day: date) -> bool:
        """Whether the day is gone, grace included."""
        return due_on + timedelta(days=self.grace_days) < day


def treatment(keeping: Keeping, code: str, item: str) -> Treatment:
    """Of an entry as it stands in a touchpoint's row. What the rulebook knows no more is done late by a person."""
    for duty in keeping.duties:
        if (duty.code, duty.item) == (code, item):
            return Treatment(greeting=False, missed=duty.missed, grace_days=0)
    planned = keeping.planned(code)
    if planned is None:
        return Treatment(greeting=False, missed=MissedPolicy.SEND_LATE, grace_days=0)
    return Treatment(planned.greeting, planned.missed, planned.grace_days)


def months_before(day: date, count: int) -> date:
    """The same day so many months earlier, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def is_for(duty: Duty, tier: Tier) -> bool:
    """Whether customers of the tier are owed it."""
    return duty.tiers == "all" or (duty.tiers == "vip") == (tier is not Tier.REGULAR)


def policy_days(duty: Duty, policy: PolicyDates, calendar: CalendarSnapshot, day: date) -> Iterator[DutyDay]:
    """The day of a duty that a policy brings, if it brings one. `day` dates a lapse that the book tells undated."""
    if duty.event == POLICY_EXPIRY and _runs_out(duty, policy):
        key = f"{duty.item}:{policy.expires_on.isoformat()}:{policy.policy_no}"
        yield _dated(duty, key, policy.expires_on, calendar)
    elif duty.event == POLICY_LAPSE and policy.status is PolicyStatus.LAPSED:
        on = policy.ended_on
        if on is None and not policy.effective_on <= day <= policy.expires_on:
            return  # lapsed long ago, nobody knows when
        key = f"{duty.item}:{on.isoformat() if on else UNDATED}:{policy.policy_no}"
        yield _dated(duty, key, on or day, calendar)


def year_day(duty: Duty, year: int, calendar: CalendarSnapshot) -> DutyDay:
    """The day of a yearly duty: its last working day, for the promise is kept any day of the year."""
    last = date(year, 12, 31)
    due = last if cal.is_working_day(calendar, last) else cal.previous_working_day(calendar, last)
    return DutyDay(f"{duty.item}:{year}", last, due, _back(calendar, due, duty.lead_working_days))


def _runs_out(duty: Duty, policy: PolicyDates) -> bool:
    """In force up to its end: a reminder needs it to be so still, a notice afterwards that it was."""
    if policy.ended_on is not None and policy.ended_on < policy.expires_on:
        return False
    if policy.status is PolicyStatus.IN_FORCE:
        return True
    return policy.status is PolicyStatus.EXPIRED and duty.months_before is None


def _dated(duty: Duty, key: str, event_on: date, calendar: CalendarSnapshot) -> DutyDay:
    if duty.months_before is not None:
        planned = months_before(event_on, duty.months_before)
        due = cal.move_to_working_day(calendar, planned)
        return DutyDay(key, planned, due, _back(calendar, due, duty.lead_working_days))
    due = cal.shift_working_days(calendar, event_on, duty.within_working_days or 0)
    return DutyDay(key, event_on, due, _back(calendar, event_on, duty.lead_working_days))


def _back(calendar: CalendarSnapshot, day: date, count: int) -> date:
    for _ in range(count):
        day = cal.previous_working_day(calendar, day)
    return day
