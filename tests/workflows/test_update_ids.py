"""An act whose update id names no account is refused at once, by every kind of case; it is not tried for ever."""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from models.errors import ErrorCode
from models.messages.membership import CancelMembership
from models.messages.service_acts import AcceptService
from models.types import Stage as CaseStage
from models.types import Tier
from tests.support import serving_engine as serving
from tests.support import world
from tests.support.care_members import running_member, start
from tests.support.engine import Refused
from tests.support.member_acts import cancel
from tests.support.serving import COUNTER
from tests.support.serving_engine import who
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
NOBODYS = "nobody:key-0001"
SOON = 15


async def test_on_a_request_and_the_next_act_goes_through(stage: Stage) -> None:
    case = await serving.request(stage)
    with pytest.raises(Refused) as caught:
        await asyncio.wait_for(case.act(AcceptService, COUNTER, update_id=NOBODYS), SOON)
    assert caught.value.code == ErrorCode.INVALID_INPUT
    assert caught.value.context["errors"] == [{"field": "update_id", "reason": "uuid_parsing"}]
    assert (await case.in_step()).stage is CaseStage.RECEIVED
    await case.act(AcceptService, COUNTER)
    assert (await case.in_step()).stage is CaseStage.ACCEPTED


async def test_on_an_approval(stage: Stage) -> None:
    case = await stage.declare()
    decision = (await case.decision("unit")).model_copy(update={"update_id": NOBODYS})
    with pytest.raises(Refused) as caught:
        await asyncio.wait_for(case.send("decide", decision), SOON)
    assert caught.value.code == ErrorCode.INVALID_INPUT
    answer = await case.decide("unit")
    assert answer.stage is CaseStage.BRANCH_REVIEW


async def test_on_a_membership(stage: Stage) -> None:
    with stage.world.database.write() as session:
        row = running_member(session, stage.world, stage.world.customer(world.GOLD), Tier.GOLD)
    handle = await start(stage.client, stage.queue, stage.world.database, row.case_id)
    act = CancelMembership(**who(stage, "lead"), customer_no=row.customer_no, cause="customer_wish", comment="来函")
    nobodys = act.model_copy(update={"update_id": NOBODYS})
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await asyncio.wait_for(handle.execute_update("cancel", nobodys, id=NOBODYS), SOON)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == ErrorCode.INVALID_INPUT
    await cancel(stage, row.customer_no, "customer_wish")
