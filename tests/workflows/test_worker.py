"""Signs of life of a worker: there while it lives, gone when it stopped by itself, old where it was killed.

And what its log says of an activity that failed: whose case it was, and at whose request.
"""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from structlog.contextvars import get_contextvars
from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from models.database import Database
from models.messages.approval import Act
from models.messages.base import Message
from models.services.heartbeat import beat, worker_alive
from models.tables.messages import WorkerHeartbeat
from models.types import Door
from tests.support.stage import Stage
from workflows.activity_context import ActivityContext
from workflows.worker import give_signs_of_life


async def test_a_worker_that_stops_takes_its_sign_with_it(database: Database) -> None:
    stop = asyncio.Event()
    signs = asyncio.create_task(give_signs_of_life(database, stop))
    async with asyncio.timeout(5):
        while not worker_alive(database, datetime.now(UTC)):
            await asyncio.sleep(0.01)
    stop.set()
    await signs
    assert not worker_alive(database, datetime.now(UTC)), "ready without a worker for half a minute"


async def test_the_sign_of_another_worker_stays(database: Database) -> None:
    beat(database, "another", datetime.now(UTC))
    stop = asyncio.Event()
    stop.set()
    await give_signs_of_life(database, stop)
    assert worker_alive(database, datetime.now(UTC))


def test_a_sign_of_a_worker_long_gone_is_forgotten(database: Database) -> None:
    """A container's name is used once: its row would stay for ever."""
    long_ago = datetime.now(UTC) - timedelta(days=2)
    beat(database, "killed", long_ago)
    beat(database, "alive", datetime.now(UTC))
    with database.read() as session:
        assert session.get(WorkerHeartbeat, "killed") is None


class Step(Message):
    """As the messages that record an act."""

    act: Act


@activity.defn(name="fails")
async def fails(_: Step) -> None:
    """Fails."""
    raise ValueError("no")


@workflow.defn(name="failing")
class Failing:
    """Asks once for an activity that fails."""

    @workflow.run
    async def run(self, step: Step) -> None:
        """Ask."""
        once = RetryPolicy(maximum_attempts=1)
        await workflow.execute_activity(fails, step, start_to_close_timeout=timedelta(seconds=5), retry_policy=once)


class _Kept(logging.Handler):
    """Keeps what a line would be written with."""

    def __init__(self) -> None:
        super().__init__()
        self.bound: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.bound.append({"message": record.getMessage(), **get_contextvars()})


@pytest.fixture
def kept() -> Iterator[_Kept]:
    handler = _Kept()
    logging.getLogger("temporalio.activity").addHandler(handler)
    yield handler
    logging.getLogger("temporalio.activity").removeHandler(handler)


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_the_line_of_a_failed_activity_names_case_and_request(stage: Stage, kept: _Kept) -> None:
    act = Act(update_id="a:1", content_hash="-", actor_id=uuid4(), actor_name="王", door=Door.API, request_id="abc-1")
    queue, case = str(uuid4()), f"failing/{uuid4()}"
    async with Worker(
        stage.client,
        task_queue=queue,
        workflows=[Failing],
        activities=[fails],
        interceptors=[ActivityContext()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        with pytest.raises(WorkflowFailureError):
            await stage.client.execute_workflow(Failing.run, Step(act=act), id=case, task_queue=queue)
    (line,) = [one for one in kept.bound if one["message"].startswith("Completing activity as failed")]
    assert (line["workflow"], line["activity"], line["request_id"]) == (case, "fails", "abc-1")
    assert "workflow" not in get_contextvars()
