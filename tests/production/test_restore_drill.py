"""The drill: stores of different ages are put back, in both directions, and the doors open once they agree."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from pydantic import SecretStr
from sqlmodel import col, select
from temporalio.client import WorkflowExecutionStatus

from api.app import create_app
from api.backup import manifest as manifests
from api.backup.marking import NOT_OF_ONE_AGE, Marking
from api.backup.restoring import restore
from api.backup.taking import ENGINE, RECORDS, take
from models.database import Database
from models.messages.approval import ApprovalState
from models.messages.qualification import MembershipState
from models.messages.season import SeasonState
from models.services import audit, maintenance
from models.settings import Settings
from models.stores.audit import AuditStore
from models.tables.care import Touchpoint
from models.tables.cases import Case, CaseScore, Decision, Membership, Seat, Task
from models.tables.maintenance import Maintenance
from models.tables.season import QuotaSeason
from models.types import CaseKind, Outcome
from tests.faults.parts import NAMESPACE
from tests.faults.parts import Engine as EngineProcess
from tests.support import engine, world
from tests.support.clients import Clients

pytestmark = [pytest.mark.temporal, pytest.mark.faults, pytest.mark.timeout(300)]

QUEUE = "drill"
OPEN_SECONDS = 60.0
YOUNG, OLD, CUT = "young", "old", "cut"


def _settings(home: Path, address: str | None = None) -> Settings:
    return Settings(
        home=home,
        secret_key=SecretStr(world.SECRET),
        temporal_address=address,
        temporal_namespace=NAMESPACE,
        task_queue=QUEUE,
    )


@dataclass
class Copy:
    """One running copy: engine, worker and API on a home."""

    engine: EngineProcess
    database: Database
    clients: Clients

    async def declare(self, alias: str, tier: str, login: str = "mgr") -> str:
        """Declare a customer."""
        body = {"customer_no": alias, "year": world.YEAR, "tier": tier, "seat": _SEATS[tier]}
        answer = await self.post(login, "/api/v1/qualifications", body | {"reason": "增员", "late_reason": "补报"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    async def approve(self, login: str, case_id: str) -> httpx2.Response:
        """Approve the task of a case that lies with this person."""
        listed = (await self.clients.token(login).get("/api/v1/tasks")).json()["items"]
        (task,) = [task for task in listed if task["case_id"] == case_id]
        body = {"verdict": "approve", "version": task["version"]}
        return await self.post(login, f"/api/v1/tasks/{task['task_id']}/decide", body)

    async def post(self, login: str, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Send, once more while the answer is not known."""
        client, headers = self.clients.token(login), {"Idempotency-Key": str(uuid4())}
        async with asyncio.timeout(OPEN_SECONDS):
            while (answer := await client.post(path, json=body, headers=headers)).status_code == 202:
                await asyncio.sleep(0.2)
        return answer

    async def cut_off(self, case_id: str) -> None:
        """The engine loses the run of a case, and operations end it."""
        with self.database.read() as session:
            workflow_id = session.get_one(Case, UUID(case_id)).workflow_id
        await (await self.engine.client()).get_workflow_handle(workflow_id).terminate("lost")
        answer = await self.post(
            "ops", f"/api/v1/ops/cases/{case_id}/terminate", {"reason": "运行丢失", "confirmed": True}
        )
        assert answer.is_success, answer.text

    async def planned(self) -> None:
        """Wait until the new member's year is planned."""
        async with asyncio.timeout(OPEN_SECONDS):
            while not _rows(self.database)["planned"]:
                await asyncio.sleep(0.2)

    async def marked(self) -> None:
        """Mark the engine at once, as it is marked every minute."""
        await Marking(self.database, await self.engine.client(), QUEUE, every=timedelta()).turn()

    async def open(self) -> None:
        """Wait until people are let in."""
        async with asyncio.timeout(OPEN_SECONDS):
            while await asyncio.to_thread(maintenance.is_closed, self.database):
                await asyncio.sleep(0.2)


_SEATS = {"gold": "ranked", "silver": "silver"}


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[Copy]:
    """A copy on the home, as it stands there."""
    process = EngineProcess(home)
    await process.start()
    settings = _settings(home, process.address)
    database = Database.from_settings(settings)
    people = world.World(database, {})
    app = create_app(settings, database)
    try:
        async with engine.worker(await process.client(), people, home, QUEUE), app.router.lifespan_context(app):
            clients = Clients(app, database)
            yield Copy(process, database, clients)
            await clients.close()
    finally:
        process.kill()
        database.dispose()


@pytest.fixture(scope="module")
async def backups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three backups of one copy, with acts between them: a new case, one decided further, one approved to the end; then
    the new one is cut off by operations."""
    folder = tmp_path_factory.mktemp("drill")
    home = folder / "home"
    home.mkdir()
    people = world.build(world.new_database(home))
    people.database.dispose()
    async with running(home) as copy:
        first = await copy.declare(world.GOLD, "gold")
        last = await copy.declare(world.SILVER, "silver")
        for login in ("unit", "svc"):
            await copy.approve(login, last)
        await copy.marked()
        take(_settings(home), folder / OLD)
        await copy.approve("unit", first)
        await copy.approve("lead", last)
        await copy.planned()
        lost = await copy.declare(world.BRANCH_OWNED, "gold", "bj-mgr")
        opened = await copy.post("hq-vip", f"/api/v1/quotas/{world.YEAR}/season/open", {"reason": "年度评定"})
        assert opened.status_code == 201, opened.text
        await copy.marked()
        take(_settings(home), folder / YOUNG)
        await copy.cut_off(lost)
        await copy.marked()
        take(_settings(home), folder / CUT)
    return folder


def _mixed(backups: Path, records: str, engine_of: str, target: Path) -> Path:
    """A backup of the records of one and the engine of the other."""
    shutil.copytree(backups / records, target)
    shutil.copyfile(backups / engine_of / ENGINE, target / ENGINE)
    manifest = manifests.read(backups / records)
    (target / manifests.NAME).unlink()
    manifests.write(target, manifest.model_copy(update={"files": manifests.describe(target)}))
    return target


def _rows(database: Database) -> dict[str, list[Any]]:
    """What the records hold of the cases."""
    with database.read() as session:
        decisions = session.exec(select(Decision).order_by(col(Decision.case_id), col(Decision.step_no))).all()
        tasks = session.exec(select(Task).order_by(col(Task.id))).all()
        cases = session.exec(select(Case).order_by(col(Case.id))).all()
        scores = session.exec(select(CaseScore).order_by(col(CaseScore.case_id))).all()
        members = session.exec(select(Membership)).all()
        planned = session.exec(select(Touchpoint).order_by(col(Touchpoint.key))).all()
        seats = session.exec(select(Seat)).all()
        seasons = session.exec(select(QuotaSeason)).all()
    return {
        "decisions": [row.model_dump(exclude={"id", "evidence_digest"}) for row in decisions],
        "tasks": [row.model_dump() for row in tasks],
        "cases": [row.model_dump() for row in cases],
        "scores": [row.model_dump(exclude={"id"}) for row in scores],
        "members": [row.model_dump(exclude={"notified_at"}) for row in members],
        "planned": [(row.key, row.membership_id, row.due_on, row.stage) for row in planned],
        "seasons": [row.model_dump(exclude={"id"}) for row in seasons],
        "seats": [row.model_dump(exclude={"id"}) for row in seats],
    }


@pytest.fixture(scope="module")
def newest(backups: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What stood when the younger backup was taken."""
    home = tmp_path_factory.mktemp("newest")
    restore(_settings(home), backups / YOUNG)
    database = Database.from_settings(_settings(home))
    rows = _rows(database)
    database.dispose()
    return rows


def _by_hand(backups: Path, records: str, engine_of: str, home: Path) -> Path:
    """The files of two backups copied into a home, past `greenlane restore`."""
    home.mkdir()
    shutil.copyfile(backups / records / RECORDS, home / "records.db")
    shutil.copyfile(backups / engine_of / ENGINE, home / ENGINE)
    return home


@pytest.mark.parametrize(("records", "engine_of"), [(OLD, YOUNG), (YOUNG, OLD)], ids=["engine ahead", "records ahead"])
async def test_files_put_back_by_hand_are_noticed_before_anybody_is_let_in(
    backups: Path, newest: dict[str, list[Any]], tmp_path: Path, records: str, engine_of: str
) -> None:
    async with running(_by_hand(backups, records, engine_of, tmp_path / "home")) as copy:
        with copy.database.read() as session:
            closed = maintenance.standing(session)
        assert closed is not None
        assert closed.reason == NOT_OF_ONE_AGE
        assert (await copy.clients.token("mgr").post("/api/v1/qualifications", json={})).status_code == 503
        await copy.open()
        assert _rows(copy.database) == newest


async def test_files_of_one_age_are_let_in_at_once(backups: Path, tmp_path: Path) -> None:
    async with running(_by_hand(backups, YOUNG, YOUNG, tmp_path / "home")) as copy:
        assert not maintenance.is_closed(copy.database)


@pytest.mark.parametrize(("records", "engine_of"), [(OLD, YOUNG), (YOUNG, OLD)], ids=["engine ahead", "records ahead"])
async def test_both_stores_end_where_the_younger_one_was(
    backups: Path, newest: dict[str, list[Any]], tmp_path: Path, records: str, engine_of: str
) -> None:
    home = tmp_path / "home"
    manifest = restore(_settings(home), _mixed(backups, records, engine_of, tmp_path / "mixed"))
    async with running(home) as copy:
        await copy.open()
        assert _rows(copy.database) == newest
        with copy.database.read() as session:
            entries = list(AuditStore(session).all())
            cases = session.exec(select(Case)).all()
        assert audit.verify(entries).broken_at is None
        marked = [entry.action for entry in entries if entry.reason and entry.reason.startswith("rebuilt")]
        assert bool(marked) is (records == OLD)
        assert (entries[-1].action, entries[-1].after) == (
            "maintenance.end",
            {"backup_id": str(manifest.backup_id), "drift": 0},
        )
        client = await copy.engine.client()
        for case in cases:
            told = await client.get_workflow_handle(case.workflow_id).query("state", result_type=ApprovalState)
            assert told == ApprovalState.model_validate(case.state)
        season = await client.get_workflow_handle(f"quota-season/{world.YEAR}").query("state", result_type=SeasonState)
        assert season.phase == newest["seasons"][0]["phase"]
        member = await client.get_workflow_handle(f"membership/{world.SILVER}").query(
            "holding", result_type=MembershipState
        )
        assert [grant.membership_id for grant in member.grants] == [newest["members"][0]["id"]]
        (waiting,) = [case for case in cases if case.customer_no == world.GOLD]
        assert (await copy.approve("svc", str(waiting.id))).status_code == 200


async def test_a_case_that_was_cut_off_stays_so_and_requests_that_only_wrote_records_are_left_alone(
    backups: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    restore(_settings(home), _mixed(backups, CUT, YOUNG, tmp_path / "mixed"))
    async with running(home) as copy:
        await copy.open()
        with copy.database.read() as session:
            (case,) = session.exec(select(Case).where(Case.outcome == Outcome.TERMINATED)).all()
        run = await (await copy.engine.client()).get_workflow_handle(case.workflow_id).describe()
        assert run.status is WorkflowExecutionStatus.TERMINATED


async def test_a_run_that_tells_nothing_keeps_the_doors_closed_and_is_counted(backups: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    restore(_settings(home), backups / YOUNG)
    process = EngineProcess(home)
    await process.start()
    try:
        client = await process.client()
        await client.start_workflow(CaseKind.QUALIFICATION, id="qualification/2001/C000001/1", task_queue="nobody")
    finally:
        process.kill()
    async with running(home) as copy:
        async with asyncio.timeout(OPEN_SECONDS):
            while not (closed := _standing(copy.database)).drift:
                await asyncio.sleep(0.2)
        assert (closed.drift, maintenance.is_closed(copy.database)) == (1, True)


def _standing(database: Database) -> Maintenance:
    with database.read() as session:
        found = maintenance.standing(session)
    assert found is not None
    return found
