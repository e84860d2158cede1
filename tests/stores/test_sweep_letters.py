"""Letters of a sweep: each out once on its day, given back, refused, unconfirmed, or closed later."""

from datetime import timedelta

import pytest

from activities.ports import RefusedError, UnconfirmedError
from models.database import Database
from models.rules.care.reasons import PlanReason, because
from models.rules.touchpoint_day import Why
from models.tables.book import Contact
from models.tables.messages import Notification
from models.types import (
    Stage,
)
from tests.support.sweep_rows import DAY, change, gold_row, quiet_world, row_of, told_by
from tests.support.sweeping import Outbox, Sweeper, morning
from tests.support.world import GOLD, World


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer, without policies that would bring duties of their own."""
    return quiet_world(database)


async def test_a_greeting_goes_out_on_its_day_and_closes_its_row(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY + timedelta(days=1), code="Z10")
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["sent"] == 0
    assert (await sweeper.sweep(DAY + timedelta(days=1)))["sent"] == 1
    (letter,) = sweeper.outbox.letters
    assert letter.to == ("leader@example.com",)
    assert "周启明" in letter.subject
    row = row_of(database, row_id)
    assert (row.stage, row.done_on, row.in_time) == (Stage.DONE, DAY + timedelta(days=1), True)
    assert row.record_no == "GH-BJ01-2026-00001"


async def test_without_an_address_a_person_greets(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY, code="Z10", assignee_id=people.accounts["mgr"])
    change(database, Contact, row_of(database, row_id).contact_id, email=None)
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    await sweeper.sweep(DAY + timedelta(days=1))
    assert row_of(database, row_id).withheld == "no_address"
    assert told_by(database, "greet_by_hand") == [f"greet_by_hand:{row_id}:{people.accounts['mgr']}"]
    await sweeper.sweep(DAY + timedelta(days=2))
    assert row_of(database, row_id).reason == because(PlanReason.SWEPT, Why.NO_ADDRESS.value)


async def test_a_closed_way_out_gives_the_letters_back(database: Database, people: World) -> None:
    ids = [gold_row(database, DAY, code="Z10", key=f"b:{number}") for number in range(3)]
    sweeper = Sweeper.on(database, outbox=Outbox(failures=[None, ConnectionError("away")]))
    with pytest.raises(ConnectionError):
        await sweeper.sweep(DAY)
    assert sorted(row_of(database, row_id).stage for row_id in ids) == ["done", "planned", "planned"]
    assert (await sweeper.sweep(DAY))["sent"] == 2
    assert sorted(sweeper.outbox.keys()) == sorted(f"touchpoint-{row_id}" for row_id in ids)


async def test_a_refused_address_is_a_person_s_and_an_unknown_outcome_nobody_s(
    database: Database, people: World
) -> None:
    refused, unknown = (gold_row(database, DAY, code="Z10", key=key) for key in ("b:1", "b:2"))
    sweeper = Sweeper.on(database, outbox=Outbox(failures=[RefusedError("SMTP 550"), UnconfirmedError("lost")]))
    await sweeper.sweep(DAY)
    assert row_of(database, refused).withheld == "no_address"
    row = row_of(database, unknown)
    assert (row.stage, row.withheld) == (Stage.MISSED, "unconfirmed")
    assert len(told_by(database, "greeting_unconfirmed")) == 1
    await sweeper.sweep(DAY)
    assert sweeper.outbox.keys() == [f"touchpoint-{refused}"], "the unknown one is never sent again"


async def test_a_claim_that_was_broken_off_is_not_sent_again(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY, code="Z10")
    with database.write() as session:
        claim = Notification(
            dedupe_key=f"touchpoint-{row_id}", customer_no=GOLD, template="x", content="{}", created_at=morning(DAY)
        )
        session.add(claim)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["unconfirmed"] == 1
    assert (row_of(database, row_id).stage, sweeper.outbox.letters) == (Stage.MISSED, [])


async def test_a_worker_that_died_before_it_closed_the_row_closes_it_later(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY, code="Z10")
    with database.write() as session:
        handed_over = Notification(
            dedupe_key=f"touchpoint-{row_id}",
            customer_no=GOLD,
            template="x",
            content="{}",
            created_at=morning(DAY),
            sent_at=morning(DAY),
        )
        session.add(handed_over)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["sent"] == 1
    assert (row_of(database, row_id).stage, sweeper.outbox.letters) == (Stage.DONE, [])
