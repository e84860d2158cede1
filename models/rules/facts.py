"""What scoring knows of a customer: plain frozen facts, loaded in few queries, corrected without touching the book."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from models.errors import DomainError, ErrorCode
from models.messages.scoring import CorrectedField, Correction
from models.types import PolicyStatus, ProductClass


class PolicyYear(NamedTuple):
    """One policy with its experience of one year; amounts in yuan, dates inclusive."""

    policy_no: str
    product_class: ProductClass
    pay_term_years: int
    effective_on: date
    expires_on: date
    status: PolicyStatus
    ended_on: date | None
    year: int
    premium: Decimal
    earned: Decimal
    incurred: Decimal

    @property
    def covered_until(self) -> date:
        """Last day of cover."""
        return self.expires_on if self.ended_on is None else min(self.expires_on, self.ended_on)


class TroubledPolicy(NamedTuple):
    """A policy that lapsed or was surrendered, for the eligibility checks."""

    policy_no: str
    status: PolicyStatus
    effective_on: date
    expires_on: date


class CustomerFacts(NamedTuple):
    """A customer as the reckoning of one evaluation year sees it.

    `premium_years`: years of the book up to the evaluation year with premium above zero. `policy_years`: experience of
    the loss-ratio window. `first_effective_on`: earliest policy. `branch_code` is None for a customer of head office.
    """

    customer_no: str
    name: str
    institution_code: str
    branch_code: str | None
    region_class: int
    flags: tuple[str, ...]
    overdue_days: int
    first_effective_on: date
    premium_years: frozenset[int]
    policy_years: tuple[PolicyYear, ...]
    troubled_policies: tuple[TroubledPolicy, ...] = ()


def corrected(facts: CustomerFacts, corrections: Sequence[Correction]) -> CustomerFacts:
    """Facts with a reviewer's corrections applied, the last one per field winning.

    Raises DomainError(INVALID_INPUT) when a correction names a policy and year that the facts do not hold.
    """
    if not corrections:
        return facts
    changes = {(change.policy_no, change.year, change.field): change.value for change in corrections}
    known = {(row.policy_no, row.year) for row in facts.policy_years}
    unknown = sorted({key[:2] for key in changes} - known)
    if unknown:
        raise DomainError(ErrorCode.INVALID_INPUT, n=len(unknown), unknown=[f"{no} {year}" for no, year in unknown])
    rows = tuple(_changed(row, changes) for row in facts.policy_years)
    years = {row.year for row in rows}
    paid = {row.year for row in rows if row.premium > 0}
    return facts._replace(policy_years=rows, premium_years=(facts.premium_years - years) | paid)


def _changed(row: PolicyYear, changes: Mapping[tuple[str, int, CorrectedField], Decimal]) -> PolicyYear:
    def value(field: CorrectedField, stored: Decimal) -> Decimal:
        return changes.get((row.policy_no, row.year, field), stored)

    return row._replace(
        premium=value(CorrectedField.PREMIUM_RECEIVED, row.premium),
        earned=value(CorrectedField.EARNED_PREMIUM, row.earned),
        incurred=value(CorrectedField.INCURRED_CLAIMS, row.incurred),
    )
