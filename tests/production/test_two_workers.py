"""The production shape without its images: one API and two workers as processes of their own on PostgreSQL."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from sqlmodel import col, select
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from models.database import Database
from models.encryption import Keyring
from models.messages.approval import ApprovalState
from models.services import audit
from models.services.sign_in import issue_token
from models.stores.audit import AuditStore
from models.tables.cases import Case, Decision
from models.types import Stage
from tests.faults.parts import Engine, Workers
from tests.plugins.postgres import fresh_database
from tests.support import world
from tests.support.ports import free_port

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(300)]

CASES = 6
WORKERS = 2
LEVELS = ("unit", "svc", "lead")
KILLED_AFTER = 8
READY_SECONDS = 150.0
"""Three processes start side by side, beside whatever else the machine does."""
ANSWER_SECONDS = 60.0
OFFSET = 950_000
UNKNOWN = {202, 503}
"""Answers that leave it open: the same request with the same key is sent again."""


@dataclass
class Production:
    """The processes, the records beneath them, and what the people were told."""

    address: str
    workers: Workers
    people: world.World
    engine: Engine
    told: Counter[str]

    async def declare(self, number: int) -> str:
        """Declare one customer for gold."""
        body = {
            "customer_no": _customer(number),
            "year": world.YEAR,
            "tier": "gold",
            "seat": "ranked",
            "reason": "连续三年增员",
            "late_reason": "补报",
        }
        answer = await self._send("mgr", "/api/v1/qualifications", body)
        case_id: str = answer["case_id"]
        return case_id

    async def decide(self, login: str, case_id: str) -> None:
        """Approve the case's task that lies with this person."""
        async with self._client(login) as client:
            listed = (await client.get("/api/v1/tasks", params={"limit": 100})).json()["items"]
        (task,) = [task for task in listed if task["case_id"] == case_id]
        body = {"verdict": "approve", "version": task["version"]}
        await self._send(login, f"/api/v1/tasks/{task['task_id']}/decide", body)

    async def through(self, number: int) -> str:
        """One customer from its declaration to head office's review."""
        case_id = await self.declare(number)
        for login in LEVELS:
            await self.decide(login, case_id)
        return case_id

    async def _send(self, login: str, path: str, body: dict[str, object]) -> dict[str, str]:
        """Send under one key until the answer is definite."""
        key = str(uuid4())
        async with asyncio.timeout(ANSWER_SECONDS), self._client(login) as client:
            while True:
                answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
                if answer.status_code not in UNKNOWN:
                    break
                self.told["unknown"] += 1
                await asyncio.sleep(0.5)
        assert answer.is_success, answer.text
        self.told["done"] += 1
        found: dict[str, str] = answer.json()
        return found

    def _client(self, login: str) -> httpx2.AsyncClient:
        with self.people.database.write() as session:
            token = issue_token(session, self.people.accounts[login], datetime.now(UTC)).token
        return httpx2.AsyncClient(base_url=self.address, timeout=30, headers={"Authorization": f"Bearer {token}"})

    async def ready(self) -> None:
        """Wait until the API says so and the engine knows both workers."""
        async with asyncio.timeout(READY_SECONDS), httpx2.AsyncClient(base_url=self.address) as client:
            while True:
                try:
                    if (await client.get("/readyz")).status_code == 200 and await self._pollers() == WORKERS:
                        return
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.2)

    async def _pollers(self) -> int:
        client = await self.engine.client()
        request = DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=self.workers.queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        answer = await client.workflow_service.describe_task_queue(request)
        return len({poller.identity for poller in answer.pollers})

    async def state(self, workflow_id: str) -> ApprovalState:
        """A case as the engine holds it."""
        handle = (await self.engine.client()).get_workflow_handle(workflow_id)
        found: ApprovalState = await handle.query("state", result_type=ApprovalState)
        return found

    async def who_worked(self, workflow_id: str) -> set[int]:
        """Process ids of the workers that took the case's steps."""
        handle = (await self.engine.client()).get_workflow_handle(workflow_id)
        taken = [event.workflow_task_started_event_attributes.identity async for event in handle.fetch_history_events()]
        return {int(identity.partition("@")[0]) for identity in taken if identity}


def _customer(number: int) -> str:
    return world.shifted(world.GOLD, OFFSET + 100 + number)


@pytest.fixture
async def production(power: Engine, postgres: str, tmp_path: Path) -> AsyncIterator[Production]:
    """Records in PostgreSQL, one API and two workers."""
    url, port = fresh_database(postgres), free_port()
    database = Database(url, Keyring(world.SECRET))
    people = world.build(database, offset=OFFSET)
    with database.write() as session:
        for number in range(CASES):
            world.add_customer(session, _customer(number), f"北京第{number}集团有限公司", "BJ01", 2_000_000)
    workers = Workers(tmp_path, power.address, f"production-{uuid4()}", database_url=url)
    found = Production(f"http://127.0.0.1:{port}", workers, people, power, Counter())
    try:
        for _ in range(WORKERS):
            workers.healthy()
        workers.api(port)
        await found.ready()
        yield found
    finally:
        workers.kill_all()
        database.dispose()


async def test_one_of_two_workers_is_killed_and_every_decision_stands_once(production: Production) -> None:
    async def kill_one() -> None:
        while production.told["done"] < KILLED_AFTER:
            await asyncio.sleep(0.02)
        os.kill(production.workers.running[0].pid, signal.SIGKILL)

    killing = asyncio.create_task(kill_one())
    case_ids = await asyncio.gather(*(production.through(number) for number in range(CASES)))
    await killing
    assert production.told["done"] == CASES * (1 + len(LEVELS))
    with production.people.database.read() as session:
        assert audit.verify(AuditStore(session).all()).broken_at is None
        rows = session.exec(select(Decision).order_by(col(Decision.case_id), col(Decision.step_no))).all()
        cases = session.exec(select(Case)).all()
    assert {str(case.id) for case in cases} == set(case_ids)
    people = production.people.accounts
    for case in cases:
        own = [(row.step_no, row.actor_id) for row in rows if row.case_id == case.id]
        assert own == list(enumerate((people["mgr"], *(people[login] for login in LEVELS)), start=1))
        assert case.stage is Stage.HQ_REVIEW
        assert await production.state(case.workflow_id) == ApprovalState.model_validate(case.state)
    worked = set[int]().union(*[await production.who_worked(case.workflow_id) for case in cases])
    assert worked == {process.pid for process in production.workers.running[:WORKERS]}, "both took their share"
