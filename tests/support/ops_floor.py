"""Operations over HTTP on a real engine: people, a worker, cases that run, and what operations did to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlmodel import col, select

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.services.audit import verify
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.cases import Case, Decision, Task
from models.types import Door, Tier
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.members import add_member
from tests.support.moment import today


@dataclass(frozen=True)
class Floor:
    """People on the application, an engine and a worker behind it."""

    clients: Clients
    database: Database
    gateway: Gateway
    people: dict[str, str]

    async def post(self, login: str, path: str, status: int, body: Any, key: str = "") -> dict[str, Any]:
        """An answer of the JSON interface with this status."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.clients.token(login).post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        facts: dict[str, Any] = answer.json()
        return facts

    async def touchpoint(self, customer_no: str = world.GOLD) -> str:
        """A visit to a customer, a gold VIP from now on, that is owed today: a case that runs."""
        with self.database.write() as session:
            member = add_member(session, customer_no, Tier.GOLD, today() - timedelta(days=30))
            member.manager_id = UUID(self.people["mgr"])
        asked = {"customer_no": customer_no, "code": "Z08", "due_on": today().isoformat(), "reason": "客户来电"}
        return str((await self.post("mgr", "/care/touchpoints", 201, asked))["case_id"])

    async def lose(self, workflow_id: str) -> None:
        """The engine forgets the run behind everybody's back."""
        seen = (await self.gateway.standing(workflow_id)).seen
        assert seen is not None
        await self.gateway.terminate(workflow_id, seen.run_id, "lost")

    def records(self, case_id: str) -> tuple[Case, list[Task]]:
        """The case with its tasks."""
        with self.database.read() as session:
            case = session.get_one(Case, UUID(case_id))
            return case, list(session.exec(select(Task).where(Task.case_id == case.id)))

    def stepped_in(self, case_id: str) -> list[str | None]:
        """Why operations stepped in: the reasons kept with the decisions, each with its mark in a whole audit trail."""
        with self.database.read() as session:
            trail = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))).all()
            decisions = session.exec(select(Decision).where(Decision.case_id == UUID(case_id))).all()
        assert verify(trail).broken_at is None
        marks = [entry.actor for entry in trail if (entry.object_id, entry.door) == (case_id, Door.OVERRIDE)]
        reasons = [row.comment for row in decisions if row.door is Door.OVERRIDE]
        assert marks == [self.people["ops"]] * len(reasons)
        return reasons

    async def declaration(self) -> str:
        """A declaration that waits for its unit lead."""
        body = {"customer_no": world.GOLD, "tier": "gold", "seat": "ranked", "year": world.YEAR, "reason": "增员"}
        return str((await self.post("mgr", "/qualifications", 201, body | {"late_reason": "补报"}))["case_id"])


@asynccontextmanager
async def floor_on(tmp_path: Path) -> AsyncIterator[Floor]:
    """The floor with its engine."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="ops-acts")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "ops-acts"):
        gateway = Gateway(environment.client, "ops-acts")
        app = create_app(settings, database, gateway)
        async with app.router.lifespan_context(app):
            clients = Clients(app, database)
            yield Floor(clients, database, gateway, {login: str(number) for login, number in people.accounts.items()})
            await clients.close()
    database.dispose()
