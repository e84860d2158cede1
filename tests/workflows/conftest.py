"""Per test: a time-skipping server, a fresh record database and a worker."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from models.types import SeatKind, Tier
from tests.support import engine, world
from tests.support.engine import Case
from tests.support.world import World


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server of its own: workflow ids are business ids and repeat between tests."""
    async with engine.time_skipping() as running:
        yield running


@dataclass
class Stage:
    """What a workflow test acts on."""

    client: Client
    world: World
    queue: str
    home: Path
    environment: WorkflowEnvironment

    async def declare(
        self,
        customer_no: str = world.GOLD,
        tier: Tier = Tier.GOLD,
        seat_kind: SeatKind = SeatKind.RANKED,
        login: str = "mgr",
        attempt: int = 1,
    ) -> Case:
        """Declare a customer of the world."""
        return await engine.declare(
            self.client,
            self.world,
            customer_no,
            tier=tier,
            seat_kind=seat_kind,
            login=login,
            queue=self.queue,
            attempt=attempt,
        )


@pytest.fixture
async def stage(environment: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Stage]:
    """A world with a worker on it."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    queue = f"test-{uuid4()}"
    async with engine.worker(environment.client, people, tmp_path, queue):
        yield Stage(environment.client, people, queue, tmp_path, environment)
    database.dispose()
