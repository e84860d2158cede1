"""T27: rows are deleted, altered and doubled behind the workflows' back; what drifted is found and mended, no more."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from api.gateway import Gateway
from api.reconciling import reconcile
from models.database import Database
from models.ops_types import KINDS_WITH_CASES, DriftKind
from models.services import audit, rulebooks
from models.services.by import By
from models.services.reconcile.runs import Wish, ask
from models.stores.audit import AuditStore
from models.tables.audit import AuditEntry
from models.tables.cases import Case, Task
from models.tables.columns import new_id
from models.tables.jobs import Job
from models.tables.reconcile import Drift
from models.types import CaseKind, Door, Role, TaskState
from models.types import Stage as CaseStage
from tests.support import world
from tests.support.every_kind import contents, every_kind
from tests.support.moment import now
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(120)]
BY = By("cli:test", Door.CLI)
SEED = 20261129


async def _run(stage: Stage, *, repair: bool) -> tuple[Job, Sequence[Drift]]:
    with stage.world.database.write() as session:
        job_id = ask(session, Wish(repair, BY)).id
    await reconcile(stage.world.database, Gateway(stage.client, stage.queue), job_id)
    (job,) = [row for row in stage.rows(Job) if row.id == job_id]
    # Other tests leave runs on the engine whose records are elsewhere.
    own = (row for row in stage.rows(Drift) if row.kind is not DriftKind.RECORD_MISSING)
    return job, [row for row in own if row.job_id == job_id]


def _compared(stage: Stage) -> dict[UUID, Case]:
    """The cases with a run; the quarter's facts besides were closed long ago."""
    return {
        row.id: row for row in stage.rows(Case) if row.closed_at is None or row.closed_at > now() - timedelta(days=1)
    }


async def test_drift_is_found_and_mended_and_nothing_else_is_touched(stage: Stage) -> None:
    await every_kind(stage)
    before = contents(stage)
    await _assert_in_step(stage)
    assert contents(stage) == before
    _inject(stage, random.Random(SEED))
    drifted = contents(stage)
    assert drifted != before
    job, found = await _run(stage, repair=False)
    assert found
    assert contents(stage) == drifted  # a look changes nothing
    assert {row.kind for row in found} >= {
        DriftKind.CASE_DIFFERS,
        DriftKind.TASK_DIFFERS,
        DriftKind.TASK_MISSING,
        DriftKind.TASK_EXTRA,
    }
    job, mended = await _run(stage, repair=True)
    assert all(row.repaired_at for row in mended)
    assert job.result is not None
    assert job.result["repaired"] == len(mended) == len(found)
    after = contents(stage)
    assert {name: set(after[name]) ^ set(before[name]) for name in before if after[name] != before[name]} == {}
    _, left = await _run(stage, repair=False)
    assert left == []
    told = [row for row in stage.rows(AuditEntry) if row.action == "reconcile.repaired"]
    assert {row.object_id for row in told} == {str(row.case_id) for row in mended}
    with stage.world.database.read() as session:
        assert audit.verify(AuditStore(session).all()).broken_at is None


async def test_a_record_whose_run_is_gone_is_told_and_left_alone(stage: Stage) -> None:
    case = await stage.declare()
    await case.handle.terminate("拔掉")
    before = contents(stage)
    _, (found,) = await _run(stage, repair=True)
    assert (found.kind, found.case_id, found.repaired_at) == (DriftKind.RUN_MISSING, case.case_id, None)
    assert found.sides == {"status": ["unit_check", "terminated"]}
    assert contents(stage) == before


async def test_a_run_without_a_record_is_told(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restore of older records."""
    monkeypatch.setattr("models.services.reconcile.runs.OPENING", timedelta(minutes=-5))
    case = await stage.declare()
    elsewhere = world.new_database(tmp_path_factory.mktemp("restored"))
    gateway = Gateway(stage.client, stage.queue)
    async with asyncio.timeout(20):  # the engine lists what runs a moment later
        while case.handle.id not in await _orphans(elsewhere, gateway):
            await asyncio.sleep(0.2)
    elsewhere.dispose()


async def _orphans(database: Database, gateway: Gateway) -> set[str]:
    with database.write() as session:
        rulebooks.ensure_builtin(session, datetime.now(UTC))
        job_id = ask(session, Wish(True, BY)).id
    await reconcile(database, gateway, job_id)
    with database.read() as session:
        found = session.exec(select(Drift).where(Drift.job_id == job_id)).all()
    assert {row.kind for row in found} <= {DriftKind.RECORD_MISSING}
    return {row.workflow_id for row in found}


async def test_an_act_that_only_the_record_knows_is_never_undone(stage: Stage) -> None:
    """The workflow will adopt it: a repair that wrote the older state would lose a decision."""
    case = await stage.declare()
    await case.decide("unit")
    step = "UPDATE decision SET step_no = 9 WHERE case_id = :id AND step_no = 2"

    def harm(session: Session) -> None:
        session.execute(text(step), {"id": case.case_id.hex})
        _set(session, Case, case.case_id, version=77)

    stage.write(harm)
    before = contents(stage)
    _, found = await _run(stage, repair=True)
    assert {row.kind for row in found} == {DriftKind.RECORD_AHEAD}
    assert contents(stage) == before


async def _assert_in_step(stage: Stage) -> None:
    """Whatever the kind, what nobody touched is no drift."""
    job, found = await _run(stage, repair=True)
    assert [(row.workflow_id, row.kind, row.sides) for row in found] == []
    kinds = {row.kind for row in stage.rows(Case)}
    assert kinds == set(KINDS_WITH_CASES)
    assert job.result is not None
    cases_and_membership = len(_compared(stage)) + 1  # what the approval of silver began is compared too
    assert job.result["compared"] == cases_and_membership
    assert not any(job.result.get(name) for name in ("unanswered", "moving", "repaired"))


def _inject(stage: Stage, chance: random.Random) -> None:
    """Of every case something: its row, a task altered, doubled, or deleted where no record names it."""
    cases = _compared(stage)
    tasks = sorted((row for row in stage.rows(Task) if row.case_id in cases), key=lambda row: row.id)
    with stage.world.database.write() as session:
        for case in cases.values():
            _set(session, Case, case.id, **chance.choice(CASE_HARM))
        tasks.remove(next(task for task in tasks if _deleted(session, task)))
        for number, task in enumerate(tasks):
            (_alter, _double)[number % 2](session, task, chance)


CASE_HARM: tuple[dict[str, Any], ...] = (
    {"stage": CaseStage.CANCELLED},
    {"version": 99},
    {"closed_at": datetime(2020, 1, 1, tzinfo=UTC)},
    {"state": {}},
    {"round": 7},
)
TASK_HARM: tuple[dict[str, Any], ...] = (
    {"state": TaskState.WAITING},
    {"role": Role.AUDIT},
    {"due_at": datetime(2020, 1, 1, tzinfo=UTC)},
    {"institution_code": "SH"},
    {"version": 50},
    {"breached_at": datetime(2020, 1, 1, tzinfo=UTC)},
    {"step": "elsewhere"},
    {"closed_at": datetime(2020, 1, 1, tzinfo=UTC)},
)


def _alter(session: Session, task: Task, chance: random.Random) -> None:
    # What a part of a launch was that is done stands in its row alone, but for the act that did it.
    alone = task.kind is CaseKind.ROLLOUT and task.closed_at is not None
    _set(session, Task, task.id, **(TASK_HARM[-1] if alone else chance.choice(TASK_HARM)))


def _double(session: Session, task: Task, _: random.Random) -> None:
    session.add(Task(**{**task.model_dump(), "id": new_id()}))


def _deleted(session: Session, task: Task) -> bool:
    """Whether it is gone: the database itself keeps what decisions and messages refer to."""
    session.flush()
    try:
        with session.begin_nested():
            session.delete(session.get_one(Task, task.id))
    except IntegrityError:
        return False
    return True


def _set(session: Session, table: type[Case] | type[Task], row_id: UUID, **values: Any) -> None:
    row = session.get_one(table, row_id)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
