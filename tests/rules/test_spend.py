"""年度服务投入: estimate, limit and ledger against an oracle written from the regulation."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rulebook import load_builtin
from models.rulebook.checks.weights import yearly_cost
from models.rulebook.yearly import yearly_lines
from models.rules.spend import Figures, limit_of, share_of_premium
from models.rules.spend_ledger import OPEN, Entry, Standing, Wanted, following, real_cost
from models.service_types import SpendKind, SpendState
from models.types import Stage, Tier
from tests.rules import spend_oracle as oracle

BOOK = load_builtin()
YUAN = st.decimals(0, 100_000, places=2)
TIERS = st.sampled_from((Tier.SILVER, Tier.GOLD))


def figures(**changes: Any) -> Figures:
    """A year of 4,470 yuan planned and a limit of 5,000."""
    fields: dict[str, Any] = {
        "planned": Decimal(4470),
        "extra": Decimal(0),
        "reserved": Decimal(0),
        "committed": Decimal(0),
        "limit": Decimal(5000),
    }
    return Figures(**fields | changes)


@given(TIERS, st.integers(0, 4))
def test_the_estimate_is_the_oracles(tier: Tier, persons: int) -> None:
    lines = yearly_lines(BOOK, tier, persons)
    assert sum(line.subtotal for line in lines) == oracle.expected_total(tier.value, persons)
    assert all(line.subtotal == line.persons * line.frequency * line.unit_cost for line in lines)


def test_the_checksums_of_the_regulation() -> None:
    """附件七: the full silver set for 4 persons is 4470 yuan, gold about 12,000."""
    silver, gold = (yearly_cost(BOOK, tier, 4) for tier in (Tier.SILVER, Tier.GOLD))
    assert silver == Decimal(4470)
    assert abs(gold - 12_000) <= 12_000 * Decimal("0.05")


def test_a_regular_customer_costs_nothing() -> None:
    assert yearly_lines(BOOK, Tier.REGULAR, 4) == ()
    assert limit_of(BOOK.spend, Tier.REGULAR, Decimal(1_000_000)) == 0


@given(TIERS, st.decimals(0, 100_000_000, places=2))
def test_the_limit_is_the_oracles(tier: Tier, premium: Decimal) -> None:
    assert limit_of(BOOK.spend, tier, premium) == oracle.expected_limit(tier.value, premium)


@pytest.mark.parametrize(
    ("changes", "over", "state"),
    [
        ({}, 0, SpendState.WITHIN),
        ({"limit": Decimal(4470)}, 0, SpendState.WITHIN),
        ({"limit": Decimal("4469.99")}, Decimal("0.01"), SpendState.OVER_LIMIT),
        ({"extra": Decimal(531)}, 1, SpendState.OVER_LIMIT),
        ({"extra": Decimal(531), "asked": True}, 1, SpendState.ASKED),
        ({"extra": Decimal(531), "approved": Decimal(5001)}, 0, SpendState.APPROVED),
        ({"extra": Decimal(531), "approved": Decimal("5000.50")}, Decimal("0.5"), SpendState.OVER_LIMIT),
        ({"reserved": Decimal(1000), "committed": Decimal(4200)}, 200, SpendState.OVER_LIMIT),
        ({"approved": Decimal(9000)}, 0, SpendState.WITHIN),
        ({"limit": Decimal(0)}, 4470, SpendState.OVER_LIMIT),
    ],
)
def test_where_a_year_stands(changes: dict[str, Any], over: Decimal, state: SpendState) -> None:
    found = figures(**changes)
    assert (found.over, found.state) == (over, state)


def test_left_and_deviation() -> None:
    found = figures(extra=Decimal(100), reserved=Decimal(70), committed=Decimal(1000))
    assert (found.left, found.deviation) == (Decimal(3500), Decimal(-3470))
    assert found.with_extra(Decimal(50)).left == found.left
    assert share_of_premium(Decimal(5), Decimal(200)) == Decimal("0.025")
    assert share_of_premium(Decimal(5), Decimal(0)) is None


@pytest.mark.parametrize(
    ("cost", "gift", "by_itself", "real"),
    [
        (None, None, True, 10),
        (None, None, False, 0),
        (Decimal(0), None, True, 0),
        (None, Decimal(120), True, 120),
        (Decimal(80), Decimal(120), False, 200),
    ],
)
def test_what_a_touchpoint_cost(cost: Decimal | None, gift: Decimal | None, by_itself: bool, real: int) -> None:
    assert real_cost(cost=cost, gift_value=gift, planned=Decimal(10), by_itself=by_itself) == real


@given(st.lists(st.tuples(st.sampled_from(Stage), YUAN, YUAN), max_size=12))
def test_the_ledger_follows_every_walk_through_every_stage(walk: list[tuple[Stage, Decimal, Decimal]]) -> None:
    entries: list[Entry] = []
    purse = oracle.Purse()
    for stage, planned, real in walk:
        wanted = Wanted(stage, planned, real)
        entries += following(Standing.of(entries), wanted)
        assert following(Standing.of(entries), wanted) == (), "a second time nothing is left to write"
        if stage in OPEN:
            purse.open(planned)
        elif stage is Stage.DONE:
            purse.done(real)
        else:
            purse.dropped()
        found = oracle.sums((entry.kind.value, entry.yuan) for entry in entries)
        assert found.get("reserve", Decimal(0)) == purse.reserved
        assert found.get("commit", 0) == purse.spent
        assert found.get("release_reserve", 0) == purse.returned
        if stage not in OPEN:
            assert purse.reserved == purse.spent + purse.returned, "nothing is open"
    assert all(entry.yuan > 0 or entry.kind is SpendKind.COMMIT for entry in entries)
    assert all(entry.yuan for entry in entries)
    assert len({(entry.life, entry.kind) for entry in entries}) == len(entries), "once per life and kind"


def test_a_cost_corrected_downwards_is_taken_back_and_released() -> None:
    """100 reserved, 80 spent; then it was 50, then 95 after all: spent is what it cost, nothing is overwritten."""
    entries = [Entry(1, SpendKind.RESERVE, Decimal(100))]
    for cost in (80, 50, 95):
        entries += following(Standing.of(entries), Wanted(Stage.DONE, Decimal(100), Decimal(cost)))
        assert Standing.of(entries).committed == cost
        assert Standing.of(entries).open == 0
    assert [(entry.life, entry.kind.value, int(entry.yuan)) for entry in entries[3:]] == [
        (2, "commit", -30),
        (2, "release_reserve", 30),
        (3, "reserve", 45),
        (3, "commit", 45),
    ]


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_its_place(stage: Stage) -> None:
    """From a reserve of 100: kept while it is open, spent when it was done, given back by everything else."""
    held = Standing.of([Entry(1, SpendKind.RESERVE, Decimal(100))])
    kinds = {entry.kind for entry in following(held, Wanted(stage, Decimal(100), Decimal(60)))}
    if stage in OPEN:
        assert kinds == set()
    elif stage is Stage.DONE:
        assert kinds == {SpendKind.COMMIT, SpendKind.RELEASE_RESERVE}
    else:
        assert kinds == {SpendKind.RELEASE_RESERVE}
