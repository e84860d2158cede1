"""Quarterly summary 附件二: lines against an oracle that walks the days, dates, and what changed since publication."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.calendar import make_snapshot
from models.rules.quarter import (
    Count,
    Difference,
    Facts,
    Line,
    Promise,
    PromiseKind,
    Quarter,
    Spent,
    Vip,
    adjusted,
    closable,
    differences,
    figures,
    hand_in_by,
    summarise,
    totals,
)
from models.types import Tier
from tests.support.quarter_oracle import days_of, expected

Q2 = Quarter(2026, 2)
CUSTOMERS = ("C1", "C2")
VIPS = tuple(Vip(number, f"客户{number}", f"VIP-{number}", Tier.SILVER, "王晓梅") for number in CUSTOMERS)
KINDS: tuple[PromiseKind, ...] = ("care", "green_channel", "inquiry", "complaint")
DAYS = st.integers(-40, 130).map(lambda n: Q2.first + timedelta(days=n))


@st.composite
def promises(draw: st.DrawFn) -> Promise:
    """A duty or request around the quarter, in any state."""
    kind = draw(st.sampled_from(KINDS))
    done = draw(st.none() | DAYS)
    return Promise(
        customer_no=draw(st.sampled_from(CUSTOMERS)),
        code=draw(st.sampled_from(("Z04", "Z08", "Z17", "Z18"))),
        kind=kind,
        due_on=draw(DAYS),
        done_on=done,
        in_time=draw(st.booleans()) if done else None,
        received_on=None if kind == "care" else draw(DAYS),
        justified=draw(st.none() | st.booleans()) if kind == "complaint" and done else None,
    )


SPENT = st.builds(
    Spent, st.sampled_from(CUSTOMERS), DAYS, st.decimals(0, 5000, places=2, allow_nan=False, allow_infinity=False)
)


@given(st.lists(promises(), max_size=30), st.lists(SPENT, max_size=8))
def test_every_line_is_what_walking_the_days_says(facts: list[Promise], spent: list[Spent]) -> None:
    lines = {line.vip.customer_no: line for line in summarise(Q2, Facts(VIPS, facts, spent))}
    assert list(lines) == list(CUSTOMERS)
    for number, line in lines.items():
        wanted = expected(2026, 2, number, facts, spent)
        assert {one.code: one.due for one in line.counts} == dict(wanted.due)
        assert {one.code: one.done for one in line.counts if one.done} == dict(+wanted.done)
        assert {one.code: one.late for one in line.counts if one.late} == dict(+wanted.late)
        assert (line.green_cases, line.green_in_time) == (wanted.green, wanted.green_in_time)
        assert (line.inquiries, line.complaints) == (wanted.inquiries, wanted.complaints)
        assert (line.justified, line.cost) == (wanted.justified, wanted.cost)


@given(st.lists(promises(), max_size=30))
def test_whatever_is_done_after_the_quarter_changes_nothing_in_it(facts: list[Promise]) -> None:
    """Closed late it says what it would have said on the day after its end: requests that were still within their
    limit then belong to the next quarter either way."""

    def as_of_end(one: Promise) -> Promise:
        later = one.done_on is not None and one.done_on > Q2.last
        return one._replace(done_on=None, in_time=None, justified=None) if later else one

    in_order = [
        one for one in facts if not (one.in_time and one.done_on and one.kind != "care" and one.done_on > one.due_on)
    ]
    in_order = [one for one in in_order if one.received_on is None or one.received_on <= Q2.last]
    now, then = Facts(VIPS, in_order), Facts(VIPS, [as_of_end(one) for one in in_order])
    assert summarise(Q2, now) == summarise(Q2, then)


@given(st.lists(promises(), max_size=20))
def test_each_promise_is_judged_in_one_quarter_only(facts: list[Promise]) -> None:
    quarters = [Quarter(2025, 4), Quarter(2026, 1), Q2, Quarter(2026, 3), Quarter(2026, 4)]
    due = sum(totals(summarise(quarter, Facts(VIPS, facts))).due for quarter in quarters)
    assert due == len(facts)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_quarter_is_its_days(number: int) -> None:
    days = list(days_of(2026, number))
    quarter = Quarter(2026, number)
    assert (quarter.first, quarter.last) == (days[0], days[-1])
    assert {Quarter.of(day) for day in days} == {quarter}
    assert quarter.following.before == quarter
    assert not quarter.has_ended(quarter.last)
    assert quarter.has_ended(quarter.last + timedelta(days=1))


def test_due_ten_working_days_after_the_quarter() -> None:
    holidays = [date(2026, 10, day) for day in range(1, 8)]
    calendar = make_snapshot(official_years=[2026], days_off=holidays, days_worked=[date(2026, 10, 10)])
    assert hand_in_by(calendar, Quarter(2026, 3), 10) == date(2026, 10, 20)
    assert hand_in_by(calendar, Quarter(2026, 2), 10) == date(2026, 7, 14)


def test_the_sweep_closes_what_ended_since_it_went_live_a_year_back() -> None:
    today = date(2026, 10, 1)
    assert closable(today, None) == ()
    assert closable(today, today) == ()
    assert closable(today, date(2026, 9, 30)) == (Quarter(2026, 3),)
    assert closable(today, date(2020, 1, 1)) == (Quarter(2025, 4), Quarter(2026, 1), Q2, Quarter(2026, 3))


def test_totals_add_the_lines_up() -> None:
    counts = (Count("Z08", 3, 2, 1), Count("Z10", 1, 1, 0))
    line = Line(VIPS[0], counts, green_cases=4, green_in_time=3, complaints=2, justified=1, cost=Decimal("10.50"))
    sums = totals([line, Line(VIPS[1])])
    assert (sums.vips, sums.due, sums.done, sums.late, sums.cost) == (2, 4, 3, 1, Decimal("10.50"))
    assert (sums.done_share, sums.green_share) == (Decimal("0.75"), Decimal("0.75"))
    assert totals([]).done_share is None


FIGURES = st.dictionaries(
    st.sampled_from(CUSTOMERS),
    st.dictionaries(st.sampled_from(("vip", "Z08.due", "cost")), st.integers(1, 9).map(str), min_size=1),
)


@given(FIGURES, st.lists(FIGURES, max_size=4))
def test_adjustments_lead_from_what_was_published_to_what_the_facts_say(
    published: dict[str, dict[str, str]], later: list[dict[str, dict[str, str]]]
) -> None:
    entered: list[Difference] = []
    for now in later:
        entered += differences(adjusted(published, entered), now)
        assert adjusted(published, entered) == now
        assert differences(adjusted(published, entered), now) == (), "found once"


def test_a_line_is_compared_figure_by_figure() -> None:
    line = Line(VIPS[0], (Count("Z08", 2, 1, 1),), cost=Decimal(5), satisfaction=Decimal("91.5"))
    found = figures(line)
    assert found["Z08.done"] == "1"
    assert (found["cost"], found["satisfaction"], found["vip"]) == ("5.00", "91.50", "VIP-C1")
    assert "satisfaction" not in figures(Line(VIPS[0]))
