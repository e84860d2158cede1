"""Several processes of one copy mark the engine: none of them takes another's mark for a restore."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from api.backup import marking
from api.backup.fence import Fence
from api.backup.marking import Marking
from api.gateway import Gateway
from models.database import Database
from models.services import audit, maintenance
from models.settings import Settings
from models.stores.maintenance import MaintenanceStore
from models.tables.maintenance import EngineMark
from models.types import Door
from tests.faults.parts import Engine
from tests.plugins.postgres import SECRET, fresh_database
from workflows.age_mark import AgeMark, read_mark

pytestmark = pytest.mark.timeout(60)
COPY = "marked"


def _happen(database: Database) -> None:
    with database.write() as session:
        audit.append(session, actor="x", action="y", object_kind="case", object_id="1", door=Door.SYSTEM)


async def test_a_mark_that_another_process_sets_meanwhile_is_no_restore(
    database: Database, power: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await power.client()
    one, other = (Marking(database, client, COPY, every=timedelta()) for _ in range(2))
    await one.turn()
    _happen(database)

    async def read_slowly(client: Client, copy: str) -> AgeMark | None:
        """The other process has its whole turn between this one's look at the engine and its look at the records."""
        found = await read_mark(client, copy)
        monkeypatch.undo()
        await other.turn()
        return found

    monkeypatch.setattr(marking, "read_mark", read_slowly)
    await one.turn()
    assert not await asyncio.to_thread(maintenance.is_closed, database)
    with database.read() as session:
        counted, mark = MaintenanceStore(session).mark(), await read_mark(client, COPY)
    assert counted is not None
    assert mark is not None
    assert counted.number == mark.number == 3


async def test_two_processes_that_start_at_once_on_new_records_both_start(postgres: str, power: Engine) -> None:
    settings = Settings(secret_key=SecretStr(SECRET), database_url=fresh_database(postgres), task_queue="at-once")
    database, client = Database.from_settings(settings), await power.client()
    fence = Fence.of(database, Gateway(client, settings.task_queue), client, settings)
    with database.write() as session:
        MaintenanceStore(session).set_mark(EngineMark(number=1, at=datetime.now(UTC)))
        start = asyncio.create_task(fence.before_the_first())
        await asyncio.wait({start}, timeout=1)  # it sets the first mark too, and waits for this one
    await start
    with database.read() as session:
        mark = MaintenanceStore(session).mark()
    database.dispose()
    assert mark is not None
    assert mark.number == 1
