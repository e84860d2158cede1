"""Facts for the scoring tests: a customer in one line."""

from datetime import date
from decimal import Decimal
from typing import Any

from models.rules.facts import CustomerFacts, PolicyYear
from models.types import PolicyStatus, ProductClass

YEAR = 2025


def policy_year(product_class: str = "A", premium: int | str | Decimal = 100_000, **facts: Any) -> PolicyYear:
    """One annual policy of the evaluation year; earned = premium and a loss ratio of 68 % unless told."""
    year = facts.get("year", YEAR)
    row = PolicyYear(
        policy_no=f"P{product_class}{year}",
        product_class=ProductClass(product_class),
        pay_term_years=10,
        effective_on=date(year, 1, 1),
        expires_on=date(year, 12, 31),
        status=PolicyStatus.IN_FORCE,
        ended_on=None,
        year=year,
        premium=Decimal(premium),
        earned=Decimal(premium),
        incurred=Decimal(premium) * Decimal("0.68"),
    )
    return row._replace(**facts)


def customer(*rows: PolicyYear, years: int = 1, **facts: Any) -> CustomerFacts:
    """A customer with these rows and premium in the last `years` years."""
    found = CustomerFacts(
        customer_no="C1",
        name="甲公司",
        institution_code="BJ01",
        branch_code="BJ",
        region_class=1,
        flags=(),
        overdue_days=0,
        first_effective_on=date(2016, 1, 1),
        premium_years=frozenset(range(YEAR - years + 1, YEAR + 1)),
        policy_years=rows,
    )
    return found._replace(**facts)
