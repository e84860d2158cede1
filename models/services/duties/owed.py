"""Whether a duty is still owed: what the book says of its policy, and what the customer is by now."""

from collections.abc import Iterable
from datetime import date

from models.messages.calendar import CalendarSnapshot
from models.rulebook.schema.keeping import Duty
from models.rules import duties as rules
from models.rules.duties import PolicyDates
from models.tables.book import Policy
from models.tables.care import Touchpoint
from models.types import Tier


def policy_dates(policy: Policy) -> PolicyDates:
    """A policy as the rules read it."""
    return PolicyDates(policy.policy_no, policy.effective_on, policy.expires_on, policy.status, policy.ended_on)


def covers(policies: Iterable[Policy], year: int) -> bool:
    """Whether one of the policies was in force on a day of the year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return any(
        max(first, policy.effective_on) <= min(last, policy.expires_on, policy.ended_on or policy.expires_on)
        for policy in policies
    )


def is_owed(row: Touchpoint, duty: Duty, tier: Tier, policy: Policy | None, calendar: CalendarSnapshot) -> bool:
    """Whether what a row of a duty stands for still holds: the policy as it was, and the customer's tier."""
    if not rules.is_for(duty, tier):
        return False
    if row.policy_no is None:
        return True
    if policy is None:
        return False
    return any(day.key == row.key for day in rules.policy_days(duty, policy_dates(policy), calendar, row.planned_on))
