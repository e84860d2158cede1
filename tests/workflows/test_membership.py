"""The membership an approval starts: one workflow per customer, one letter per grant."""

import asyncio

import pytest

from models.identifiers import membership_id
from models.messages.qualification import MembershipState
from models.services.qualification import memberships
from models.tables.cases import Membership
from models.tables.messages import Notification
from models.types import SeatKind, Tier
from tests.support import world
from tests.support.stage import Stage
from tests.workflows.test_qualification import TO_GOLD

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


async def _holding(stage: Stage, grants: int) -> MembershipState:
    handle = stage.client.get_workflow_handle(membership_id(stage.world.customer(world.GOLD)))
    for _ in range(100):
        state: MembershipState = await handle.query("holding", result_type=MembershipState)
        if len(state.grants) == grants:
            return state
        await asyncio.sleep(0.05)
    raise AssertionError(f"{grants} grants expected: {state}")


async def test_one_membership_one_letter_and_the_next_year_signals_the_same(stage: Stage) -> None:
    first = await stage.declare()
    await first.through(*TO_GOLD)
    await first.handle.result()
    run = (await stage.client.get_workflow_handle(membership_id(first_customer(stage))).describe()).run_id
    (grant,) = (await _holding(stage, 1)).grants
    assert (grant.tier, grant.manager_id) == (Tier.GOLD, stage.world.accounts["mgr"])
    assert len(list((stage.home / "mail").glob("*.eml"))) == 1

    second = await stage.declare(tier=Tier.GOLD, seat_kind=SeatKind.SPECIAL, year=world.YEAR + 1)
    await second.through(*TO_GOLD)
    await second.handle.result()
    assert [item.year for item in (await _holding(stage, 2)).grants] == [world.YEAR, world.YEAR + 1]
    again = (await stage.client.get_workflow_handle(membership_id(first_customer(stage))).describe()).run_id
    assert again == run
    assert len(list((stage.home / "mail").glob("*.eml"))) == 2
    assert all(row.notified_at for row in stage.rows(Membership))
    assert all(row.sent_at for row in stage.rows(Notification) if row.customer_no)
    assert stage.audited(first)[-1] == "notify_customer"


async def test_the_same_grant_twice_is_announced_once(stage: Stage) -> None:
    case = await stage.declare()
    await case.through(*TO_GOLD)
    await case.handle.result()
    await _holding(stage, 1)
    with stage.world.database.read() as session:
        grant = memberships.grant_of(session, case.case_id)
    handle = stage.client.get_workflow_handle(membership_id(first_customer(stage)))
    await handle.signal("granted", grant)
    assert len((await _holding(stage, 1)).grants) == 1
    with stage.world.database.write() as session:
        assert memberships.prepare_letter(session, grant) is None
    assert stage.audited(case).count("notify_customer") == 1


def first_customer(stage: Stage) -> str:
    """Number of the customer that these tests declare."""
    return stage.world.customer(world.GOLD)
