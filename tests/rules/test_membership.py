"""Immediate cancellation by what the book shows, and the buffer of a downgrade."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.rulebook import load_builtin
from models.rules.membership import MemberFacts, PolicyFacts, buffer_until, check_cancellation, shown_causes
from models.types import PolicyStatus

PROCEDURE = load_builtin().procedure
TODAY = date(2026, 5, 20)


def policy(status: str, expires: str = "2026-12-31", ended: str = "") -> PolicyFacts:
    return PolicyFacts(PolicyStatus(status), date.fromisoformat(expires), date.fromisoformat(ended) if ended else None)


def facts(*policies: PolicyFacts, flags: str = "") -> MemberFacts:
    return MemberFacts(2025, TODAY, frozenset(filter(None, flags.split(";"))), policies)


@pytest.mark.parametrize(
    ("policies", "ended"),
    [
        ((), False),
        ((policy("in_force"),), False),
        ((policy("expired", "2025-12-31"),), False),
        ((policy("surrendered"), policy("lapsed")), True),
        ((policy("surrendered"), policy("in_force")), False),
        ((policy("surrendered"), policy("expired", "2025-12-31")), True),
        ((policy("lapsed", "2016-12-31"), policy("expired", "2025-12-31")), False),
        ((policy("in_force", ended="2026-05-20"),), True),
        ((policy("in_force", ended="2026-05-21"),), False),
    ],
)
def test_all_policies_ended_means_surrendered_or_lapsed_not_merely_expired(
    policies: tuple[PolicyFacts, ...], *, ended: bool
) -> None:
    assert shown_causes(PROCEDURE, facts(*policies)) == (("all_policies_ended",) if ended else ())


def test_fraud_is_a_flag_and_money_laundering_is_not() -> None:
    assert shown_causes(PROCEDURE, facts(policy("in_force"), flags="aml;fraud")) == ("fraud",)
    assert shown_causes(PROCEDURE, facts(policy("in_force"), flags="aml")) == ()


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("all_policies_ended", ErrorCode.NOT_ELIGIBLE),
        ("fraud", ErrorCode.NOT_ELIGIBLE),
        ("bad_mood", ErrorCode.INVALID_INPUT),
    ],
)
def test_a_cause_the_book_contradicts_is_refused(cause: str, code: ErrorCode) -> None:
    with pytest.raises(DomainError) as caught:
        check_cancellation(PROCEDURE, cause, facts(policy("in_force")))
    assert caught.value.code is code


def test_the_customers_wish_needs_no_fact() -> None:
    check_cancellation(PROCEDURE, "customer_wish", facts(policy("in_force")))
    check_cancellation(PROCEDURE, "fraud", facts(policy("in_force"), flags="fraud"))


@pytest.mark.parametrize(
    ("decided", "until"),
    [
        ("2026-05-20", "2026-08-20"),
        ("2026-11-30", "2027-02-28"),
        ("2026-10-31", "2027-01-31"),
        ("2027-01-05", "2027-02-28"),
    ],
)
def test_the_buffer_is_three_months_within_the_term(decided: str, until: str) -> None:
    found = buffer_until(date.fromisoformat(decided), PROCEDURE.downgrade_buffer_months, date(2027, 2, 28))
    assert found.isoformat() == until


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 24))
def test_a_later_decision_never_has_an_earlier_end(decided: date, months: int) -> None:
    far = date(2099, 1, 1)
    first, second = buffer_until(decided, months, far), buffer_until(decided + (far - date(2098, 12, 31)), months, far)
    assert decided <= first <= second
    assert (first.year - decided.year) * 12 + first.month - decided.month == months
