"""One time-skipping server for all; per test a fresh record database, customers of its own and a worker."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from models.database import Database
from models.encryption import Keyring
from tests.support import engine, world
from tests.support.stage import Stage

_worlds = count(1)


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[engine.SharedServer]:
    """The time-skipping server; every world has customer numbers of its own, so its workflow ids never repeat."""
    shared = engine.SharedServer()
    yield shared
    await shared.stop()


@pytest.fixture
async def environment(server: engine.SharedServer) -> WorkflowEnvironment:
    """The server as this test finds it: at the present."""
    return await server.at_present()


@pytest.fixture(scope="session")
def records_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("records")
    world.new_database(folder).dispose()
    return folder / "records.db"


@pytest.fixture
async def stage(environment: WorkflowEnvironment, records_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """A world with a worker on the shared server."""
    async with _stage_on(environment, records_file, tmp_path) as stage:
        yield stage


@pytest.fixture
async def timed_stage(records_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """A world on a server of its own: time is skipped only while nothing of any test is under way on it."""
    async with engine.time_skipping() as own, _stage_on(own, records_file, tmp_path) as stage:
        yield stage


@asynccontextmanager
async def _stage_on(environment: WorkflowEnvironment, records_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    shutil.copyfile(records_file, tmp_path / "records.db")
    database = Database(f"sqlite:///{tmp_path}/records.db", Keyring(world.SECRET))
    people = world.build(database, offset=100 * next(_worlds))
    queue = f"test-{uuid4()}"
    async with engine.worker(environment.client, people, tmp_path, queue):
        stage = Stage(environment.client, people, queue, tmp_path, environment)
        yield stage
        for case in stage.cases:  # a case left open would wake up in another test's skipped time
            with suppress(RPCError):
                await case.handle.terminate()
    database.dispose()
