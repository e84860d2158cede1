"""What operations does to a case, over HTTP on a real engine: handed to somebody else, left out, taken back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from api.app import create_app
from api.gateway import Gateway
from api.gateway.reads import RunStatus
from models.database import Database
from models.rules.calendar import local_date
from models.services.audit import verify
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.cases import Case, Decision, Task
from models.types import Door, TaskState, Tier
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.members import add_member

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]
TODAY = local_date(datetime.now(UTC))


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

    async def touchpoint(self) -> str:
        """A visit to a gold VIP that is owed today, as a case that runs."""
        with self.database.write() as session:
            member = add_member(session, world.GOLD, Tier.GOLD, TODAY - timedelta(days=30))
            member.manager_id = UUID(self.people["mgr"])
        asked = {"customer_no": world.GOLD, "code": "Z08", "due_on": TODAY.isoformat(), "reason": "客户来电"}
        return str((await self.post("mgr", "/care/touchpoints", 201, asked))["case_id"])

    def records(self, case_id: str) -> tuple[Case, list[Task]]:
        """The case with its tasks."""
        with self.database.read() as session:
            case = session.get_one(Case, UUID(case_id))
            return case, list(session.exec(select(Task).where(Task.case_id == case.id)))

    def stepped_in(self, case_id: str) -> list[str]:
        """Why operations stepped in: the reasons kept with the decisions, each with its mark in a whole audit trail."""
        with self.database.read() as session:
            trail = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))).all()
            decisions = session.exec(select(Decision).where(Decision.case_id == UUID(case_id))).all()
        assert verify(trail).broken_at is None
        marks = [entry.actor for entry in trail if (entry.object_id, entry.door) == (case_id, Door.OVERRIDE)]
        reasons = [row.comment for row in decisions if row.door is Door.OVERRIDE]
        assert marks == [self.people["ops"]] * len(reasons)
        return reasons


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """The floor with its engine."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="ops-acts")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "ops-acts"):
        gateway = Gateway(environment.client, "ops-acts")
        app = create_app(settings, database, gateway)
        async with app.router.lifespan_context(app):
            clients = Clients(app, database, datetime.now(UTC))
            yield Floor(clients, database, gateway, {login: str(number) for login, number in people.accounts.items()})
            await clients.close()
    database.dispose()


async def test_operations_hands_on_what_a_case_waits_for(floor: Floor) -> None:
    case_id = await floor.touchpoint()
    body = {"to": floor.people["unit"], "reason": "客户经理休假"}
    first = await floor.post("ops", f"/ops/cases/{case_id}/reassign", 200, body, "given-0001")
    assert await floor.post("ops", f"/ops/cases/{case_id}/reassign", 200, body, "given-0001") == first
    case, tasks = floor.records(case_id)
    assert case.outcome is None
    assert [str(task.assignee_id) for task in tasks if task.closed_at is None] == [floor.people["unit"]]
    assert floor.stepped_in(case_id) == ["客户经理休假"]
    refused = await floor.post(
        "ops", f"/ops/cases/{case_id}/reassign", 422, {"to": floor.people["sh-lead"], "reason": "代办"}
    )
    assert refused["code"] == "bad_transfer_target"


async def test_operations_hands_on_an_approval(floor: Floor) -> None:
    declared = {"customer_no": world.GOLD, "tier": "gold", "seat": "ranked", "year": world.YEAR, "reason": "增员"}
    made = await floor.post("mgr", "/qualifications", 201, declared | {"late_reason": "补报"})
    body = {"to": floor.people["svc"], "reason": "负责人离职"}
    await floor.post("ops", f"/ops/cases/{made['case_id']}/reassign", 200, body)
    _case, tasks = floor.records(made["case_id"])
    assert [str(task.assignee_id) for task in tasks if task.closed_at is None] == [floor.people["svc"]]
    assert floor.stepped_in(made["case_id"]) == ["负责人离职"]


@pytest.mark.parametrize(("verb", "stage"), [("skip", "skipped"), ("cancel", "cancelled")])
async def test_operations_leaves_a_touchpoint_out(floor: Floor, verb: str, stage: str) -> None:
    case_id = await floor.touchpoint()
    path, body = f"/ops/cases/{case_id}/{verb}", {"reason": "与上周重复"}
    assert (await floor.post("ops", path, 422, {"reason": ""}))["code"] == "reason_required"
    row = await floor.post("ops", path, 200, body, f"left-{verb}-1")
    assert (row["case_id"], row["stage"], row["outcome"]) == (case_id, stage, "cancelled")
    assert await floor.post("ops", path, 200, body, f"left-{verb}-1") == row
    case, tasks = floor.records(case_id)
    assert case.closed_at is not None
    assert {task.state for task in tasks} <= {TaskState.CANCELLED, TaskState.DONE}
    assert floor.stepped_in(case_id) == ["与上周重复"]
    assert (await floor.gateway.standing(case.workflow_id)).status is RunStatus.COMPLETED
    assert (await floor.post("ops", path, 409, body))["code"] == "case_closed"
