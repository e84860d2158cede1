"""When a membership 会员期 ends before its term, and how long a downgrade waits (regulation 2.4)."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.errors import DomainError, ErrorCode
from models.rulebook import Procedure
from models.types import CustomerFlag, PolicyStatus

ALL_POLICIES_ENDED, FRAUD = "all_policies_ended", "fraud"
_ENDED = (PolicyStatus.LAPSED, PolicyStatus.SURRENDERED)


@dataclass(frozen=True)
class PolicyFacts:
    """A policy as the book has it; dates inclusive."""

    status: PolicyStatus
    expires_on: date
    ended_on: date | None = None


@dataclass(frozen=True)
class MemberFacts:
    """What decides whether a membership ends at once. `year` is its evaluation year, `today` the business date."""

    year: int
    today: date
    flags: frozenset[str]
    policies: Sequence[PolicyFacts]


def check_reason(reason: str) -> None:
    """Raises REASON_REQUIRED: no membership ends or falls without one."""
    if not reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)


def shown_causes(procedure: Procedure, facts: MemberFacts) -> tuple[str, ...]:
    """Causes of immediate cancellation that the book itself shows, in the order of the rulebook."""
    shown = {ALL_POLICIES_ENDED: _all_ended(facts), FRAUD: CustomerFlag.FRAUD in facts.flags}
    return tuple(cause.code for cause in procedure.immediate_cancellation if shown.get(cause.code, False))


def check_cancellation(procedure: Procedure, cause: str, facts: MemberFacts) -> None:
    """Refuse a cause that the rulebook does not know, or that the book contradicts.

    A cause without a fact in the book (the customer's wish) stands by its reason alone. Raises INVALID_INPUT,
    NOT_ELIGIBLE.
    """
    known = {item.code: item for item in procedure.immediate_cancellation}
    if cause not in known:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "cause", "reason": "literal_error"}])
    if cause in {ALL_POLICIES_ENDED, FRAUD} and cause not in shown_causes(procedure, facts):
        name = known[cause]
        raise DomainError(
            ErrorCode.NOT_ELIGIBLE,
            reason=f"数据未显示“{name.name_zh}”",
            reason_en=f"the book does not show: {name.name_en}",
        )


def _all_ended(facts: MemberFacts) -> bool:
    """Surrender or lapse of all policies that reach into or beyond the evaluation year; expiry alone is no cause."""
    counted = [
        policy
        for policy in facts.policies
        if policy.status is not PolicyStatus.EXPIRED and policy.expires_on >= date(facts.year, 1, 1)
    ]
    return bool(counted) and all(_ended(policy, facts.today) for policy in counted)


def _ended(policy: PolicyFacts, today: date) -> bool:
    return policy.status in _ENDED or (policy.ended_on is not None and policy.ended_on <= today)


def buffer_until(decided_on: date, months: int, valid_to: date) -> date:
    """Last day of the old tier's services: so many months after the decision, never beyond the term.

    A day that the month lacks is its last one.
    """
    month = decided_on.month - 1 + months
    year, month = decided_on.year + month // 12, month % 12 + 1
    last = monthrange(year, month)[1]
    return min(date(year, month, min(decided_on.day, last)), valid_to)
