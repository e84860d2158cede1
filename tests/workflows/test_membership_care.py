"""A membership on a real engine plans its year, follows an upgrade, and settles everything when it ends."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from activities.adapters.duties import EngineDuties
from activities.adapters.memberships import EngineMemberships
from models.messages.membership import ContactsChanged, MembershipDue
from models.rules.calendar import local_date
from models.rules.care.reasons import PlanReason, because
from models.services.duties.starting import start_of
from models.services.qualification import member_stages, memberships
from models.stores.care import OPEN_STAGES, CareStore
from models.tables.book import Contact
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.tables.messages import Notification
from models.types import BirthdayCalendar, MembershipStage, Role, Stage, Tier
from tests.support import world
from tests.support.care_members import planned, running_member, start, touchpoints
from tests.support.member_acts import cancel
from tests.support.stage import Stage as Scene

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


def _add(scene: Scene, tier: Tier) -> Membership:
    with scene.world.database.write() as session:
        return running_member(session, scene.world, scene.world.customer(world.GOLD), tier)


async def _until(found: Callable[[], bool]) -> None:
    for _ in range(200):
        if found():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to that")


def _rows(scene: Scene) -> dict[str, Touchpoint]:
    with scene.world.database.read() as session:
        return touchpoints(session, scene.world.customer(world.GOLD))


async def _in_hand(scene: Scene) -> Touchpoint:
    """The first visit, taken up as the sweep does."""
    visit = next(row for row in _rows(scene).values() if row.code == "Z08")
    begun = start_of(visit, datetime.now(UTC))
    assert await EngineDuties(scene.client, scene.queue).start_touchpoint(begun, 20)  # type: ignore[arg-type]
    await _until(lambda: _rows(scene)[visit.key].stage is Stage.DUE)
    return _rows(scene)[visit.key]


async def test_a_cancelled_membership_leaves_nothing_open_and_no_case_running(stage: Scene) -> None:
    row = _add(stage, Tier.GOLD)
    handle = await start(stage.client, stage.queue, stage.world.database, row.case_id)
    visit = await _in_hand(stage)
    await cancel(stage, row.customer_no, "customer_wish")
    await asyncio.wait_for(handle.result(), 20)
    await _until(lambda: _rows(stage)[visit.key].stage is Stage.CANCELLED)
    after = _rows(stage)
    assert {item.stage for item in after.values()} <= {Stage.CANCELLED, Stage.MISSED, Stage.DONE}
    assert "客户来函" in (after[visit.key].reason or "")
    newest = await planned(stage.world.database, row.customer_no, 2)
    assert newest.cause == "ended"
    assert [line["effect"] for line in newest.difference["cancelled"]].count("stopped") == 1
    running = stage.client.get_workflow_handle(f"care-touchpoint/{visit.id}")
    await asyncio.wait_for(running.result(), 20)


async def test_a_term_that_is_over_leaves_no_case_running(stage: Scene) -> None:
    row = _add(stage, Tier.GOLD)
    handle = await start(stage.client, stage.queue, stage.world.database, row.case_id)
    visit = await _in_hand(stage)
    await handle.signal("due", MembershipDue(day=row.valid_to + timedelta(days=1)))
    await asyncio.wait_for(handle.result(), 20)
    await asyncio.wait_for(stage.client.get_workflow_handle(f"care-touchpoint/{visit.id}").result(), 20)
    after = _rows(stage)[visit.key]
    assert (after.stage, after.reason) == (Stage.CANCELLED, because(PlanReason.ENDED, member_stages.EXPIRED))


async def test_a_contact_who_leaves_in_the_book_has_no_case_once_the_membership_hears_of_it(stage: Scene) -> None:
    row = _add(stage, Tier.SILVER)
    handle = await start(stage.client, stage.queue, stage.world.database, row.case_id)
    contact_id = stage.rows(Contact)[0].id
    visit = await _in_hand(stage)
    stage.write(lambda session: setattr(session.get_one(Touchpoint, visit.id), "contact_id", contact_id))
    today = local_date(datetime.now(UTC))
    stage.write(lambda session: setattr(session.get_one(Contact, contact_id), "left_on", today))
    await handle.signal("contacts_changed", ContactsChanged(key="import-1"))
    await asyncio.wait_for(stage.client.get_workflow_handle(f"care-touchpoint/{visit.id}").result(), 20)
    assert _rows(stage)[visit.key].reason == because(PlanReason.CONTACT_LEFT)
    await handle.terminate()


async def test_an_upgrade_by_another_manager_hands_the_running_case_on(stage: Scene) -> None:
    silver = _add(stage, Tier.SILVER)
    await start(stage.client, stage.queue, stage.world.database, silver.case_id)
    visit, new = await _in_hand(stage), stage.world.accounts["bj-mgr"]
    gold = _add(stage, Tier.GOLD)
    stage.write(lambda session: setattr(session.get_one(Membership, gold.id), "manager_id", new))
    with stage.world.database.read() as session:
        grant = memberships.grant_of(session, gold.case_id)
    await EngineMemberships(stage.client, stage.queue).grant(grant)
    await _until(lambda: _rows(stage)[visit.key].assignee_id == new)
    await planned(stage.world.database, silver.customer_no, 2)
    after = _rows(stage)
    assert (after[visit.key].stage, after[visit.key].membership_id) == (Stage.DUE, gold.id)
    still = [row for row in after.values() if row.stage in OPEN_STAGES and row.role is Role.MGR]
    assert {row.assignee_id for row in still} == {new}
    assert [note.account_id for note in stage.rows(Notification) if note.template == "care_handed_over"] == [new]
    await stage.client.get_workflow_handle(f"care-touchpoint/{visit.id}").terminate()


async def test_an_upgrade_plans_anew_in_the_same_run(stage: Scene) -> None:
    silver = _add(stage, Tier.SILVER)
    handle = await start(stage.client, stage.queue, stage.world.database, silver.case_id)
    first_run = (await handle.describe()).run_id
    visit = await _in_hand(stage)
    gold = _add(stage, Tier.GOLD)
    with stage.world.database.read() as session:
        grant = memberships.grant_of(session, gold.case_id)
    starter = EngineMemberships(stage.client, stage.queue)
    await starter.grant(grant)
    await starter.grant(grant)
    newest = await planned(stage.world.database, silver.customer_no, 2)
    assert (newest.cause, newest.tier, newest.membership_id) == ("tier_changed", Tier.GOLD, gold.id)
    assert (await handle.describe()).run_id == first_run
    after, by_id = _rows(stage), {row.id: row for row in stage.rows(Membership)}
    assert by_id[silver.id].stage is MembershipStage.EXPIRED
    assert (after[visit.key].stage, after[visit.key].membership_id) == (Stage.DUE, gold.id)
    assert {row.code for row in after.values()} > {"C1", "C2", "C9"}
    assert len(stage.rows(CarePlan)) == 2
    await stage.client.get_workflow_handle(f"care-touchpoint/{visit.id}").terminate()


async def test_machines_tell_of_contacts_and_of_the_day(stage: Scene) -> None:
    row = _add(stage, Tier.SILVER)
    stage.write(lambda session: _pending(session, row))
    handle = await start(stage.client, stage.queue, stage.world.database, row.case_id)
    today = local_date(datetime.now(UTC))
    for _ in range(2):
        await handle.signal("due", MembershipDue(day=today))
    await _until(lambda: stage.rows(Membership)[0].stage is not MembershipStage.PENDING)
    stage.write(lambda session: _born(session, row))
    for _ in range(2):
        await handle.signal("contacts_changed", ContactsChanged(key="import-1"))
    newest = await planned(stage.world.database, row.customer_no, 2)
    assert [line["code"] for line in newest.difference["added"]] == ["Z10"]
    await handle.signal("due", MembershipDue(day=row.valid_to + timedelta(days=1)))
    await asyncio.wait_for(handle.result(), 20)
    (stored,) = stage.rows(Membership)
    assert (stored.stage, stored.ended_on) == (MembershipStage.EXPIRED, row.valid_to)
    with stage.world.database.read() as session:
        assert [plan.cause for plan in CareStore(session).plans_of(row.customer_no)] == [
            "ended",
            "contacts_changed",
            "granted",
        ]
    assert not any(item.stage is Stage.PLANNED for item in _rows(stage).values())


def _pending(session: Session, row: Membership) -> None:
    stored = session.get_one(Membership, row.id)
    stored.stage = MembershipStage.PENDING
    session.add(stored)


def _born(session: Session, row: Membership) -> None:
    served = CareStore(session).key_contacts(row.id)
    contact = session.get_one(Contact, served[0].contact_id)
    soon = local_date(datetime.now(UTC)) + timedelta(days=30)
    contact.birthday, contact.birthday_calendar, contact.consent = f"{soon:%m-%d}", BirthdayCalendar.SOLAR, True
    session.add(contact)
