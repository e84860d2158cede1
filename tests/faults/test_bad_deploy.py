"""T23: a worker with a command moved is deployed: its cases stand still, nothing is lost, the good one takes over."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.dispatcher import dispatch_once
from api.gateway.reads import RunStatus
from models.messages.approval import ApprovalState
from tests.faults.clerk import AT_ONCE, Clerk, clerk
from tests.faults.parts import Engine
from tests.replay.reordered import ReorderedQualification
from workflows import worker
from workflows.qualification import QualificationWorkflow
from workflows.registry import WORKFLOWS

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(120)]

PROMISED_SECONDS = 8.0
RECOVERY_SECONDS = 60.0
KEY = "the-click"
BAD = [ReorderedQualification if shipped is QualificationWorkflow else shipped for shipped in WORKFLOWS]


@pytest.fixture
async def desk(power: Engine, tmp_path: Path) -> AsyncIterator[Clerk]:
    """The service on the engine."""
    async with clerk(power, tmp_path) as found:
        yield found


async def test_a_bad_deploy_is_waited_out_and_loses_nothing(desk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk.worker():
        task = await desk.declare()
    monkeypatch.setattr(worker, "WORKFLOWS", BAD)
    async with desk.worker():
        began = time.monotonic()
        sent = await desk.approve(task, KEY)
        assert time.monotonic() - began < PROMISED_SECONDS
        assert (sent.status_code, sent.json()["code"]) == (202, "not_yet_confirmed")
        assert desk.decided() == []
    monkeypatch.undo()
    async with desk.worker(), asyncio.timeout(RECOVERY_SECONDS):
        while await desk.became_of(KEY) != ("done", 200):
            await dispatch_once(desk.stage.world.database, desk.gateway, AT_ONCE)
            await asyncio.sleep(0.5)
        (case,) = desk.cases()
        look = await desk.gateway.look(case.workflow_id, ApprovalState)
    assert desk.decided() == [KEY]
    assert (look.status, look.trouble) == (RunStatus.RUNNING, None)
    assert look.state is not None
    assert look.state.version == case.version
