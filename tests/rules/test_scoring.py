"""The reckoning: worked examples of the regulation, the definitions of decisions.md 16, properties."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.messages.scoring import (
    CorrectedField,
    Correction,
    LeftOutReason,
    NeutralReason,
    ScoreExplanation,
)
from models.rulebook import load_builtin
from models.rules.explain import explain
from models.rules.facts import CustomerFacts, PolicyYear, corrected
from models.rules.scoring import Scorer, covered_days, insured_years, is_new_customer
from models.types import PolicyStatus
from tests.rules.facts import YEAR, customer, policy_year

RULES = load_builtin().scoring
SCORER = Scorer(RULES, YEAR)
POINTS = Scorer(RULES.model_copy(update={"formula": "B"}), YEAR)


def with_ratio(percent: str) -> CustomerFacts:
    return customer(policy_year("A", 1_000_000, incurred=Decimal(percent) * 10_000), years=2)


def test_example_1_three_classes_four_years() -> None:
    rows = (policy_year("A", 800_000), policy_year("B", 1_000_000), policy_year("E", 5_000_000))
    score = SCORER.score(customer(*rows, years=4))
    assert (score.standard_premium, score.k2, score.k3) == (Decimal(2_100_000), Decimal("1.15"), Decimal(1))
    assert score.value == 2_415_000


def test_example_2_eight_pay_years_new_and_short() -> None:
    row = policy_year("D", 600_000, pay_term_years=8, effective_on=date(2025, 6, 1), expires_on=date(2026, 5, 31))
    score = SCORER.score(customer(row))
    assert score.standard_premium == score.value == 480_000
    assert score.new_customer
    assert score.loss_ratio is None


def test_example_3_bad_loss_ratio() -> None:
    row = policy_year("B", 1_500_000, incurred=Decimal(1_425_000))
    assert SCORER.score(customer(row, years=6)).value == 1_008_000


@pytest.mark.parametrize(
    ("percent", "k3"),
    [
        ("0", "1.20"),
        ("39.9999999", "1.20"),
        ("40", "1.10"),
        ("60", "1.00"),
        ("59.999999999999", "1.10"),
        ("75", "0.85"),
        ("90", "0.70"),
        ("100", "0.70"),
        ("100.000000000001", "0.50"),
    ],
)
def test_loss_ratio_boundaries_are_exact(percent: str, k3: str) -> None:
    assert SCORER.score(with_ratio(percent)).k3 == Decimal(k3)


def test_a_ratio_just_under_a_bound_is_shown_rounded_but_banded_exactly() -> None:
    score = SCORER.score(with_ratio("59.999999999999"))
    assert (str(score.loss_ratio), score.k3) == ("0.600000", Decimal("1.10"))


@pytest.mark.parametrize(
    ("years", "k2"), [(1, "1.00"), (2, "1.05"), (3, "1.10"), (4, "1.15"), (5, "1.20"), (30, "1.20")]
)
def test_loyalty_by_insured_years(years: int, k2: str) -> None:
    assert SCORER.score(customer(policy_year(), years=years)).k2 == Decimal(k2)


@pytest.mark.parametrize("pay_years", [(0, "0.10"), (1, "0.10"), (5, "0.5"), (9, "0.9")])
def test_k1_of_class_d_follows_the_pay_years(pay_years: tuple[int, str]) -> None:
    assert SCORER.k1(policy_year("D", pay_term_years=pay_years[0])) == Decimal(pay_years[1])


def test_insured_years_end_with_the_evaluation_year_and_stop_at_a_gap() -> None:
    assert insured_years({2025, 2024, 2022}, 2025) == 2
    assert insured_years({2024, 2023}, 2025) == 0
    assert insured_years({2026, 2025}, 2025) == 1


def test_a_new_customer_has_premium_in_no_earlier_year() -> None:
    assert is_new_customer(frozenset({2025}), 2025)
    assert not is_new_customer(frozenset({2019, 2025}), 2025)
    assert not is_new_customer(frozenset({2024}), 2025)


def test_without_premium_in_the_year_the_value_is_zero() -> None:
    facts = customer(policy_year(year=2024), premium_years=frozenset({2024}))
    score = SCORER.score(facts)
    assert score.value == score.insured_years == 0
    assert (score.loss_ratio, score.k3) == (None, Decimal(1))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"effective_on": date(2026, 1, 1), "expires_on": date(2026, 12, 31)}, LeftOutReason.NOT_YET_EFFECTIVE),
        ({"expires_on": date(2025, 12, 30)}, LeftOutReason.EXPIRED),
        ({"expires_on": date(2025, 12, 31), "status": PolicyStatus.EXPIRED}, None),
        ({"status": PolicyStatus.LAPSED}, LeftOutReason.LAPSED),
        ({"status": PolicyStatus.SURRENDERED}, LeftOutReason.SURRENDERED),
        ({"status": PolicyStatus.LAPSED, "ended_on": date(2025, 12, 30)}, LeftOutReason.ENDED),
        ({"status": PolicyStatus.SURRENDERED, "ended_on": date(2025, 12, 31)}, None),
        ({"status": PolicyStatus.LAPSED, "ended_on": date(2026, 3, 1), "expires_on": date(2026, 6, 30)}, None),
    ],
)
def test_only_policies_in_force_at_31_december_count(facts: dict[str, Any], reason: LeftOutReason | None) -> None:
    lines = explain(SCORER, customer(policy_year("A", **facts)))
    assert [line.reason for line in lines.left_out] == ([reason] if reason else [])
    assert lines.standard_premium == (0 if reason else 100_000)


@pytest.mark.parametrize(
    ("rows", "years", "reason"),
    [
        ((policy_year("A"),), 0, NeutralReason.NO_INSURED_YEARS),
        ((policy_year("A", earned=Decimal(0)),), 1, NeutralReason.NO_EARNED_PREMIUM),
        ((policy_year("E"), policy_year("F")), 1, NeutralReason.NEUTRAL_CLASSES_ONLY),
        ((policy_year("A", effective_on=date(2025, 1, 2)),), 1, NeutralReason.SHORT_EXPOSURE),
        ((policy_year("A"), policy_year("E")), 1, None),
    ],
)
def test_k3_is_neutral_with_its_reason(rows: tuple[PolicyYear, ...], years: int, reason: NeutralReason | None) -> None:
    facts = customer(*rows, premium_years=frozenset(range(YEAR - years + 1, YEAR + 1)))
    profit = explain(SCORER, facts).profit
    assert profit.neutral_reason == reason
    assert (profit.loss_ratio is None) == (reason is not None)
    assert profit.k3 == 1


def test_days_are_counted_once_within_the_window() -> None:
    assert covered_days([(date(2025, 1, 1), date(2025, 12, 31)), (date(2025, 6, 1), date(2025, 6, 30))]) == 365
    assert covered_days([(date(2025, 1, 1), date(2025, 1, 1)), (date(2025, 1, 3), date(2025, 1, 3))]) == 2
    assert covered_days([(date(2025, 2, 1), date(2025, 1, 1))]) == 0
    long = policy_year("A", effective_on=date(2010, 1, 1), expires_on=date(2040, 12, 31))
    assert SCORER.loss_experience(customer(long), 1).covered_days == 1096


def test_a_policy_without_premium_covers_no_day() -> None:
    idle = policy_year("A", 0, policy_no="P0", earned=Decimal(5), incurred=Decimal(1))
    short = policy_year("A", effective_on=date(2025, 7, 1))
    assert SCORER.loss_experience(customer(idle, short), 1).neutral_reason is NeutralReason.SHORT_EXPOSURE


def test_the_window_is_three_years_of_all_policies() -> None:
    rows = [policy_year("A", 100, year=year, incurred=Decimal(year - 2000)) for year in (2022, 2023, 2024, 2025)]
    loss = SCORER.loss_experience(customer(*rows, years=4), 4)
    assert (loss.earned, loss.incurred) == (Decimal(300), Decimal(23 + 24 + 25))


def test_one_rounding_at_the_end_half_up() -> None:
    row = policy_year("B", "0.62", earned=Decimal(0))
    lines = explain(SCORER, customer(row, policy_year("F", "0.05", earned=Decimal(0))))
    assert (lines.exact_value, lines.value) == (Decimal("0.5"), Decimal(1))


def test_formula_b_gives_points() -> None:
    score = POINTS.score(with_ratio("55"))
    assert score.value == Decimal(60) * 80 / 100 + Decimal(20) * 40 / 100 + Decimal(20) * 80 / 100
    points = explain(POINTS, with_ratio("55")).points
    assert points is not None
    assert (points.size_points, points.loyalty_points, points.profit_points) == (Decimal(48), Decimal(8), Decimal(16))
    assert explain(SCORER, with_ratio("55")).points is None
    assert POINTS.score(customer(premium_years=frozenset())).value == 0


def test_the_explanation_says_every_factor_and_where_it_stands() -> None:
    rows = (policy_year("D", 600_000, pay_term_years=8), policy_year("A", 1), policy_year("A", 7, year=2024))
    lines = explain(SCORER, customer(*rows, years=2))
    assert [(x.policy_no, x.k1, x.amount, x.pay_years) for x in lines.lines] == [
        ("PA2025", Decimal(1), Decimal(1), None),
        ("PD2025", Decimal("0.8"), Decimal(480_000), 8),
    ]
    assert {x.article for x in lines.lines} == {"附表1"}
    assert (lines.loyalty.article, lines.loyalty.first_year, lines.profit.article) == ("附表2", 2024, "附表3")
    assert [x.year for x in lines.profit.years] == [2023, 2024, 2025]
    assert ScoreExplanation.model_validate_json(lines.model_dump_json()) == lines


def test_a_correction_changes_the_score_and_not_the_book() -> None:
    facts = customer(policy_year("A", 100), years=3)
    change = Correction(policy_no="PA2025", year=2025, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(200))
    assert SCORER.score(corrected(facts, [change])).standard_premium == 200
    assert SCORER.score(facts).standard_premium == 100
    none_left = change.model_copy(update={"value": Decimal(0)})
    assert SCORER.score(corrected(facts, [none_left])).insured_years == 0


def test_a_correction_of_an_unknown_row_is_refused() -> None:
    change = Correction(policy_no="NO", year=2025, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(200))
    with pytest.raises(DomainError) as refused:
        corrected(customer(policy_year()), [change])
    assert refused.value.code is ErrorCode.INVALID_INPUT


amounts = st.decimals(0, 10**12, places=2)


@st.composite
def customers(draw: st.DrawFn) -> CustomerFacts:
    """A customer with up to six policies of any kind."""
    rows = []
    for n in range(draw(st.integers(0, 6))):
        start = draw(st.dates(date(2020, 1, 1), date(2026, 6, 1)))
        rows.append(
            policy_year(
                draw(st.sampled_from("ABCDEF")),
                policy_no=f"P{n}",
                year=draw(st.sampled_from([2023, 2024, 2025])),
                premium=draw(amounts),
                earned=draw(amounts),
                incurred=draw(amounts),
                pay_term_years=draw(st.integers(0, 9)),
                effective_on=start,
                expires_on=draw(st.dates(start, date(2030, 1, 1))),
                status=draw(st.sampled_from(PolicyStatus)),
            )
        )
    paid = {row.year for row in rows if row.premium > 0} | draw(st.sets(st.integers(2016, 2022)))
    return customer(*rows, premium_years=frozenset(paid))


@settings(max_examples=150, deadline=None)
@given(facts=customers())
def test_the_quick_road_and_the_explanation_agree(facts: CustomerFacts) -> None:
    for scorer in (SCORER, POINTS):
        score, lines = scorer.score(facts), explain(scorer, facts)
        assert score.value == lines.value
        assert score.standard_premium == lines.standard_premium == sum(x.amount for x in lines.lines)
        assert (score.k2, score.k3, score.loss_ratio) == (lines.loyalty.k2, lines.profit.k3, lines.profit.loss_ratio)


@settings(max_examples=100, deadline=None)
@given(facts=customers())
def test_the_value_is_the_product_within_half_a_yuan(facts: CustomerFacts) -> None:
    score = SCORER.score(facts)
    product = score.standard_premium * score.k2 * score.k3 if score.insured_years else Decimal(0)
    assert abs(score.value - product) <= Decimal("0.5")
    assert 0 <= POINTS.score(facts).value <= 100


@settings(max_examples=100, deadline=None)
@given(facts=customers(), data=st.data())
def test_the_order_of_policies_does_not_matter(facts: CustomerFacts, data: st.DataObject) -> None:
    shuffled = facts._replace(policy_years=tuple(data.draw(st.permutations(facts.policy_years))))
    assert SCORER.score(shuffled) == SCORER.score(facts)


@settings(max_examples=100, deadline=None)
@given(premium=st.integers(1, 10**9), more=st.integers(0, 10**9), years=st.integers(1, 10))
def test_more_premium_or_more_years_never_lower_the_value(premium: int, more: int, years: int) -> None:
    def value(amount: int, loyal: int) -> Decimal:
        row = policy_year("C", amount, earned=Decimal(100), incurred=Decimal(50))
        return SCORER.score(customer(row, years=loyal)).value

    assert value(premium, years) <= value(premium + more, years)
    assert value(premium, years) <= value(premium, years + 1)


@settings(max_examples=100, deadline=None)
@given(incurred=st.integers(0, 2 * 10**6), more=st.integers(0, 10**6))
def test_more_claims_never_raise_the_value(incurred: int, more: int) -> None:
    def value(claims: int) -> Decimal:
        return SCORER.score(customer(policy_year("A", 10**6, incurred=Decimal(claims)), years=3)).value

    assert value(incurred + more) <= value(incurred)
