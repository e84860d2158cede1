"""Sweeps after outages and repeats: no touchpoint is lost, none is done twice, whatever days nobody swept."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest

from models.database import Database
from models.rulebook import load_builtin
from models.rules.calendar import is_working_day
from models.services.calendars import snapshot
from models.tables.book import Policy
from models.tables.care import CarePlan
from models.types import (
    PayMode,
    PolicyStatus,
    ProductClass,
    Tier,
)
from tests.support import duty_oracle as oracle
from tests.support.duty_oracle import Term
from tests.support.members import add_member
from tests.support.sweep_rows import DAY, contact_of, quiet_world
from tests.support.sweeping import Sweeper, add_touchpoint, morning, touchpoints
from tests.support.world import GOLD, SILVER, SMALL, World

OUTAGES = (0, 1, 3, 35)


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer, without policies that would bring duties of their own."""
    return quiet_world(database)


OFFSETS = range(-2, 41, 3)

Outcome = dict[tuple[str, str], str]


def _terms() -> list[Term]:
    """Policies that run out around the days of the outages, or two and three months after them."""
    ends = [DAY + timedelta(days=20 * number - 40) for number in range(9)]
    return [
        Term(number, f"{number}-{index}", end, vip=number == SMALL)
        for number in (SILVER, SMALL)
        for index, end in enumerate(ends)
    ]


def _season(database: Database) -> None:
    """Rows and policies whose days lie before, in and after five weeks from `DAY`."""
    with database.write() as session:
        contact = contact_of(session)
        for number, offset in enumerate(OFFSETS):
            due = DAY + timedelta(days=offset)
            add_touchpoint(session, GOLD, due, key=f"visit:{number}")
            add_touchpoint(session, GOLD, due, key=f"birthday:{number}", code="Z10", contact_id=contact.id)
            add_touchpoint(session, GOLD, due, key=f"magazine:{number}", code="Z13", contact_id=contact.id)
        session.add_all([_policy(term) for term in _terms()])
        member = add_member(session, SMALL, Tier.SILVER, date(2026, 3, 1))
        session.add(_planned(member.id))


def _policy(term: Term) -> Policy:
    return Policy(
        policy_no=term.policy_no,
        customer_no=term.customer_no,
        product_class=ProductClass.A,
        pay_mode=PayMode.REGULAR,
        pay_term_years=1,
        effective_on=term.expires_on - timedelta(days=364),
        expires_on=term.expires_on,
        status=PolicyStatus.IN_FORCE,
    )


def _planned(membership_id: UUID) -> CarePlan:
    """A plan with nothing in it: the membership asks the sweep for none."""
    return CarePlan(
        membership_id=membership_id,
        customer_no=SMALL,
        number=1,
        cause="granted",
        cause_key="test",
        tier=Tier.SILVER,
        from_on=DAY,
        until_on=DAY,
        difference={},
        at=morning(DAY),
    )


def _expected(database: Database, swept: list[date]) -> Outcome:
    with database.read() as session:
        calendar = snapshot(session, load_builtin().working_time, DAY)
    found: Outcome = {}
    for number, offset in enumerate(OFFSETS):
        due = DAY + timedelta(days=offset)
        found[GOLD, f"visit:{number}"] = oracle.outcome_of_visit(due - timedelta(days=7), swept)
        found[GOLD, f"birthday:{number}"] = oracle.outcome_of_birthday(due, swept)
        found[GOLD, f"magazine:{number}"] = oracle.outcome_of_magazine(due, swept)
    for term in _terms():
        for duty in oracle.duties(term, lambda day: is_working_day(calendar, day)):
            outcome = oracle.outcome_of_duty(duty, swept)
            if outcome is not None:
                found[duty.customer_no, duty.key] = outcome
    return found


def _outcomes(database: Database, sweeper: Sweeper) -> Outcome:
    """What came of every row: started and sent count how often."""
    started, sent = Counter(sweeper.engine.ids()), Counter(sweeper.outbox.keys())
    found = {}
    for row in touchpoints(database):
        done = started[row.id] + sent[f"touchpoint-{row.id}"]
        found[row.customer_no, row.key] = f"{'handled' if done else row.stage.value}:{done}"
    return found


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_loses_no_touchpoint_and_doubles_none(database: Database, people: World, outage: int) -> None:
    _season(database)
    days = [DAY + timedelta(days=offset) for offset in (0, 1, 2 + outage, 3 + outage)]
    sweeper = Sweeper.on(database)
    for day in days:
        await sweeper.sweep(day)
    assert _outcomes(database, sweeper) == _expected(database, days)


async def test_repeating_every_activity_changes_nothing(database: Database, people: World) -> None:
    _season(database)
    days = [DAY, DAY + timedelta(days=4)]
    sweeper = Sweeper.on(database, twice=True, chunk=7)
    for day in days:
        await sweeper.sweep(day)
    assert _outcomes(database, sweeper) == _expected(database, days)


async def test_a_day_swept_again_by_hand_finds_nothing(database: Database, people: World) -> None:
    _season(database)
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    before = touchpoints(database)
    again = await sweeper.sweep(DAY)
    assert {name: number for name, number in again.items() if number and name not in {"called", "candidates"}} == {}
    assert touchpoints(database) == before


async def test_an_engine_that_goes_away_in_the_middle_is_gone_on_with(database: Database, people: World) -> None:
    _season(database)
    sweeper = Sweeper.on(database, chunk=5)
    sweeper.engine.fail_after = 1
    with pytest.raises(ConnectionError):
        await sweeper.sweep(DAY)
    await sweeper.sweep(DAY)
    assert _outcomes(database, sweeper) == _expected(database, [DAY])
