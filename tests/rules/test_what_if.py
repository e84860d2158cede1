"""试算 against a whole ranking reckoned again by hand: plain sorting and counting, no code of the product."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rulebook import TierRules, load_builtin
from models.rules.ranking import Ranked, rank
from models.rules.scoring import Score
from models.rules.what_if import Entrant, what_if
from models.types import SeatKind
from tests.rules.facts import YEAR, customer

FULL = load_builtin().tiers
TIERS: TierRules = FULL.model_copy(
    update={"gold": FULL.gold.model_copy(update={"ranked_seats": 2, "new_customer_seats": 1})}
)
QUOTAS = {"BJ": 2, "SH": 1}
Made = tuple[int, bool, str, bool]
"""Value in yuan, new customer, branch, barred."""

customers = st.lists(
    st.tuples(
        st.sampled_from([0, 150_000, 200_000, 450_000, 500_000, 900_000, 1_000_000, 1_500_000, 2_000_000]),
        st.booleans(),
        st.sampled_from(["BJ", "SH"]),
        st.integers(0, 9).map(lambda number: number == 0),
    ),
    min_size=1,
    max_size=12,
)


def made(rows: list[Made]) -> list[Ranked]:
    scored = []
    for number, (value, new, branch, barred) in enumerate(rows, start=1):
        facts = customer(customer_no=f"C{number:05}", branch_code=branch, flags=("fraud",) if barred else ())
        scored.append((facts, Score(Decimal(value), 1, None, Decimal(1), Decimal(1), Decimal(value), new)))
    return rank(scored, TIERS, YEAR, QUOTAS)


def order_of(rows: list[Made], standard: list[Made]) -> list[int]:
    """By value, then by standard premium (which an assumed value leaves alone), then by number."""
    return sorted(range(len(rows)), key=lambda number: (-rows[number][0], -standard[number][0], number))


def by_hand(rows: list[Made], standard: list[Made], at: int, seat: SeatKind | None) -> dict[str, str]:
    """Seats of everybody, customer `at` holding its seat beforehand."""
    free = {"ranked": 2, "new_customer": 1, "BJ": 2, "SH": 1}
    seats: dict[str, str] = {}
    mine = f"C{at + 1:05}"
    if seat is not None:
        seats[mine] = seat.value
        pool = rows[at][2] if seat is SeatKind.SILVER else seat.value
        free[pool] = free.get(pool, 0) - 1
    everybody = order_of(rows, standard)
    used: Counter[str] = Counter()
    for kind in ("ranked", "new_customer", "silver"):
        for number in everybody:
            value, new, branch, barred = rows[number]
            name, pool = f"C{number + 1:05}", branch if kind == "silver" else kind
            entry = {"ranked": 1_000_000, "new_customer": 500_000, "silver": 200_000}[kind]
            wanted = value >= entry and (kind != "new_customer" or new)
            if name not in seats and wanted and not barred and used[pool] < free[pool]:
                seats[name] = kind
                used[pool] += 1
    return seats


@settings(max_examples=300)
@given(
    customers,
    st.data(),
    st.sampled_from([None, SeatKind.RANKED, SeatKind.NEW_CUSTOMER, SeatKind.SILVER, SeatKind.SPECIAL]),
)
def test_the_list_with_the_entrant_is_the_list_made_again(
    rows: list[Made], data: st.DataObject, seat: SeatKind | None
) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    value = data.draw(st.none() | st.sampled_from([0, 200_000, 600_000, 1_200_000, 3_000_000]))
    listed = made(rows)
    before = {row.facts.customer_no: row.seat for row in listed}
    entrant = Entrant(f"C{at + 1:05}", seat, None if value is None else Decimal(value))
    found = what_if(listed, entrant, TIERS, QUOTAS, special_left=1)
    entered = list(rows)
    if value is not None:
        entered[at] = (value, *rows[at][1:])
    seats = by_hand(entered, rows, at, seat)
    expected = {
        number: seats.get(number)
        for number, held in before.items()
        if number != entrant.customer_no and held != seats.get(number)
    }
    assert {change.customer_no: change.after for change in found.changes} == expected
    assert found.entrant.after == seats.get(entrant.customer_no)
    assert {change.customer_no for change in found.falls_out} == {name for name, new in expected.items() if new is None}
    assert found.entrant.rank == order_of(entered, rows).index(at) + 1


@given(customers)
def test_nothing_is_saved(rows: list[Made]) -> None:
    listed = made(rows)
    copy = [(row.facts.customer_no, row.rank, row.seat, row.score, row.ineligible) for row in listed]
    what_if(listed, Entrant("C00001", SeatKind.RANKED, Decimal(9_000_000)), TIERS, QUOTAS)
    assert [(row.facts.customer_no, row.rank, row.seat, row.score, row.ineligible) for row in listed] == copy


def test_the_last_of_the_ranked_falls_and_pushes_the_last_of_its_branch() -> None:
    listed = made([(2_000_000, False, "SH", False), (1_500_000, False, "BJ", False), (900_000, False, "BJ", False),
                   (500_000, False, "BJ", False), (100_000, False, "SH", False)])  # fmt: skip
    found = what_if(listed, Entrant("C00005", SeatKind.RANKED), TIERS, QUOTAS)
    moved = [(change.customer_no, change.before, change.after) for change in found.changes]
    assert moved == [("C00002", "ranked", "silver"), ("C00004", "silver", None)]
    assert [change.customer_no for change in found.falls_out] == ["C00004"]
    assert (found.rank_before, found.entrant.rank, found.entrant.after) == (5, 5, "ranked")


@pytest.mark.parametrize(("left", "is_full", "after"), [(0, True, "silver"), (1, False, "special")])
def test_a_special_seat_displaces_nobody_and_may_be_taken_up(left: int, is_full: bool, after: str) -> None:
    listed = made([(300_000, False, "BJ", False), (250_000, False, "BJ", False)])
    found = what_if(listed, Entrant("C00001", SeatKind.SPECIAL), TIERS, QUOTAS, special_left=left)
    assert (found.is_full, found.entrant.after, found.changes) == (is_full, after, ())
