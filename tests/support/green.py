"""The world with a counter in two branches and VIPs, for green-channel tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from pydantic import SecretStr
from sqlmodel import select

from api.app import create_app
from models.database import Database
from models.settings import Settings
from models.tables.service import GreenChannelRecord
from models.types import Tier
from tests.support import serving, world
from tests.support.clients import Clients
from tests.support.serving_gateway import ServingGateway

GREEN = "/api/v1/green-channel"
CLAIM = {"service": "claim", "reference_no": "CL-1"}


@dataclass(frozen=True)
class Desk:
    """People on the application; acts are recorded at once."""

    clients: Clients
    database: Database
    gateway: ServingGateway
    people: dict[str, UUID]

    def api(self, login: str) -> httpx2.AsyncClient:
        """A person over HTTP."""
        return self.clients.token(login)

    def page(self, login: str) -> httpx2.AsyncClient:
        """A person in a browser."""
        return self.clients.browser(login)

    def record(self, case_id: str) -> GreenChannelRecord:
        """附件三 as it stands."""
        with self.database.read() as session:
            rows = session.exec(select(GreenChannelRecord)).all()
        return next(row for row in rows if str(row.case_id) == case_id)

    async def take_in(self, login: str = "ctr", **more: Any) -> dict[str, Any]:
        """A claim of the silver customer, taken in now."""
        body = {"customer_no": world.SILVER, **CLAIM, **more}
        answer = await self.api(login).post(GREEN, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def act(self, login: str, made: dict[str, Any], name: str, **body: Any) -> httpx2.Response:
        """An act on the request as it stands."""
        client = self.api(login)
        version = (await client.get(f"{GREEN}/{made['case_id']}")).json().get("version", 1)
        return await client.post(f"{GREEN}/{made['case_id']}/{name}", json={"version": version, **body})

    async def done(self, login: str, made: dict[str, Any], name: str, **body: Any) -> dict[str, Any]:
        """The same, and it went through."""
        answer = await self.act(login, made, name, **body)
        assert answer.status_code == 200, (name, answer.text)
        row: dict[str, Any] = answer.json()
        return row


@asynccontextmanager
async def desk_on(tmp_path: Path) -> AsyncIterator[Desk]:
    """The application over the world, with VIPs and counters."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    serving.with_counter(people)
    serving.with_counter(people, "sh-ctr", "沈柜面", "SH")
    with database.write() as session:
        serving.make_vip(session, people, world.SILVER, Tier.SILVER)
        serving.make_vip(session, people, world.GOLD, Tier.GOLD)
    gateway = ServingGateway(database)
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), database, gateway)
    async with app.router.lifespan_context(app):
        clients = Clients(app, database)
        yield Desk(clients, database, gateway, people.accounts)
        await clients.close()
    database.dispose()
