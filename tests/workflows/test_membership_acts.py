"""Memberships that end at once or fall after their buffer, and the seat that is free with it."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from models.identifiers import membership_id
from models.rules.calendar import local_date
from models.rules.membership import buffer_until
from models.rules.membership_stages import stage_on
from models.services.qualification.member_acts import cancellation_candidates
from models.tables.book import Customer
from models.tables.cases import Membership, Seat, SilverQuota
from models.tables.messages import Notification
from models.types import MembershipStage, Outcome, SeatKind, Tier
from tests.support import world
from tests.support.engine import Case, Refused
from tests.support.member_acts import cancel, downgrade
from tests.support.stage import Stage
from tests.workflows.test_qualification import TO_BRANCH, TO_GOLD

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


async def _member(stage: Stage, *, tier: Tier = Tier.GOLD) -> str:
    """An approved customer of a term that runs now, with its membership workflow."""
    gold = tier is Tier.GOLD
    case = await stage.declare(tier=tier, seat_kind=SeatKind.RANKED if gold else SeatKind.SILVER)
    await case.through(*(TO_GOLD if gold else TO_BRANCH))
    await case.handle.result()
    stage.write(_runs_now)
    return stage.world.customer(world.GOLD)


def _runs_now(session: Session) -> None:
    today = local_date(datetime.now(UTC))
    for row in session.exec(select(Membership)):
        row.valid_from, row.valid_to = today.replace(day=1), date(today.year + 1, 2, 28)
        row.stage = MembershipStage.SERVING


async def _waiting_for_a_seat(stage: Stage) -> Case:
    """A second silver case that the branch's one seat cannot serve."""
    stage.write(lambda session: _one_silver_seat(session, stage))
    other = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    await other.through("unit", "svc")
    with pytest.raises(Refused, match="quota_exceeded"):
        await other.decide("lead")
    return other


def _one_silver_seat(session: Session, stage: Stage) -> None:
    session.add(
        SilverQuota(
            year=world.YEAR,
            institution_code="BJ",
            quota=1,
            reason="一名服务岗",
            filed_by=stage.world.accounts["lead"],
            filed_at=datetime.now(UTC),
        )
    )


async def test_a_cancellation_frees_the_seat_for_the_first_of_the_reserve_list(stage: Stage) -> None:
    number = await _member(stage, tier=Tier.SILVER)
    other = await _waiting_for_a_seat(stage)
    first = await cancel(stage, number, "customer_wish", key="cancel-0001")
    assert (first.stage, first.tier) == (MembershipStage.CANCELLED, Tier.SILVER)
    assert stage.rows(Seat) == []
    (row,) = stage.rows(Membership)
    assert stage.environment is not None
    today = local_date(await stage.environment.get_current_time())
    assert (row.ended_on, row.end_reason) == (today, "customer_wish: 客户来函")
    told = {item.account_id for item in stage.rows(Notification) if item.template == "seat_freed"}
    assert told == {stage.world.accounts["mgr"], stage.world.accounts["lead"]}
    assert (await other.decide("lead")).outcome is Outcome.APPROVED
    assert (await cancel(stage, number, "customer_wish", key="cancel-0001")) == first
    handle = stage.client.get_workflow_handle(membership_id(number))
    await asyncio.wait_for(handle.result(), 5)


async def test_a_cause_that_the_book_does_not_show_is_refused(stage: Stage) -> None:
    number = await _member(stage)
    for cause, reason, login, code in (
        ("fraud", "传闻", "lead", "not_eligible"),
        ("mood", "不喜欢", "lead", "invalid_input"),
        ("customer_wish", " ", "lead", "reason_required"),
        ("customer_wish", "客户来函", "mgr", "not_allowed"),
        ("customer_wish", "客户来函", "sh-lead", "not_allowed"),
    ):
        with pytest.raises(Refused, match=code):
            await cancel(stage, number, cause, reason=reason, login=login)
    with stage.world.database.read() as session:
        assert cancellation_candidates(session, local_date(datetime.now(UTC))) == []
    stage.write(lambda session: _flag(session, number))
    with stage.world.database.read() as session:
        (found,) = cancellation_candidates(session, local_date(datetime.now(UTC)))
    assert (found[0].customer_no, found[1]) == (number, ("fraud",))
    assert (await cancel(stage, number, "fraud", login="hq-vip")).stage is MembershipStage.CANCELLED


def _flag(session: Session, number: str) -> None:
    customer = session.get(Customer, number)
    assert customer is not None
    customer.flags = "fraud"


async def test_a_downgrade_waits_for_its_buffer_and_then_takes_a_silver_seat(timed_stage: Stage) -> None:
    stage = timed_stage
    number = await _member(stage)
    answer = await downgrade(stage, number, Tier.SILVER)
    today = local_date(datetime.now(UTC))
    assert (answer.stage, answer.tier) == (MembershipStage.DOWNGRADE_BUFFER, Tier.GOLD)
    assert answer.buffer_until == buffer_until(today, 3, date(today.year + 1, 2, 28))
    with pytest.raises(Refused, match="wrong_stage"):
        await downgrade(stage, number, Tier.REGULAR)
    (seat,) = stage.rows(Seat)
    assert seat.tier is Tier.GOLD  # the old tier's services go on
    await stage.skip(days=(answer.buffer_until - today).days - 1)
    assert stage.rows(Membership)[0].stage is MembershipStage.DOWNGRADE_BUFFER
    await stage.skip(days=3)
    (row,) = stage.rows(Membership)
    if answer.buffer_until >= row.valid_to:  # from late November on the buffer ends with the term: no year is left
        assert stage.rows(Seat) == []
        return
    (seat,) = stage.rows(Seat)
    after = stage_on(MembershipStage.SERVING, row.valid_from, row.valid_to, answer.buffer_until + timedelta(days=1))
    assert row.stage in {MembershipStage.SERVING, after}  # the stage of the day follows the end of the buffer
    assert (row.tier, row.seat_kind) == (Tier.SILVER, SeatKind.SILVER)
    assert (seat.tier, seat.scope_code) == (Tier.SILVER, "BJ")


async def test_a_downgrade_without_a_silver_seat_ends_the_membership(timed_stage: Stage) -> None:
    stage = timed_stage
    number = await _member(stage)
    stage.write(lambda session: _one_silver_seat(session, stage))
    other = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    await other.through(*TO_BRANCH)
    await downgrade(stage, number, Tier.SILVER, login="hq-vip")
    await stage.skip(days=100)
    row = next(item for item in stage.rows(Membership) if item.customer_no == number)
    assert (row.stage, row.ended_on) == (MembershipStage.EXPIRED, row.buffer_until)
    assert [seat.customer_no for seat in stage.rows(Seat)] == [stage.world.customer(world.SILVER)]
