"""Continue-as-new of a membership in a race with updates: each is applied once, and its answer stands (T14)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.worker import Worker

from models.identifiers import MEMBERSHIP, membership_id
from models.messages.membership import (
    CarePlanned,
    ChangeContacts,
    DowngradeMembership,
    MembershipAnswered,
    MembershipDue,
    MembershipMoved,
    MoveMembership,
    PlanCare,
    RecordMembershipAct,
)
from models.messages.qualification import MembershipGrant, MembershipState
from models.types import Door, MembershipStage, SeatKind, Tier
from tests.faults.parts import Engine
from workflows.membership import MembershipWorkflow
from workflows.options import TASK_TIMEOUT
from workflows.registry import sandbox

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
MEMBER, UPDATES, ROLLS, WAVE = UUID(int=7), 15, 3, 5
_numbers = count(1)


class Records:
    """What the activities would have written, counted."""

    def __init__(self) -> None:
        self.acts: Counter[str] = Counter()
        self.plans: list[PlanCare] = []
        self.announced: list[MembershipGrant] = []
        self.moves: list[MoveMembership] = []

    def activities(self) -> list[Callable[..., Any]]:
        """Under the same wire names."""

        @activity.defn(name="record-membership-act")
        def record_act(message: RecordMembershipAct) -> MembershipAnswered:
            self.acts[message.act.update_id] += 1
            number = int(message.act.comment)
            return MembershipAnswered(
                membership_id=UUID(int=number), stage=MembershipStage.SERVING, tier=Tier.GOLD, replans=True
            )

        @activity.defn(name="plan-care")
        def plan_care(message: PlanCare) -> CarePlanned:
            self.plans.append(message)
            return CarePlanned(plans=1)

        @activity.defn(name="announce-membership")
        def announce(grant: MembershipGrant) -> None:
            self.announced.append(grant)

        @activity.defn(name="move-membership")
        def move(message: MoveMembership) -> MembershipMoved:
            self.moves.append(message)
            over = (MEMBER,) if message.day >= date(2027, 3, 1) else ()
            return MembershipMoved(over=over, running=not over)

        return [record_act, plan_care, announce, move]


@asynccontextmanager
async def _running(client: Client, records: Records, **state: Any) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    queue, number = f"rolls-{uuid4()}", f"R{next(_numbers)}-{uuid4().hex[:8]}"
    with ThreadPoolExecutor(8) as executor:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[MembershipWorkflow],
            activities=records.activities(),
            activity_executor=executor,
            workflow_runner=sandbox(),
        ):
            yield await client.start_workflow(
                MEMBERSHIP,
                MembershipState(customer_no=number, **state),
                id=membership_id(number),
                task_queue=queue,
                task_timeout=TASK_TIMEOUT,
            )


def _act(number: int) -> ChangeContacts:
    return ChangeContacts(
        update_id=f"{UUID(int=1)}:{number}",
        content_hash="x",
        actor_id=UUID(int=1),
        actor_name="王晓梅",
        door=Door.API,
        comment=str(number),
        customer_no="R",
        contact_ids=(UUID(int=number),),
    )


async def _sent(client: Client, workflow_id: str, number: int) -> MembershipAnswered:
    """As the dispatcher does: the same update id again until it is answered."""
    act = _act(number)
    while True:
        try:
            answer: MembershipAnswered = await client.get_workflow_handle(workflow_id).execute_update(
                "contacts", act, id=act.update_id, result_type=MembershipAnswered
            )
        except RPCError:
            await asyncio.sleep(0.02)  # the runs were just changing: nothing was applied, or it is answered next time
        else:
            return answer


async def _holding(handle: WorkflowHandle[Any, Any]) -> MembershipState:
    state: MembershipState = await handle.query("holding", result_type=MembershipState)
    return state


async def _rolled(handle: WorkflowHandle[Any, Any], rolls: int) -> MembershipState:
    """The state once it has carried itself over so often."""
    async with asyncio.timeout(30):
        while True:
            try:
                state = await _holding(handle)
            except RPCError:
                continue
            if state.rolls >= rolls:
                return state
            await asyncio.sleep(0.05)


async def test_updates_that_race_with_the_change_of_runs_are_each_applied_once(power: Engine) -> None:
    records, client = Records(), await power.client()
    numbers, answers = range(1, UPDATES + 1), dict[int, list[int]]()
    async with _running(client, records, roll_after=1) as started:
        handle = client.get_workflow_handle(started.id)

        async def send(number: int) -> None:
            await asyncio.sleep(0.01 * (number % WAVE))
            answers.setdefault(number, []).append((await _sent(client, started.id, number)).membership_id.int)

        for wave in range(ROLLS):
            now = [number for number in numbers if number % ROLLS == wave]
            before = (await _rolled(handle, wave)).rolls
            await asyncio.gather(*(send(number) for number in (*now, *now)))
            await _rolled(handle, before + 1)
        await asyncio.gather(*(send(number) for number in numbers))
        state = await _rolled(handle, ROLLS)
        await handle.terminate()
    assert set(records.acts.values()) == {1}
    assert len(records.acts) == UPDATES
    assert answers == {number: [number] * 3 for number in numbers}
    assert set(state.applied) == set(records.acts)
    assert len({plan.key for plan in records.plans}) == len(records.plans) == UPDATES


async def test_a_buffer_and_the_grants_are_carried_over_and_the_sweep_ends_it(power: Engine) -> None:
    records, client = Records(), await power.client()
    grant = MembershipGrant(
        case_id=uuid4(),
        customer_no="R",
        year=2025,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        manager_id=uuid4(),
        valid_from=date(2026, 3, 1),
        valid_to=date(2027, 2, 28),
        membership_id=MEMBER,
    )
    buffer = MembershipAnswered(
        membership_id=MEMBER,
        stage=MembershipStage.DOWNGRADE_BUFFER,
        tier=Tier.GOLD,
        buffer_ends_at=datetime(2100, 1, 1, tzinfo=UTC),
    )
    async with _running(client, records, roll_after=1, buffer=buffer) as started:
        handle = client.get_workflow_handle(started.id)
        await handle.signal("granted", grant)
        await handle.signal("granted", grant)
        await _sent(client, started.id, 1)
        for day in (date(2026, 3, 1), date(2026, 3, 1)):
            await handle.signal("due", MembershipDue(day=day))
        state = await _rolled(handle, 1)
        assert state.buffer == buffer
        assert state.grants == (grant,)
        await handle.signal("due", MembershipDue(day=date(2027, 3, 1)))
        last = await asyncio.wait_for(handle.result(), 10)
    assert MembershipState.model_validate(last).grants == (grant,)
    assert records.announced == [grant]
    assert [plan.cause for plan in records.plans].count("granted") == 1
    assert (records.plans[-1].cause, records.plans[-1].membership_id) == ("ended", MEMBER)


def test_a_downgrade_without_plans_is_read_as_before() -> None:
    """Answers in recorded histories lack the field that asks for a planning."""
    answer = MembershipAnswered.model_validate({"membership_id": MEMBER, "stage": "serving", "tier": "gold"})
    assert not answer.replans
    assert DowngradeMembership.model_fields["kind"].default == "downgrade"
