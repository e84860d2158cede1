"""重置 and 终止 on the real engine: runs that are gone go on from their records, or their cases end truthfully."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session
from temporalio.client import WorkflowExecutionStatus

from api import ops_mending
from api.acts import key_for
from api.gateway import Gateway
from api.gateway.reads import RunStatus
from api.ops_acts import Asking
from api.reconciling import reconcile
from api.security.guard import caller_as
from models.errors import DomainError, ErrorCode
from models.identifiers import QUALIFICATION
from models.ops_types import DriftKind
from models.rules.ending import NEVER_CUT_OFF
from models.services import audit
from models.services.case_state import state_class
from models.services.idempotency import Key
from models.services.reconcile import runs
from models.stores.audit import AuditStore
from models.tables.audit import AuditEntry
from models.tables.care import Touchpoint
from models.tables.cases import Case, Task
from models.tables.reconcile import Drift
from models.types import OPEN_TASK_STATES, CaseKind, Door, Outcome
from models.types import Stage as CaseStage
from tests.support.engine import Case as Declared
from tests.support.engine import Refused
from tests.support.every_kind import contents, every_kind
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(120)]
WHY = "主机故障后恢复"
TRIES = 4


def _asking(stage: Stage, key: str = "", reason: str = WHY) -> Asking:
    with stage.world.database.read() as session:
        caller = caller_as(session, stage.world.accounts["ops"], Door.PAGE)
    return Asking(caller, key_for(caller, key or uuid4().hex, "mend", reason), reason)


async def _broken_off(stage: Stage) -> list[Case]:
    """Every open case, its run ended behind its back."""
    await every_kind(stage)
    cases = [row for row in stage.rows(Case) if row.outcome is None]
    for case in cases:
        await stage.client.get_workflow_handle(case.workflow_id).terminate("拔掉")
    return cases


async def _differences(stage: Stage) -> list[tuple[DriftKind, str, dict[str, Any]]]:
    with stage.world.database.write() as session:
        job_id = runs.ask(session, runs.Wish(True, runs.BY_THE_CLOCK)).id
    await reconcile(stage.world.database, Gateway(stage.client, stage.queue), job_id)
    found = [row for row in stage.rows(Drift) if row.job_id == job_id and row.kind is not DriftKind.RECORD_MISSING]
    return [(row.kind, row.workflow_id, row.sides) for row in found]


async def test_every_kind_goes_on_where_its_record_stands(stage: Stage) -> None:
    cases, gateway = await _broken_off(stage), Gateway(stage.client, stage.queue)
    before = contents(stage)
    for case in cases:
        await ops_mending.reset(stage.world.database, gateway, _asking(stage), case.id)
    assert contents(stage) == before
    for case in cases:
        look = await gateway.look(case.workflow_id, state_class(case.kind))
        assert (look.status, look.answered) == (RunStatus.RUNNING, True)
    assert await _differences(stage) == []
    told = [row for row in stage.rows(AuditEntry) if row.action == ops_mending.RESET]
    assert {(row.object_id, row.reason, row.door) for row in told} == {
        (str(case.id), WHY, Door.OVERRIDE) for case in cases
    }


async def test_every_kind_ends_truthfully_or_not_at_all(stage: Stage) -> None:
    cases, gateway = await _broken_off(stage), Gateway(stage.client, stage.queue)
    refused = {case.kind for case in cases if await _refusal(stage, gateway, case.id) is ErrorCode.WRONG_STAGE}
    assert refused == NEVER_CUT_OFF
    ended = [case for case in cases if case.kind not in NEVER_CUT_OFF]
    rows = {row.id: row for row in stage.rows(Case)}
    assert {(rows[case.id].outcome, rows[case.id].stage) for case in ended} == {
        (Outcome.TERMINATED, CaseStage.CANCELLED)
    }
    left = {task.case_id for task in stage.rows(Task) if task.state in OPEN_TASK_STATES}
    assert left.isdisjoint(case.id for case in ended)
    (visited,) = [case.id for case in ended if case.kind is CaseKind.CARE_TOUCHPOINT]
    assert {row.stage for row in stage.rows(Touchpoint) if row.case_id == visited} == {CaseStage.CANCELLED}
    for case in cases:
        if case.kind in NEVER_CUT_OFF:
            await ops_mending.reset(stage.world.database, gateway, _asking(stage), case.id)
    assert await _differences(stage) == []
    told = [row for row in stage.rows(AuditEntry) if row.action == "ops.terminated"]
    assert {(row.object_id, row.reason) for row in told} == {(str(case.id), WHY) for case in ended}
    with stage.world.database.read() as session:
        assert audit.verify(AuditStore(session).all()).broken_at is None


async def _refusal(stage: Stage, gateway: Gateway, case_id: UUID) -> ErrorCode | None:
    try:
        await ops_mending.terminate(stage.world.database, gateway, _asking(stage), case_id)
    except DomainError as error:
        return error.code
    return None


async def test_a_run_in_order_is_neither_started_again_nor_cut_off(stage: Stage) -> None:
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    before = contents(stage)
    for act in (ops_mending.reset, ops_mending.terminate):
        with pytest.raises(DomainError, match="run_in_order"):
            await act(stage.world.database, gateway, _asking(stage), case.case_id)
        with pytest.raises(DomainError, match="reason_required"):
            await act(stage.world.database, gateway, _asking(stage, reason=""), case.case_id)
    assert contents(stage) == before
    assert (await case.decide("unit")).stage is CaseStage.BRANCH_REVIEW


async def test_the_same_request_again_changes_nothing_more(stage: Stage) -> None:
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    await case.handle.terminate("拔掉")
    first = _asking(stage, "reset-again-1")
    for _ in range(2):
        await ops_mending.reset(stage.world.database, gateway, first, case.case_id)
    assert stage.audited(case) == ["declare", ops_mending.RESET]
    case = _now(stage, case)
    await case.decide("unit")
    await stage.in_step(case)
    await case.handle.terminate("再拔掉")
    asking = _asking(stage, "terminate-again-1")
    for _ in range(2):
        await ops_mending.terminate(stage.world.database, gateway, asking, case.case_id)
    assert stage.audited(case) == ["declare", ops_mending.RESET, "approve", "ops.terminated"]
    with pytest.raises(DomainError, match="case_closed"):
        await ops_mending.reset(stage.world.database, gateway, _asking(stage), case.case_id)
    await ops_mending.reset(stage.world.database, gateway, first, case.case_id)
    with pytest.raises(DomainError, match="idempotency_conflict"):
        await ops_mending.terminate_orphan(stage.world.database, gateway, replace(first, key=_other(first.key)), "x/1")


async def test_a_run_that_recovers_while_it_is_judged_is_left_alone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, gateway, logins = await stage.declare(), Gateway(stage.client, stage.queue), iter(("unit", "svc"))
    for room in ("api.ops_judging", "api.ops_mending"):
        monkeypatch.setattr(f"{room}.fails", lambda *_: True)
    look = gateway.standing

    async def recovers(workflow_id: str) -> Any:
        found = await look(workflow_id)
        await case.decide(next(logins))
        return found

    monkeypatch.setattr(gateway, "standing", recovers)
    for act in (ops_mending.terminate, ops_mending.reset):
        with pytest.raises(DomainError, match="run_in_order"):
            await act(stage.world.database, gateway, _asking(stage), case.case_id)
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL
    assert stage.audited(case) == ["declare", "approve", "approve"]


def _other(key: Key) -> Key:
    return replace(key, route="another")


async def test_a_run_that_comes_to_its_own_end_is_not_started_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was failing when it was looked at, and was done before it was ended."""
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    for room in ("api.ops_judging", "api.ops_mending"):
        monkeypatch.setattr(f"{room}.fails", lambda *_: True)

    async def done(*_: Any) -> None:
        await case.withdraw()
        await case.handle.result()

    monkeypatch.setattr(gateway, "terminate", done)
    with pytest.raises(DomainError, match="case_closed"):
        await ops_mending.reset(stage.world.database, gateway, _asking(stage), case.case_id)
    assert stage.record(case).outcome is Outcome.WITHDRAWN


async def test_a_failing_run_ends_and_what_was_asked_of_it_is_asked_of_the_next(stage: Stage) -> None:
    """What nobody recorded is lost with the run; what stands in the records is not."""
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    act = await case.decision("unit", key="meant")
    stage.write(_away)
    deciding = asyncio.create_task(case.send("decide", act))
    await _failing(gateway, case.handle.id)
    await ops_mending.reset(stage.world.database, gateway, _asking(stage), case.case_id)
    with pytest.raises(Refused, match="AcceptedUpdateCompletedWorkflow"):
        await asyncio.wait_for(deciding, 20)
    stage.write(_back)
    case = _now(stage, case)
    assert (await case.send("decide", act)).stage is CaseStage.BRANCH_REVIEW
    await stage.in_step(case)


async def test_a_failing_run_is_cut_off_with_its_case(stage: Stage) -> None:
    case, gateway = await stage.declare(), Gateway(stage.client, stage.queue)
    stage.write(_away)
    deciding = asyncio.create_task(case.decide("unit"))
    await _failing(gateway, case.handle.id)
    await ops_mending.terminate(stage.world.database, gateway, _asking(stage), case.case_id)
    stage.write(_back)
    with pytest.raises(Refused, match="AcceptedUpdateCompletedWorkflow"):
        await asyncio.wait_for(deciding, 20)
    assert stage.record(case).outcome is Outcome.TERMINATED
    assert (await case.handle.describe()).status is WorkflowExecutionStatus.TERMINATED
    assert await _differences(stage) == []


async def test_a_run_without_a_record_ends_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, name = Gateway(stage.client, stage.queue), f"qualification/2001/{uuid4().hex[:12]}/1"
    handle = await stage.client.start_workflow(QUALIFICATION, id=name, task_queue="nobody-works-here")
    before = contents(stage)
    with pytest.raises(DomainError, match="run_in_order"):
        await ops_mending.terminate_orphan(stage.world.database, gateway, _asking(stage), name)
    monkeypatch.setattr("models.services.reconcile.runs.OPENING", timedelta(seconds=-5))
    asking = _asking(stage, "orphan-0001")
    with monkeypatch.context() as broken:
        broken.setattr(gateway, "terminate", _dies)
        with pytest.raises(ConnectionError):
            await ops_mending.terminate_orphan(stage.world.database, gateway, asking, name)
    for _ in range(2):
        await ops_mending.terminate_orphan(stage.world.database, gateway, asking, name)
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED
    (told,) = [row for row in stage.rows(AuditEntry) if row.action == ops_mending.RUN_ENDED]
    assert (told.object_kind, told.object_id, told.reason) == ("run", name, WHY)
    assert contents(stage) == before
    case = await stage.declare()
    for known in (case.handle.id, name, "membership/none"):
        with pytest.raises(DomainError, match="not_found"):
            await ops_mending.terminate_orphan(stage.world.database, gateway, _asking(stage), known)


async def _dies(*_: Any) -> None:
    raise ConnectionError


def _now(stage: Stage, case: Declared) -> Declared:
    """The case with the run that it has now."""
    return replace(case, handle=stage.client.get_workflow_handle(case.handle.id, result_type=Outcome))


async def _failing(gateway: Gateway, workflow_id: str) -> None:
    async with asyncio.timeout(40):
        while True:
            found = (await gateway.standing(workflow_id)).trouble
            if found is not None and found.tries >= TRIES:
                return
            await asyncio.sleep(0.2)


def _away(session: Session) -> None:
    session.execute(text("ALTER TABLE evidence RENAME TO evidence_away"))


def _back(session: Session) -> None:
    session.execute(text("ALTER TABLE evidence_away RENAME TO evidence"))
