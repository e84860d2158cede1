"""T18, T19: the records are gone while timers fire and people act: every breach once, nothing lost or doubled."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlmodel import Session

from models.database import Database
from models.encryption import Keyring
from models.identifiers import touchpoint_workflow_id
from models.messages.sweep import StartSweep
from models.rules.calendar import local_date
from models.services import audit
from models.services.approval import signers
from models.stores.audit import AuditStore
from models.tables.care import Touchpoint
from models.tables.cases import Case, Decision, Task
from models.tables.desk import TaskAlarm
from models.types import OPEN_TASK_STATES, CaseKind
from tests.faults.clerk import Clerk, clerk
from tests.faults.hasty_worker import due_in
from tests.faults.parts import Engine
from tests.plugins.postgres import Server, fresh_database
from tests.support import engine, world
from tests.support.sweeping import add_touchpoint
from workflows.sweeping import start_sweep

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

DUE_SECONDS = 3.0
LOCKED_SECONDS = 6.0
"""Longer than a transaction waits for its turn."""
DOWN_SECONDS = 1.0
BACK_SECONDS = 30.0
CASES, VISITS = 6, 3
LEFT_OPEN = {202, 503}


@pytest.fixture(autouse=True)
def _due_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signers, "due_on_date", due_in(DUE_SECONDS))


@pytest.fixture
async def desk(power: Engine, tmp_path: Path) -> AsyncIterator[Clerk]:
    """The service on SQLite."""
    async with clerk(power, tmp_path) as found, found.worker():
        yield found


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Another process holds the file for writing."""
    with closing(sqlite3.connect(home / "records.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_timers_that_fire_on_a_locked_file_escalate_once_and_start_once(desk: Clerk) -> None:
    day, visits = local_date(datetime.now(UTC)) - timedelta(days=2), _visits(desk)
    await desk.stage.declare()
    with _locked(desk.stage.home):
        assert await start_sweep(desk.stage.client, desk.stage.queue, StartSweep(institution_code="BJ", day=day))
        await asyncio.sleep(LOCKED_SECONDS)
        assert (desk.stage.rows(TaskAlarm), _started(desk)) == ([], [])
    await _escalated(desk, 1)
    async with asyncio.timeout(BACK_SECONDS):
        while len(_started(desk)) < VISITS:
            await asyncio.sleep(0.1)
    assert _started(desk) == visits
    _check_breaches(desk)


async def test_postgresql_killed_while_timers_fire_and_people_decide(
    power: Engine, postgres_server: Server, tmp_path: Path
) -> None:
    records = Database(fresh_database(postgres_server.url), Keyring(world.SECRET))
    async with clerk(power, tmp_path, records) as desk, desk.worker():
        tasks = await _declared(desk)
        person = desk.clients.token("unit")
        deciding = asyncio.create_task(_decided(person, tasks))
        while not [row for row in desk.stage.rows(Decision) if row.task_id]:
            await asyncio.sleep(0.01)
        postgres_server.kill()
        away = await person.get("/api/v1/tasks")
        assert (away.status_code, away.json()["code"]) == (503, "records_unavailable")
        await asyncio.sleep(DOWN_SECONDS)
        await asyncio.to_thread(postgres_server.start)
        told = await deciding
        acknowledged = {task_id for task_id, status in told.items() if status == 200}
        assert set(told.values()) <= {200, *LEFT_OPEN}
        assert acknowledged <= {row.task_id for row in desk.stage.rows(Decision)}
        async with asyncio.timeout(BACK_SECONDS):
            while set((await _decided(person, tasks)).values()) != {200}:
                await asyncio.sleep(0.5)
        await _escalated(desk, CASES)
        decided = Counter(row.task_id for row in desk.stage.rows(Decision) if row.task_id)
        assert decided == Counter(dict.fromkeys(tasks, 1))
        _check_breaches(desk)


async def _declared(desk: Clerk) -> dict[UUID, int]:
    """Cases that wait for their check: the task of each, and its version."""
    numbers = [world.shifted(desk.stage.world.customer(world.GOLD), 10 + number) for number in range(CASES)]

    def more(session: Session) -> None:
        for number in numbers:
            world.add_customer(session, number, f"客户{number}", "BJ01", 2_000_000)

    desk.stage.write(more)
    people = desk.stage
    await asyncio.gather(
        *(engine.declare(people.client, people.world, number, queue=people.queue) for number in numbers)
    )
    return {row.id: row.version for row in people.rows(Task)}


async def _decided(person: httpx2.AsyncClient, tasks: dict[UUID, int]) -> dict[UUID, int]:
    """Approve every task under a key of its own; what was answered."""

    async def one(task_id: UUID, version: int) -> tuple[UUID, int]:
        answer = await person.post(
            f"/api/v1/tasks/{task_id}/decide",
            json={"verdict": "approve", "version": version},
            headers={"Idempotency-Key": f"check-{task_id}"},
        )
        return task_id, answer.status_code

    return dict(await asyncio.gather(*(one(task_id, version) for task_id, version in tasks.items())))


def _visits(desk: Clerk) -> list[str]:
    """Touchpoints that are due: the ids of the cases that a sweep has to start."""
    people, today = desk.stage.world, local_date(datetime.now(UTC))
    with people.database.write() as session:
        number, manager = people.customer(world.GOLD), people.accounts["mgr"]
        rows = [add_touchpoint(session, number, today, key=f"visit:{n}", assignee_id=manager).id for n in range(VISITS)]
    return sorted(touchpoint_workflow_id(row_id) for row_id in rows)


def _started(desk: Clerk) -> list[str]:
    linked = [row for row in desk.stage.rows(Touchpoint) if row.case_id]
    cases = [row.workflow_id for row in desk.stage.rows(Case) if row.kind is CaseKind.CARE_TOUCHPOINT]
    assert len(linked) == len(cases)
    return sorted(cases)


async def _escalated(desk: Clerk, number: int) -> None:
    """Wait until so many open tasks of approvals were escalated."""
    async with asyncio.timeout(BACK_SECONDS):
        while len(_overdue(desk)) < number:
            await asyncio.sleep(0.1)


def _overdue(desk: Clerk) -> list[UUID]:
    """Open tasks with a breach."""
    return [row.id for row in desk.stage.rows(Task) if row.state in OPEN_TASK_STATES and row.breached_at is not None]


def _check_breaches(desk: Clerk) -> None:
    """Whatever was escalated was escalated once, and the trail says so once."""
    breached = Counter(row.task_id for row in desk.stage.rows(TaskAlarm) if row.key == "breach")
    with desk.stage.world.database.read() as session:
        entries = list(AuditStore(session).all())
    audited = Counter(UUID(entry.after["task_id"]) for entry in entries if entry.after and entry.action == "breach")
    assert audit.verify(entries).broken_at is None
    assert set(_overdue(desk)) <= set(breached)
    assert set(breached.values()) == {1}
    assert audited == breached
