"""Order, tie-breaks and seats."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rulebook import load_builtin
from models.rules.facts import CustomerFacts, TroubledPolicy
from models.rules.ranking import Ranked, entry_tier, ineligible_reasons, rank, special_seats, suggested_silver_quota
from models.rules.scoring import Score
from models.types import PolicyStatus, SeatKind, Tier
from tests.rules.facts import YEAR, customer

TIERS = load_builtin().tiers
Scored = tuple[CustomerFacts, Score]


def scored(number: int, value: int, *, new: bool = False, standard: int = 0, years: int = 1, **facts: Any) -> Scored:
    score = Score(Decimal(standard or value), years, None, Decimal(1), Decimal(1), Decimal(value), new)
    return customer(customer_no=f"C{number:05}", **facts), score


def listed(*rows: Scored, quota: int = 20) -> list[Ranked]:
    return rank(rows, TIERS, YEAR, {"BJ": quota})


def test_the_order_goes_down_the_criteria_and_says_which_decided() -> None:
    rows = listed(
        scored(1, 100, standard=10),
        scored(2, 100, standard=20),
        scored(3, 100, standard=10, years=2),
        scored(4, 100, standard=10, first_effective_on=date(2015, 1, 1)),
        scored(5, 100, standard=10),
        scored(6, 200),
    )
    assert [(row.facts.customer_no[-1], row.tie_break) for row in rows] == [
        ("6", None),
        ("2", None),
        ("3", "standard_premium"),
        ("4", "insured_years"),
        ("1", "first_effective_on"),
        ("5", "customer_no"),
    ]
    assert [row.rank for row in rows] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("value", "new", "region", "tier"),
    [
        (1_000_000, False, 1, Tier.GOLD),
        (999_999, False, 1, Tier.SILVER),
        (500_000, True, 1, Tier.GOLD),
        (499_999, True, 1, Tier.SILVER),
        (200_000, False, 1, Tier.SILVER),
        (199_999, False, 1, Tier.REGULAR),
        (150_000, False, 2, Tier.SILVER),
        (149_999, False, 2, Tier.REGULAR),
        (100_000, False, 3, Tier.SILVER),
        (99_999, False, 3, Tier.REGULAR),
    ],
)
def test_the_highest_tier_whose_entry_value_is_met(value: int, new: bool, region: int, tier: Tier) -> None:
    assert entry_tier(TIERS, Decimal(value), new_customer=new, region_class=region) is tier


def test_ninety_by_rank_then_ten_new_then_silver_by_branch() -> None:
    old = [scored(n, 2_000_000 - n) for n in range(95)]
    new = [scored(1000 + n, 900_000 - n, new=True) for n in range(12)]
    rows = listed(*old, *new, scored(5000, 3_000_000, new=True), quota=6)
    seats = Counter(row.seat for row in rows)
    assert seats == {SeatKind.RANKED: 90, SeatKind.NEW_CUSTOMER: 10, SeatKind.SILVER: 6, None: 2}
    assert rows[0].seat is SeatKind.RANKED
    assert [row.rank for row in rows if row.seat is SeatKind.SILVER] == [91, 92, 93, 94, 95, 96]


def test_unfilled_new_customer_seats_stay_vacant_unless_the_rulebook_gives_them_on() -> None:
    rows = [scored(n, 2_000_000 - n) for n in range(95)]
    assert Counter(row.seat for row in listed(*rows, quota=0))[SeatKind.RANKED] == 90
    gold = TIERS.gold.model_copy(update={"unfilled_new_customer_seats": "to_ranking"})
    given_on = rank(rows, TIERS.model_copy(update={"gold": gold}), YEAR, {})
    assert Counter(row.seat for row in given_on)[SeatKind.RANKED] == 95


def test_silver_needs_a_branch_with_quota_and_the_entry_value_of_its_region() -> None:
    rows = listed(
        scored(1, 150_000, region_class=2, branch_code="JS"),
        scored(2, 150_000),
        scored(3, 900_000, branch_code=None, institution_code="HQ"),
        scored(4, 900_000),
    )
    assert {row.facts.customer_no: row.seat for row in rows} == {
        "C00001": None,
        "C00002": None,
        "C00003": None,
        "C00004": SeatKind.SILVER,
    }


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, ()),
        ({"flags": ("fraud",)}, ("flag:fraud",)),
        ({"overdue_days": 60}, ()),
        ({"overdue_days": 61}, ("overdue:61",)),
        (
            {"troubled_policies": (TroubledPolicy("P1", PolicyStatus.LAPSED, date(2025, 1, 1), date(2025, 12, 31)),)},
            ("policy:lapsed:P1",),
        ),
        (
            {"troubled_policies": (TroubledPolicy("P1", PolicyStatus.LAPSED, date(2019, 1, 1), date(2019, 12, 31)),)},
            (),
        ),
        (
            {
                "troubled_policies": (
                    TroubledPolicy("P1", PolicyStatus.SURRENDERED, date(2025, 1, 1), date(2026, 1, 1)),
                )
            },
            (),
        ),
    ],
)
def test_who_is_barred_keeps_its_rank_and_takes_no_seat(facts: dict[str, Any], reasons: tuple[str, ...]) -> None:
    (row,) = listed(scored(1, 5_000_000, **facts))
    assert row.ineligible == reasons == ineligible_reasons(TIERS, row.facts, YEAR)
    assert (row.rank, row.eligible_tier) == (1, Tier.GOLD)
    assert row.seat is (None if reasons else SeatKind.RANKED)


def test_quotas_of_special_declarations_and_branches() -> None:
    assert special_seats(TIERS, 100) == 5
    assert special_seats(TIERS, 39) == 1
    assert suggested_silver_quota(TIERS, 3) == 60


@st.composite
def books(draw: st.DrawFn) -> list[Scored]:
    """A book in which ties and border values are common."""
    values = st.sampled_from([0, 99_999, 100_000, 150_000, 200_000, 500_000, 999_999, 1_000_000, 2_000_000])
    branches = st.sampled_from(["BJ", "SH", None])
    return [
        scored(
            n,
            draw(values),
            new=draw(st.booleans()),
            standard=draw(st.integers(1, 2)),
            years=draw(st.integers(1, 2)),
            branch_code=draw(branches),
            region_class=draw(st.integers(1, 3)),
            flags=draw(st.sampled_from([(), ("aml",)])),
        )
        for n in range(draw(st.integers(0, 40)))
    ]


SMALL = TIERS.model_copy(update={"gold": TIERS.gold.model_copy(update={"ranked_seats": 4, "new_customer_seats": 2})})
QUOTAS = {"BJ": 3, "SH": 1}


def _key(row: Ranked) -> tuple[Any, ...]:
    score = row.score
    return (
        -score.value,
        -score.standard_premium,
        -score.insured_years,
        row.facts.first_effective_on,
        row.facts.customer_no,
    )


@settings(max_examples=150, deadline=None)
@given(book=books(), data=st.data())
def test_the_list_is_one_total_order_whatever_order_the_book_has(book: list[Scored], data: st.DataObject) -> None:
    rows = rank(book, SMALL, YEAR, QUOTAS)
    assert rank(data.draw(st.permutations(book)), SMALL, YEAR, QUOTAS) == rows
    keys = [_key(row) for row in rows]
    assert keys == sorted(set(keys))


@settings(max_examples=150, deadline=None)
@given(book=books())
def test_seats_never_exceed_a_quota_and_nobody_is_passed_over(book: list[Scored]) -> None:
    rows = rank(book, SMALL, YEAR, QUOTAS)
    gold = Counter(row.seat for row in rows)
    assert gold[SeatKind.RANKED] <= 4
    assert gold[SeatKind.NEW_CUSTOMER] <= 2
    silver = Counter(row.facts.branch_code for row in rows if row.seat is SeatKind.SILVER)
    assert all(branch is not None and count <= QUOTAS[branch] for branch, count in silver.items())
    assert not any(row.seat for row in rows if row.ineligible or row.eligible_tier is Tier.REGULAR)
    free = [row for row in rows if row.score.value >= 1_000_000 and not row.ineligible]
    assert [row.seat for row in free[:4]] == [SeatKind.RANKED] * len(free[:4])


@settings(max_examples=100, deadline=None)
@given(book=books(), more=st.integers(1, 10**6), data=st.data())
def test_a_higher_value_never_ranks_lower(book: list[Scored], more: int, data: st.DataObject) -> None:
    if not book:
        return
    place = data.draw(st.integers(0, len(book) - 1))
    facts, score = book[place]
    before = {row.facts.customer_no: row.rank for row in rank(book, SMALL, YEAR, QUOTAS)}
    raised = [*book[:place], (facts, score._replace(value=score.value + more)), *book[place + 1 :]]
    after = {row.facts.customer_no: row.rank for row in rank(raised, SMALL, YEAR, QUOTAS)}
    assert after[facts.customer_no] <= before[facts.customer_no]
