"""Signs of life of a worker: there while it lives, gone when it stopped by itself, old where it was killed."""

import asyncio
from datetime import UTC, datetime, timedelta

from models.database import Database
from models.services.heartbeat import beat, worker_alive
from models.tables.messages import WorkerHeartbeat
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
