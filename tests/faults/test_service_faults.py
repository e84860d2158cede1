"""A request on the green channel when workers die in the record of an act, and when fifty act at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from models.messages.approval import Answered
from models.messages.service_acts import AcceptService, OnService
from models.services import audit
from models.stores.audit import AuditStore
from models.stores.services import ServiceStore
from models.tables.cases import Decision, Task
from models.tables.messages import Notification
from models.types import Stage as CaseStage
from models.types import TaskState
from tests.faults.parts import Engine, Workers, death
from tests.support import engine, world
from tests.support import serving_engine as serving
from tests.support.engine import Refused
from tests.support.serving import COUNTER
from tests.support.serving_engine import Serving
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

ACCEPTING = 1
"""Step number of the first act."""
RACERS = 50
ANSWER_SECONDS = 40.0
_worlds = count(1)


@dataclass
class Desk:
    """The counter on real processes."""

    engine: Engine
    workers: Workers
    stage: Stage

    async def dies(self, point: str) -> tuple[Serving, OnService]:
        """A request whose acceptance kills its worker at `point`."""
        self.workers.failing(point, ACCEPTING)
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await serving.request(self.stage)
            act = await found.acting(AcceptService, COUNTER)
        sending = asyncio.create_task(found.send(act))
        await death(self.workers.running[-1])
        sending.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await sending
        return found, act

    async def check(self, found: Serving, act: OnService) -> None:
        """A healthy worker answers: one decision, one audit row, one new task, one telling."""
        self.workers.healthy()
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await found.send(act)
            assert answer.stage is CaseStage.ACCEPTED
            assert (await found.in_step()).version == answer.version
        assert [row.update_id for row in self.stage.rows(Decision) if row.step_no] == [act.update_id]
        tasks = sorted((row.step, row.state) for row in self.stage.rows(Task))
        assert tasks == [("accept", TaskState.DONE), ("handle", TaskState.OPEN)]
        with self.stage.world.database.read() as session:
            entries = [entry for entry in AuditStore(session).all() if entry.object_id == str(found.case_id)]
            assert [entry.action for entry in entries] == ["open", "accept"]
            assert audit.verify(AuditStore(session).all()).broken_at is None
            form = ServiceStore(session).green_channel(found.case_id)
            assert form is not None
            assert form.handler_name == "何柜面"
            keys = [note.dedupe_key for note in session.exec(select(Notification))]
            assert len(keys) == len(set(keys))


@pytest.fixture
async def desk(power: Engine, tmp_path: Path) -> AsyncIterator[Desk]:
    """Records and a task queue of this test's own."""
    database = world.new_database(tmp_path)
    people = world.build(database, offset=600_000 + 100 * next(_worlds))
    queue = f"service-faults-{uuid4()}"
    workers = Workers(tmp_path, power.address, queue)
    yield Desk(power, workers, Stage(await power.client(), people, queue, tmp_path))
    workers.kill_all()
    database.dispose()


async def test_killed_inside_the_transaction(desk: Desk) -> None:
    found, act = await desk.dies("in_transaction")
    assert [row.step_no for row in desk.stage.rows(Decision)] == [0]
    await desk.check(found, act)


async def test_killed_after_the_commit_together_with_the_engine(desk: Desk) -> None:
    found, act = await desk.dies("after_commit")
    assert sorted(row.step_no for row in desk.stage.rows(Decision)) == [0, ACCEPTING]
    desk.engine.kill()
    await desk.engine.start()
    await desk.check(found, act)


async def test_fifty_who_accept_at_once_have_one_winner(power: Engine, tmp_path: Path) -> None:
    database, client, queue = world.new_database(tmp_path), await power.client(), f"service-race-{uuid4()}"
    people = world.build(database, offset=600_000 + 100 * next(_worlds))
    async with engine.worker(client, people, tmp_path, queue):
        found = await serving.request(Stage(client, people, queue, tmp_path))
        first = await found.acting(AcceptService, COUNTER)
        acts = [first.model_copy(update={"update_id": f"{first.actor_id}:{number}"}) for number in range(RACERS)]
        results = await asyncio.gather(*(found.send(act) for act in acts), return_exceptions=True)
        assert (await found.in_step()).stage is CaseStage.ACCEPTED
    won = [act for act, result in zip(acts, results, strict=True) if isinstance(result, Answered)]
    lost = [result for result in results if isinstance(result, Refused)]
    assert (len(won), len(lost)) == (1, RACERS - 1), [repr(result) for result in results]
    assert {refused.code for refused in lost} <= {"stale_version", "wrong_stage", "already_decided"}
    with database.read() as session:
        rows = session.exec(select(Decision).where(Decision.step_no == ACCEPTING)).all()
        assert [row.update_id for row in rows] == [won[0].update_id]
    database.dispose()
