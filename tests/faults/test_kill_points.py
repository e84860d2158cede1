"""The five kill points of an approval (decisions.md 2): nothing lost, nothing doubled, the request gets its answer.

Each test runs a case up to its third step with a worker that dies there, then lets `greenlane worker` take over.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from models.messages.approval import Answered, Decide
from models.tables.cases import Decision, Task
from models.types import Stage as CaseStage
from models.types import TaskState
from tests.faults.parts import Engine, Workers, death
from tests.support import world
from tests.support.engine import Case, Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

DYING_STEP = 3
ANSWER_SECONDS = 40.0
worlds_here = count(1)


@dataclass
class Approval:
    """A case waiting for its branch review, on real processes."""

    engine: Engine
    workers: Workers
    stage: Stage

    async def up_to_review(self, point: str) -> tuple[Case, Decide]:
        """Declared and checked by a worker that will die at `point` of the review; the review, ready to be sent."""
        self.workers.failing(point, DYING_STEP)
        async with asyncio.timeout(ANSWER_SECONDS):
            case = await self.stage.declare()
            await case.decide("unit")
            return case, await case.decision("svc", key="the-click")

    async def answer(self, case: Case, act: Decide) -> Answered:
        """Send the act and wait."""
        async with asyncio.timeout(ANSWER_SECONDS):
            return await case.send("decide", act)

    async def lost(self, case: Case, act: Decide) -> None:
        """Send the act; the worker dies of it and the caller gives up."""
        sending = asyncio.create_task(case.send("decide", act))
        await death(self.workers.running[-1])
        sending.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await sending

    async def check(self, case: Case, act: Decide, answer: Answered) -> None:
        """Exactly one decision, audit row and next task; the chain holds and the engine says what the records say."""
        assert answer.stage is CaseStage.BRANCH_APPROVAL
        decisions = [row for row in self.stage.rows(Decision) if row.step_no >= DYING_STEP]
        assert [(row.step_no, row.update_id) for row in decisions] == [(DYING_STEP, act.update_id)]
        assert self.stage.audited(case) == ["declare", "approve", "approve"]
        tasks = sorted((row.step, row.state) for row in self.stage.rows(Task))
        assert tasks == [
            ("branch_approval", TaskState.OPEN),
            ("branch_review", TaskState.DONE),
            ("unit_check", TaskState.DONE),
        ]
        state = await self.stage.in_step(case)
        assert (state.stage, state.version) == (CaseStage.BRANCH_APPROVAL, DYING_STEP)


@pytest.fixture
async def approval(power: Engine, tmp_path: Path) -> AsyncIterator[Approval]:
    """Records, customers and a task queue of this test's own."""
    database = world.new_database(tmp_path)
    offset = 100 * next(worlds_here)
    people = world.build(database, offset=offset)
    queue = f"faults-{uuid4()}"
    workers = Workers(tmp_path, power.address, queue)
    yield Approval(power, workers, Stage(await power.client(), people, queue, tmp_path))
    workers.kill_all()
    database.dispose()


async def test_killed_before_the_engine_accepted(approval: Approval) -> None:
    case, act = await approval.up_to_review("after_commit")
    approval.workers.kill_all()
    with pytest.raises(WorkflowUpdateRPCTimeoutOrCancelledError):
        async with asyncio.timeout(0.5):
            await case.send("decide", act)
    assert len(approval.stage.rows(Decision)) == DYING_STEP - 1
    approval.workers.healthy()
    await approval.check(case, act, await approval.answer(case, act))


async def test_killed_inside_the_transaction(approval: Approval) -> None:
    case, act = await approval.up_to_review("in_transaction")
    await approval.lost(case, act)
    assert len(approval.stage.rows(Decision)) == DYING_STEP - 1
    approval.workers.healthy()
    await approval.check(case, act, await approval.answer(case, act))


async def test_killed_after_the_commit(approval: Approval) -> None:
    case, act = await approval.up_to_review("after_commit")
    await approval.lost(case, act)
    assert len(approval.stage.rows(Decision)) == DYING_STEP
    approval.workers.healthy()
    await approval.check(case, act, await approval.answer(case, act))


async def test_killed_after_completion_before_the_answer(approval: Approval) -> None:
    case, act = await approval.up_to_review("after_completion")
    await approval.lost(case, act)
    approval.workers.healthy()
    first = await approval.answer(case, act)
    assert await approval.answer(case, act) == first
    await approval.check(case, act, first)


async def test_killed_after_the_commit_together_with_the_engine(approval: Approval) -> None:
    case, act = await approval.up_to_review("after_commit")
    await approval.lost(case, act)
    approval.engine.kill()
    await approval.engine.start()
    approval.workers.healthy()
    await approval.check(case, act, await approval.answer(case, act))


async def test_whoever_comes_first_after_such_a_crash_learns_who_decided(approval: Approval) -> None:
    case, act = await approval.up_to_review("after_commit")
    await approval.lost(case, act)
    approval.engine.kill()
    await approval.engine.start()
    approval.workers.healthy()
    other = act.model_copy(update={"update_id": f"{act.actor_id}:another-click"})
    with pytest.raises(Refused, match="already_decided") as refused:
        await approval.answer(case, other)
    (decision,) = [row for row in approval.stage.rows(Decision) if row.step_no == DYING_STEP]
    assert refused.value.context == {"who": "赵敏", "when": decision.at.isoformat(), "verb": "approve"}
    await approval.check(case, act, await case.standing())
    assert await approval.answer(case, act) == await case.standing(), "the one that stands gets its answer all the same"
