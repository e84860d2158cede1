"""People at the JSON door of a real engine that may be away, with workers that come and go in the test's own loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from pydantic import SecretStr

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.settings import Settings
from models.tables.cases import Case, Decision
from tests.faults.parts import Engine
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.stage import Stage

_worlds = count(1)
AT_ONCE = timedelta()
"""For the dispatcher: whatever is unanswered, however young."""


@dataclass
class Clerk:
    """The service without a worker, until one is asked for."""

    power: Engine
    stage: Stage
    gateway: Gateway
    clients: Clients

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """A worker meanwhile."""
        async with engine.worker(self.stage.client, self.stage.world, self.stage.home, self.stage.queue):
            yield

    def declaration(self) -> dict[str, Any]:
        """Of the gold customer."""
        return {
            "customer_no": self.stage.world.customer(world.GOLD),
            "year": world.YEAR,
            "tier": "gold",
            "seat": "ranked",
            "reason": "连续三年增员",
            "late_reason": "补报",
        }

    async def declare(self) -> dict[str, Any]:
        """Declare it; the task that this opened."""
        answer = await self.clients.token("mgr").post("/api/v1/qualifications", json=self.declaration())
        assert answer.status_code == 201, answer.text
        return await self.task("unit")

    async def task(self, login: str) -> dict[str, Any]:
        """The one task that lies with somebody."""
        (task,) = (await self.clients.token(login).get("/api/v1/tasks")).json()["items"]
        found: dict[str, Any] = task
        return found

    async def approve(self, task: dict[str, Any], key: str, login: str = "unit") -> httpx2.Response:
        """Approve it under a key."""
        return await self.clients.token(login).post(
            f"/api/v1/tasks/{task['task_id']}/decide",
            json={"verdict": "approve", "version": task["version"]},
            headers={"Idempotency-Key": key},
        )

    async def became_of(self, key: str, login: str = "unit") -> tuple[str | None, int | None]:
        """What became of a request, by its key: state and status."""
        answer = (await self.clients.token(login).get(f"/api/v1/updates/{key}")).json()
        return answer.get("state"), answer["status"]

    def cases(self) -> list[Case]:
        """Every case as the records have it."""
        return list(self.stage.rows(Case))

    def decided(self) -> list[str]:
        """Keys of the acts that stand, in order of their steps."""
        rows = sorted(self.stage.rows(Decision), key=lambda row: row.step_no)
        return [row.update_id.partition(":")[2] for row in rows[1:]]


@asynccontextmanager
async def clerk(power: Engine, home: Path, records: Database | None = None) -> AsyncIterator[Clerk]:
    """Records, application and a task queue of a test's own; the records are SQLite in the home unless given."""
    database, client, queue = records or world.new_database(home), await power.client(), f"clerk-{uuid4()}"
    people = world.build(database, offset=700_000 + 100 * next(_worlds))
    settings = Settings(home=home, secret_key=SecretStr(world.SECRET), task_queue=queue)
    gateway = Gateway(client, queue)
    app = create_app(settings, database, gateway)
    async with app.router.lifespan_context(app):
        clients = Clients(app, database)
        yield Clerk(power, Stage(client, people, queue, home), gateway, clients)
        await clients.close()
    database.dispose()
