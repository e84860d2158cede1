"""Assessment 考核, regulation 2.8: cases by hand, and random facts against an oracle that knows no rulebook."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages.assessment import DEDUCTION, Assessed, BranchFacts, Correction, Measure, Measured, Sheets
from models.rulebook import load_builtin
from models.rules.assessment import assess
from models.types import Tier
from tests.rules.assessment_oracle import Branch, Ratio, total_of

RULES = load_builtin().assessment
FULL = {
    "retention_rate": (
        Measure(good=Decimal(4), of=4, tier=Tier.GOLD),
        Measure(good=Decimal(6), of=6, tier=Tier.SILVER),
    ),
    "satisfaction_score": (Measure(good=Decimal(900), of=10),),
    "completion_rate": (Measure(good=Decimal(98), of=100),),
    "on_time_rate": (Measure(good=Decimal(95), of=100),),
    "complaint_on_time_rate": (Measure(good=Decimal(3), of=3),),
    "record_quality": (Measure(good=Decimal(4), of=4),),
}


def facts(
    changes: dict[str, tuple[Measure, ...]] | None = None, sheets: Sheets | None = None, **more: Any
) -> BranchFacts:
    """A branch that meets every target; `changes` replace counts, an empty tuple takes them away."""
    counts = FULL | (changes or {})
    sheets = sheets or Sheets(sent=10, returned=10)
    measured = tuple(
        Measured(code=code, parts=parts, sheets=sheets if code == "satisfaction_score" and parts else None)
        for code, parts in counts.items()
    )
    return BranchFacts(measured=measured, **more)


def ratio(good: int, of: int) -> tuple[Measure, ...]:
    return (Measure(good=Decimal(good), of=of),)


def assessed(*args: Any, **more: Any) -> Assessed:
    return assess(RULES, facts(*args, **more))


def test_a_branch_that_meets_every_target_has_a_hundred_points() -> None:
    found = assessed()
    assert (found.total, found.grade) == (Decimal("100.00"), "excellent")
    assert {item.code: item.points for item in found.indicators}["record_quality"] == 5
    assert found.indicator("retention_rate").target == Decimal("92.0000")


def test_points_are_the_weight_by_the_share_of_the_target_reached() -> None:
    found = assessed({"on_time_rate": ratio(76, 100)})
    assert found.indicator("on_time_rate").points == Decimal("12.0000")
    assert found.total == Decimal("97.00")


def test_more_than_the_target_earns_no_more_than_the_weight() -> None:
    assert assessed({"completion_rate": ratio(100, 100)}).indicator("completion_rate").points == 20


def test_an_indicator_without_a_case_gives_its_weight_to_the_others() -> None:
    found = assessed({"satisfaction_score": (), "on_time_rate": ratio(0, 3)})
    assert found.indicator("satisfaction_score").state == "spread"
    assert found.indicator("retention_rate").weight == Decimal("33.3333")
    assert found.total == Decimal("80.00")


def test_no_complaint_due_is_full_points_and_not_spread() -> None:
    found = assessed({"complaint_on_time_rate": ()}).indicator("complaint_on_time_rate")
    assert (found.state, found.points, found.actual) == ("full", Decimal(10), None)


def test_a_branch_without_any_case_is_not_assessed() -> None:
    found = assess(RULES, BranchFacts(measured=()))
    assert (found.total, found.grade, found.grade_by_points) == (None, None, None)
    assert all(item.points == 0 for item in found.indicators)


@pytest.mark.parametrize(
    ("returned", "points"), [(8, "25"), (4, "12.5"), (0, "0")], ids=["four fifths", "two fifths", "none"]
)
def test_few_sheets_returned_scale_satisfaction(returned: int, points: str) -> None:
    found = assessed(sheets=Sheets(sent=10, returned=returned))
    assert found.indicator("satisfaction_score").points == Decimal(points)


def test_sheets_that_nobody_sent_back_are_a_case_of_no_points() -> None:
    changes = {"satisfaction_score": ratio(0, 0)}
    assert assessed(changes, Sheets(sent=3, returned=0)).indicator("satisfaction_score").state == "measured"
    assert assessed(changes, Sheets(sent=3, returned=0)).total == Decimal("75.00")


@pytest.mark.parametrize(("justified", "taken"), [(0, 0), (1, 2), (5, 10), (6, 10)])
def test_a_justified_complaint_takes_two_points_and_all_at_most_ten(justified: int, taken: int) -> None:
    assert assessed(justified=justified).total == 100 - taken


def test_a_falsified_record_empties_completion_and_leaves_pass_at_best() -> None:
    found = assessed(vetoes=("falsified_record",))
    assert found.indicator("completion_rate").state == "vetoed"
    assert (found.total, found.grade, found.grade_by_points) == (Decimal("80.00"), "pass", "pass")
    strict = assessed({"completion_rate": ratio(98, 100)}, vetoes=("falsified_record", "gold_lost_by_fault"))
    assert strict.grade == "pass"


def test_gold_lost_by_fault_leaves_good_at_best_and_never_lifts() -> None:
    assert assessed(vetoes=("gold_lost_by_fault",)).grade == "good"
    poor = {"retention_rate": (), "completion_rate": ratio(0, 9), "satisfaction_score": ratio(0, 4)}
    assert assessed(poor, vetoes=("gold_lost_by_fault",)).grade == "fail"


def test_what_an_appeal_put_in_place_counts_and_is_marked() -> None:
    late = {"on_time_rate": ratio(0, 10)}
    found = assessed(late, corrections=(Correction(item="on_time_rate", value=Decimal(95)),), justified=3)
    assert found.indicator("on_time_rate").corrected
    assert found.total == Decimal("94.00")
    again = assessed(late, corrections=(Correction(item=DEDUCTION, value=Decimal(2)),), justified=3)
    assert (again.deduction, again.deduction_corrected) == (Decimal(2), True)
    assert again.total == Decimal("83.00")


def test_the_grade_is_that_of_the_total_as_it_is_shown() -> None:
    found = assessed({"on_time_rate": ratio(63334, 100_000)})
    assert found.indicator("on_time_rate").points == Decimal("10.0001")
    assert (found.total, found.grade) == (Decimal("95.00"), "excellent")


RATIOS = st.integers(0, 40).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@st.composite
def branches(draw: st.DrawFn) -> Branch:
    sent = draw(st.integers(0, 30))
    returned = draw(st.integers(0, sent))
    return Branch(
        gold=draw(RATIOS),
        silver=draw(RATIOS),
        sent=sent,
        returned=returned,
        scores=draw(st.lists(st.integers(0, 100), max_size=returned)),
        done=draw(RATIOS),
        timely=draw(RATIOS),
        complaints=draw(RATIOS),
        quarters=draw(st.integers(0, 4).map(lambda good: (good, 4)) | st.just((0, 0))),
        justified=draw(st.integers(0, 8)),
        falsified=draw(st.booleans()),
        gold_lost=draw(st.booleans()),
    )


def _facts_of(branch: Branch) -> BranchFacts:
    def part(counted: Ratio, tier: Tier | None = None) -> Measure:
        return Measure(good=Decimal(counted[0]), of=counted[1], tier=tier)

    scores = Measure(good=Decimal(sum(branch.scores)), of=len(branch.scores))
    vetoes = {"falsified_record": branch.falsified, "gold_lost_by_fault": branch.gold_lost}
    return BranchFacts(
        measured=(
            Measured(code="retention_rate", parts=(part(branch.gold, Tier.GOLD), part(branch.silver, Tier.SILVER))),
            Measured(
                code="satisfaction_score", parts=(scores,), sheets=Sheets(sent=branch.sent, returned=branch.returned)
            ),
            Measured(code="completion_rate", parts=(part(branch.done),)),
            Measured(code="on_time_rate", parts=(part(branch.timely),)),
            Measured(code="complaint_on_time_rate", parts=(part(branch.complaints),)),
            Measured(code="record_quality", parts=(part(branch.quarters),)),
        ),
        justified=branch.justified,
        vetoes=tuple(code for code, stands in vetoes.items() if stands),
    )


@given(branches())
def test_total_and_grade_are_what_the_oracle_says(branch: Branch) -> None:
    found = assess(RULES, _facts_of(branch))
    assert (found.total, found.grade) == total_of(branch)


@given(branches())
def test_the_weights_that_count_are_always_a_hundred_and_no_indicator_earns_more(branch: Branch) -> None:
    found = assess(RULES, _facts_of(branch))
    counted = [item for item in found.indicators if item.state != "spread"]
    if found.total is not None:
        live = [item for item in counted if item.state != "vetoed" or item.actual is not None]
        assert abs(sum((item.weight for item in live), Decimal(-100))) < Decimal("0.001")
        assert Decimal(0) <= found.total <= 100
    assert all(0 <= item.points <= item.weight for item in found.indicators)
