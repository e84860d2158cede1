"""重试 on the real engine: what fails is seen, is tried again at once, and then goes through."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session
from temporalio.api.workflowservice.v1 import ResetActivityRequest, ResetActivityResponse

from api import ops_bulk
from api.gateway import Gateway, WorkflowGoneError
from api.gateway.reads import RunStatus, Trouble
from api.reconciling import reconcile
from api.security.guard import caller_as
from models.messages.approval import ApprovalState
from models.ops_types import BulkAct, DriftKind
from models.services import jobs
from models.services.reconcile import runs
from models.tables.reconcile import Drift
from models.types import Door
from models.types import Stage as CaseStage
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]
TRIES = 4


async def test_a_failing_record_is_seen_and_tried_again_at_once(stage: Stage) -> None:
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    assert await gateway.retry(case.handle.id) == ()
    stage.write(_away)
    deciding = asyncio.create_task(case.decide("unit"))
    trouble = await _troubled(gateway, case.handle.id)
    assert trouble.activity == "record-step"
    seen = await _seen(stage, gateway)
    assert (seen.case_id, seen.sides["activity"][1], seen.sides["tries"][1] >= TRIES) == (
        case.case_id,
        "record-step",
        True,
    )
    assert await gateway.retry(case.handle.id) == ("record-step",)
    stage.write(_back)
    answer = await asyncio.wait_for(deciding, 20)
    look = await gateway.look(case.handle.id, ApprovalState)
    assert (look.status, look.trouble, look.answered) == (RunStatus.RUNNING, None, True)
    assert look.state is not None
    assert look.state.version == answer.version


async def test_what_goes_through_by_itself_meanwhile_is_not_tried_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the retry: the run is not over, there is just nothing left to do."""
    case, gateway, service = await stage.declare(), Gateway(stage.client, stage.queue), stage.client.workflow_service
    stage.write(_away)
    deciding = asyncio.create_task(case.decide("unit"))
    await _troubled(gateway, case.handle.id)
    reset = service.reset_activity

    async def late(request: ResetActivityRequest, **options: Any) -> ResetActivityResponse:
        stage.write(_back)
        await asyncio.wait_for(deciding, 20)
        return await reset(request, **options)

    monkeypatch.setattr(service, "reset_activity", late)
    assert await gateway.retry(case.handle.id) == ()


async def test_in_bulk_it_is_tried_again_before_its_next_try(stage: Stage) -> None:
    """The next try is seconds away when the table is back: the act goes through at once, and the job says so."""
    case, gateway, database = await stage.declare(), Gateway(stage.client, stage.queue), stage.world.database
    stage.write(_away)
    deciding = asyncio.create_task(case.decide("unit"))
    while (await _troubled(gateway, case.handle.id)).next_at is None:
        await asyncio.sleep(0.2)
    with database.write() as session:
        caller = caller_as(session, stage.world.accounts["ops"], Door.PAGE)
        wanted = ops_bulk.wish(BulkAct.RETRY, [case.case_id], None, "表已恢复")
        job_id = ops_bulk.ask(session, caller, wanted).id
    (shown,) = await ops_bulk.preview(database, gateway, caller, wanted)
    assert shown.refusal is None
    stage.write(_back)
    await ops_bulk.act_in_bulk(database, gateway, job_id)
    with database.read() as session:
        done = ops_bulk.bulk_answer(session, jobs.get(session, job_id))
    assert [(item.case_id, item.code) for item in done.items] == [(case.case_id, None)]
    assert (await asyncio.wait_for(deciding, 20)).stage is CaseStage.BRANCH_REVIEW
    assert stage.audited(case)[-2:] in (["ops.retried", "approve"], ["approve", "ops.retried"])


async def test_what_happened_and_the_next_timer(stage: Stage) -> None:
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    await case.decide("unit")
    history = await gateway.history(case.handle.id)
    (decided,) = [event for event in history.events if event.name == "decide"]
    assert (decided.kind, decided.who) == ("WORKFLOW_EXECUTION_UPDATE_ACCEPTED", stage.world.name("unit"))
    assert [event.number for event in history.events] == sorted(
        (event.number for event in history.events), reverse=True
    )
    assert not any(event.kind.startswith("WORKFLOW_TASK_") for event in history.events)
    (task,) = (await case.state()).tasks
    assert history.next_timer_at is not None
    assert history.next_timer_at <= task.deadline.due_at
    await case.handle.terminate("the engine lost it")
    history = await gateway.history(case.handle.id)
    assert (history.events[0].kind, history.next_timer_at) == ("WORKFLOW_EXECUTION_TERMINATED", None)


async def test_a_run_that_is_over_cannot_be_retried(stage: Stage) -> None:
    with pytest.raises(WorkflowGoneError):
        await Gateway(stage.client, stage.queue).retry("qualification/none")
    assert (await Gateway(stage.client, stage.queue).history("qualification/none")).events == ()


async def _seen(stage: Stage, gateway: Gateway) -> Drift:
    """What the comparison sees meanwhile: a run that fails, and no drift."""
    with stage.world.database.write() as session:
        job_id = runs.ask(session, runs.Wish(True, runs.BY_THE_CLOCK)).id
    await reconcile(stage.world.database, gateway, job_id)
    (found,) = [row for row in stage.rows(Drift) if row.kind is not DriftKind.RECORD_MISSING]
    assert found.kind is DriftKind.RUN_FAILING
    return found


async def _troubled(gateway: Gateway, workflow_id: str) -> Trouble:
    async with asyncio.timeout(40):
        while True:
            found = (await gateway.standing(workflow_id)).trouble
            if found is not None and found.tries >= TRIES:
                return found
            await asyncio.sleep(0.2)


def _away(session: Session) -> None:
    session.execute(text("ALTER TABLE evidence RENAME TO evidence_away"))


def _back(session: Session) -> None:
    session.execute(text("ALTER TABLE evidence_away RENAME TO evidence"))
