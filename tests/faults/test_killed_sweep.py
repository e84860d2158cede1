"""A worker killed in the middle of a sweep: the next one goes on, and every touchpoint has one case."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from models.database import Database
from models.identifiers import touchpoint_workflow_id
from models.messages.sweep import StartSweep
from models.rules.calendar import local_date
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.types import CaseKind
from tests.faults.parts import Engine, Workers, death
from tests.support import world
from tests.support.sweeping import add_touchpoint
from workflows.sweeping import start_sweep

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(200)]

ROWS, KILLED_AFTER = 5, 2
ANSWER_SECONDS = 60.0


def _cases(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.exec(select(Case.workflow_id).where(Case.kind == CaseKind.CARE_TOUCHPOINT)).all()
    return sorted(rows)


async def test_killed_among_its_starts(power: Engine, tmp_path: Path) -> None:
    database, queue = world.new_database(tmp_path), f"faults-{uuid4()}"
    people = world.build(database, offset=90_000)
    # Not today's sweep: the whole workers of other tests on this engine may have begun that one already.
    day = local_date(datetime.now(UTC)) - timedelta(days=1)
    with database.write() as session:
        number, manager = people.customer(world.GOLD), people.accounts["mgr"]
        rows = [
            add_touchpoint(session, number, day + timedelta(days=n), key=f"visit:{n}", assignee_id=manager).id
            for n in range(ROWS)
        ]
    workers = Workers(tmp_path, power.address, queue)
    try:
        dying = workers.failing("in_sweep", KILLED_AFTER)
        assert await start_sweep(await power.client(), queue, StartSweep(institution_code="BJ", day=day))
        await death(dying)
        workers.healthy()
        expected = sorted(touchpoint_workflow_id(row_id) for row_id in rows)
        async with asyncio.timeout(ANSWER_SECONDS):
            while not set(expected) <= set(_cases(database)):
                await asyncio.sleep(0.2)
        with database.read() as session:
            linked = [session.get(Touchpoint, row_id) for row_id in rows]
        assert all(row is not None and row.case_id is not None for row in linked)
        assert [name for name in _cases(database) if name in set(expected)] == expected, "each once"
    finally:
        workers.kill_all()
        database.dispose()
