"""A world on the real engine, for the tests of this folder."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.parts import Engine
from tests.support import engine, world
from tests.support.stage import Stage

_worlds = count(1)


@pytest.fixture
async def stage(power: Engine, tmp_path: Path) -> AsyncIterator[Stage]:
    """A worker in this process on the real engine."""
    database, client, queue = world.new_database(tmp_path), await power.client(), f"race-{uuid4()}"
    people = world.build(database, offset=800_000 + 100 * next(_worlds))
    async with engine.worker(client, people, tmp_path, queue):
        yield Stage(client, people, queue, tmp_path)
    database.dispose()
