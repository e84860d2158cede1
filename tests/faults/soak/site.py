"""The service as processes that can be killed: engine, API, workers whose tasks are due in seconds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from models.database import Database
from models.encryption import Keyring
from tests.faults.forked import Forked
from tests.faults.parts import Engine, Workers
from tests.plugins.postgres import Server, fresh_database
from tests.support import world
from tests.support.ports import free_port

READY_SECONDS = 90.0
DUE_SECONDS = 8
"""How long after its opening a task is due here; in the service it is working days."""
API = "api"
ENGINE = "engine"
RECORDS = "records"
QUEUE = "soak"


@dataclass
class Site:
    """The records, who is in them, and the processes by name."""

    people: world.World
    engine: Engine
    workers: Workers
    names: tuple[str, ...]
    postgres: Server | None = None
    port: int = field(default_factory=free_port)
    running: dict[str, Forked] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Database:
        """The records."""
        return self.people.database

    async def mend(self) -> None:
        """Start whatever does not run, as a supervisor would."""
        if self.postgres is not None and self.postgres.is_down:
            await asyncio.to_thread(self.postgres.start)
        if self.engine.process is None or self.engine.process.poll() is not None:
            await self.engine.start()
        for name in (API, *self.names):
            if name not in self.running or self.running[name].poll() is not None:
                self.running[name] = self.workers.api(self.port) if name == API else self.workers.hasty(DUE_SECONDS)

    def kill(self, name: str) -> None:
        """SIGKILL."""
        if name == ENGINE:
            self.engine.kill()
            return
        if name == RECORDS and self.postgres is not None:
            self.postgres.kill()
            return
        self.running[name].kill()
        self.running[name].wait()

    async def ready(self) -> None:
        """Everything runs and the API says that it is ready."""
        async with asyncio.timeout(READY_SECONDS), httpx2.AsyncClient(base_url=self.address, timeout=5) as client:
            while True:
                await self.mend()
                if await _is_ready(client):
                    return
                await asyncio.sleep(0.2)


async def _is_ready(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).is_success
    except httpx2.TransportError:
        return False


@asynccontextmanager
async def site(
    home: Path, customers: int, prepare: Callable[[world.World], None], postgres: Server | None = None
) -> AsyncIterator[Site]:
    """A started copy in `home` on prepared records: one worker on SQLite, two on a database of PostgreSQL."""
    url = fresh_database(postgres.url) if postgres else None
    database = Database(url, Keyring(world.SECRET)) if url else world.new_database(home)
    people = world.build(database)
    with database.write() as session:
        for number in range(customers):
            world.add_customer(session, customer(number), f"北京第{number}集团有限公司", "BJ01", 2_000_000)
    prepare(people)
    engine = Engine(home)
    workers = Workers(home, engine.address, QUEUE, database_url=url)
    try:
        found = Site(people, engine, workers, ("worker-1", "worker-2") if url else ("worker-1",), postgres)
        await found.ready()
        yield found
    finally:
        workers.kill_all()
        engine.kill()
        database.dispose()


def customer(number: int) -> str:
    """Number of a customer that nobody else declares."""
    return world.shifted(world.GOLD, 1000 + number)
