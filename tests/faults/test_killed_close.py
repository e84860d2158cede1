"""A worker killed in the middle of a quarter's close: the summary is the one that an undisturbed close publishes."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.parts import Engine, Workers, death
from tests.support import quarters, world

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(240)]
CHECKED = 3
"""Step number of the checker's signature: freeze, prepare, check."""


@pytest.mark.parametrize("point", ["in_transaction", "after_commit"])
async def test_killed_while_it_is_checked(power: Engine, tmp_path: Path, point: str) -> None:
    quarter, queue = quarters.last_quarter(), f"faults-{uuid4()}"
    for _ in range(["in_transaction", "after_commit"].index(point)):  # the id names the quarter: each its own
        quarter = quarter.before
    undisturbed = await quarters.published_after(tmp_path / "undisturbed", quarter, 0)
    home = tmp_path / "killed"
    home.mkdir()
    database = world.new_database(home)
    people = world.build(database)
    with database.write() as session:
        quarters.fill(session, people, quarter)
    workers = Workers(home, power.address, queue)
    try:
        dying = workers.failing(point, CHECKED)
        case = await quarters.close(await power.client(), people, quarter, queue=queue)
        await case.through("svc")
        checking = asyncio.create_task(case.decide("lead"))
        await death(dying)
        workers.healthy()
        await checking
        await case.through("hq-vip")
        await case.handle.result()
        assert quarters.summary(database, quarter).digest == undisturbed
    finally:
        workers.kill_all()
        database.dispose()
