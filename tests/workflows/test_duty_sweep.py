"""The sweep on a real engine: cases started once, greetings out once, whatever days nobody swept."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from models.identifiers import sweep_id, touchpoint_workflow_id
from models.messages.sweep import StartSweep
from models.rules.calendar import CHINA, local_date
from models.rules.care.reasons import PlanReason, because
from models.service_types import TouchpointOrigin
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership, Task
from models.tables.messages import Notification
from models.tables.service import DutySweep
from models.types import CaseKind, Tier
from models.types import Stage as CaseStage
from tests.support import world
from tests.support.members import add_member
from tests.support.stage import Stage
from tests.support.sweeping import add_touchpoint
from workflows.sweeping import Sweeping, start_sweep

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]

BRANCH = "BJ"
SETTLE_SECONDS = 30.0
QUIET = timedelta(hours=4)
"""More than lies between five o'clock and the end of the quiet hours."""


@pytest.fixture
async def dawn(timed_stage: Stage) -> Stage:
    """A stage at five in the morning in Shanghai, whatever hour it is here."""
    now = await _now(timed_stage)
    five = datetime.combine(local_date(now) + timedelta(days=1), time(5), CHINA)
    assert timed_stage.environment is not None
    await timed_stage.environment.sleep(five - now)
    return timed_stage


async def _now(stage: Stage) -> datetime:
    assert stage.environment is not None
    return await stage.environment.get_current_time()


async def _sweep(stage: Stage, day: date) -> dict[str, int]:
    """One branch and day, to its end; quiet hours are skipped."""
    assert await start_sweep(stage.client, stage.queue, StartSweep(institution_code=BRANCH, day=day))
    handle = stage.client.get_workflow_handle(sweep_id(BRANCH, day), result_type=dict[str, int])
    async with asyncio.timeout(SETTLE_SECONDS):
        while (await handle.query("progress", result_type=dict[str, Any]))["phase"] != "quiet":
            await asyncio.sleep(0.05)
        await _until(lambda: all(row.case_id for row in _rows(stage).values() if row.human and row.lead_on <= day))
    assert stage.environment is not None
    await stage.environment.sleep(QUIET)
    counts: dict[str, int] = await handle.result()
    return counts


async def _until(found: Callable[[], bool]) -> None:
    while not found():
        await asyncio.sleep(0.05)


def _rows(stage: Stage) -> dict[str, Touchpoint]:
    return {row.key: row for row in stage.rows(Touchpoint) if row.key.startswith("test:")}


def _plan(stage: Stage, *due: date) -> None:
    """A gold customer with a visit, a birthday and a magazine on each of these days."""

    def write(session: Session) -> None:
        number = stage.world.customer(world.GOLD)
        row = add_member(session, number, Tier.GOLD, due[0])
        row.manager_id = stage.world.accounts["mgr"]
        contact = session.exec(select(Contact).where(Contact.customer_no == number)).one()
        for code in ("Z08", "Z10", "Z13"):
            for number_of, due_on in enumerate(due):
                add_touchpoint(
                    session,
                    number,
                    due_on,
                    code=code,
                    key=f"test:{code}:{number_of}",
                    membership_id=row.id,
                    contact_id=contact.id,
                    assignee_id=row.manager_id,
                    origin=TouchpointOrigin.MANUAL,
                )

    stage.write(write)


def _sent(stage: Stage) -> list[str]:
    """Keys of the rows whose letter left, by row."""
    by_id = {f"touchpoint-{row.id}": row.key for row in _rows(stage).values()}
    return sorted(by_id[path.stem] for path in (stage.home / "mail").glob("touchpoint-*.eml") if path.stem in by_id)


def _cases(stage: Stage) -> list[str]:
    """Keys of the rows that have a case, once per case."""
    by_workflow = {touchpoint_workflow_id(row.id): row.key for row in _rows(stage).values()}
    cases = [row.workflow_id for row in stage.rows(Case) if row.kind is CaseKind.CARE_TOUCHPOINT]
    return sorted(by_workflow[name] for name in cases if name in by_workflow)


async def test_a_day_is_swept_once(dawn: Stage) -> None:
    day = local_date(await _now(dawn))
    _plan(dawn, day, day + timedelta(days=30))
    counts = await _sweep(dawn, day)
    assert counts["plans"] == 1
    assert counts["sent"] >= 2
    assert _cases(dawn) == ["test:Z08:0"]
    assert _sent(dawn) == ["test:Z10:0", "test:Z13:0"]
    rows = _rows(dawn)
    assert (rows["test:Z08:0"].stage, rows["test:Z10:0"].stage) == (CaseStage.DUE, CaseStage.DONE)
    assert rows["test:Z10:0"].in_time
    assert rows["test:Z10:0"].record_no
    assert {row.stage for key, row in rows.items() if key.endswith(":1")} == {CaseStage.PLANNED}
    (swept,) = dawn.rows(DutySweep)
    assert swept.finished_at is not None
    assert swept.counts == counts
    assert not await start_sweep(dawn.client, dawn.queue, StartSweep(institution_code=BRANCH, day=day))


async def test_after_five_weeks_without_a_worker_each_is_there_once(dawn: Stage) -> None:
    first = local_date(await _now(dawn))
    last = first + timedelta(days=35)
    _plan(dawn, first, first + timedelta(days=3), last - timedelta(days=1), last)
    await _sweep(dawn, first)
    assert dawn.environment is not None
    await dawn.environment.sleep(datetime.combine(last, time(5), CHINA) - await _now(dawn))
    await _sweep(dawn, last)
    assert _cases(dawn) == [f"test:Z08:{number}" for number in range(4)]
    letters = [f"test:Z10:{number}" for number in (0, 2, 3)] + [f"test:Z13:{number}" for number in range(4)]
    assert _sent(dawn) == letters, "a birthday long gone is let go, a magazine is sent late"
    rows = _rows(dawn)
    assert rows["test:Z10:1"].stage is CaseStage.SKIPPED
    assert rows["test:Z10:1"].reason
    assert [rows[f"test:Z10:{number}"].in_time for number in (0, 2, 3)] == [True, False, True]
    assert len([note for note in dawn.rows(Notification) if note.customer_no and note.sent_at]) >= len(letters)


async def test_the_worker_sweeps_every_branch_from_its_hour_on(dawn: Stage) -> None:
    now = await _now(dawn)
    day = local_date(now)
    six = datetime.combine(day, time(6), CHINA)
    sweeping = Sweeping(dawn.client, dawn.world.database, dawn.queue)
    assert await sweeping.turn(now) == 0, "before the hour of the rulebook"
    assert await sweeping.turn(six) == 3, "head office and two branches"
    assert await sweeping.turn(six) == 0
    assert await Sweeping(dawn.client, dawn.world.database, dawn.queue).turn(six) == 0, "another worker finds them"
    handles = [dawn.client.get_workflow_handle(sweep_id(code, day)) for code in ("HQ", "BJ", "SH")]
    assert dawn.environment is not None
    async with asyncio.timeout(SETTLE_SECONDS):
        await _until(lambda: len(dawn.rows(DutySweep)) == 3)
        await dawn.environment.sleep(QUIET)
        await asyncio.gather(*(handle.result() for handle in handles))
    assert await Sweeping(dawn.client, dawn.world.database, dawn.queue).turn(six) == 0, "finished"


async def _next_dawn(stage: Stage) -> date:
    """The next day at five, with the sweep of the last one behind it."""
    day = local_date(await _now(stage)) + timedelta(days=1)
    assert stage.environment is not None
    await stage.environment.sleep(datetime.combine(day, time(5), CHINA) - await _now(stage))
    return day


async def test_whom_nobody_is_left_to_visit_has_no_case_after_the_next_sweep(dawn: Stage) -> None:
    day = local_date(await _now(dawn))
    _plan(dawn, day, day + timedelta(days=30))
    await _sweep(dawn, day)
    visit = _rows(dawn)["test:Z08:0"]
    dawn.write(lambda session: setattr(session.get_one(Contact, visit.contact_id), "left_on", day))
    counts = await _sweep(dawn, await _next_dawn(dawn))
    assert counts["stopped"] == 1
    after = _rows(dawn)["test:Z08:0"]
    assert (after.stage, after.reason) == (CaseStage.CANCELLED, because(PlanReason.CONTACT_LEFT))
    await asyncio.wait_for(dawn.client.get_workflow_handle(touchpoint_workflow_id(visit.id)).result(), 20)


async def test_another_manager_has_the_running_case_and_what_waits_with_the_clock_it_had(dawn: Stage) -> None:
    day = local_date(await _now(dawn))
    _plan(dawn, day, day + timedelta(days=30))
    await _sweep(dawn, day)
    visit, new = _rows(dawn)["test:Z08:0"], dawn.world.accounts["bj-mgr"]
    due = {task.case_id: task.due_at for task in dawn.rows(Task)}
    dawn.write(lambda session: setattr(session.exec(select(Membership)).one(), "manager_id", new))
    counts = await _sweep(dawn, await _next_dawn(dawn))
    assert counts["handed_on"] == 1
    rows = _rows(dawn)
    assert {rows[f"test:Z08:{number}"].assignee_id for number in (0, 1)} == {new}
    (task,) = [task for task in dawn.rows(Task) if task.case_id == visit.case_id]
    assert (task.assignee_id, task.due_at) == (new, due[task.case_id])
    told = sorted(note.template for note in dawn.rows(Notification) if note.account_id == new)
    assert told == ["care_handed_over", "task_transferred"]
    counts = await _sweep(dawn, await _next_dawn(dawn))
    assert counts.get("handed_on", 0) == 0, "once"
