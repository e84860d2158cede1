"""A short part of the soak run, and its checker, which has to find what is put wrong on purpose."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models.identifiers import touchpoint_workflow_id
from models.rules.calendar import local_date
from models.services import audit
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.cases import Case, Decision, Task
from models.tables.columns import new_id
from models.tables.messages import IdempotencyRecord
from models.types import SYSTEM_SLA, Door
from tests.faults.soak import records
from tests.faults.soak.checks import check
from tests.faults.soak.histories import drift, histories_against
from tests.faults.soak.run import Plan, soak
from tests.faults.soak.told import Act, Call, Log
from tests.support.stage import Stage
from tests.support.sweeping import add_touchpoint

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(400)]

SEED, KILLS = 20261129, 8
"""A seed that fails once stands here as a test of its own from then on."""
FAR_AWAY = "2020-01-01 00:00:00.000000"
_KEPT = "update_id, act, stage, round, actor_id, actor_name, door, verdict, content_hash, effect, at"
DOUBLE = f"""INSERT INTO decision (id, case_id, step_no, {_KEPT})
SELECT lower(hex(randomblob(16))), case_id, 4, {_KEPT} FROM decision WHERE step_no = 3"""


async def test_nothing_acknowledged_is_lost_or_doubled_under_kill_9(tmp_path: Path) -> None:
    report = await soak(Plan(SEED, seconds=150, every=(1.0, 2.5), kills=KILLS, again=1.0), tmp_path)
    told = "\n".join(report.lines())
    assert report.violations == [], told
    assert report.kills.total() == KILLS, told
    assert report.decisions > report.cases > 0, told
    assert report.breaches, told


def _sql(statement: str) -> Callable[[Session], None]:
    def harm(session: Session) -> None:
        session.execute(text(statement))

    return harm


def _told_twice(session: Session) -> None:
    entry = next(entry for entry in records.seen_in(session).entries if entry.action == "approve")
    kept = entry.model_dump(include={"actor", "action", "object_kind", "object_id", "door", "at"})
    audit.append(session, **kept)


def _escalated_nowhere(session: Session) -> None:
    task = records.seen_in(session).open_tasks()[0]
    told = {"task_id": str(task.id), "key": "breach"}
    audit.append(
        session,
        actor=SYSTEM_SLA,
        action="breach",
        object_kind="case",
        object_id=str(task.case_id),
        door=Door.SYSTEM,
        after=told,
    )


def _asked(session: Session) -> None:
    account, now = records.seen_in(session).decisions[0].actor_id, datetime.now(UTC)
    assert account is not None
    session.add(
        IdempotencyRecord(account_id=account, key="k", route="decide", body_hash="x", created_at=now, sent_at=now)
    )


def _visit(session: Session) -> Touchpoint:
    number = session.exec(select(Customer.customer_no)).first()
    assert number is not None
    return add_touchpoint(session, number, local_date(datetime.now(UTC)), key=f"{records.VISIT}:0")


def _served_twice(session: Session) -> None:
    """A visit whose case has its first task two times: one of them is somebody else's, taken over."""
    visit, task = _visit(session), min(records.seen_in(session).tasks.values(), key=lambda row: row.opened_at)
    case = session.get_one(Case, task.case_id)
    case.workflow_id = touchpoint_workflow_id(visit.id)
    session.add(Task.model_validate(task.model_dump() | {"id": new_id()}))


HARM: dict[str, tuple[Callable[[Session], object], str]] = {
    "a decision deleted": (_sql("DELETE FROM decision WHERE step_no = 3"), "acknowledged and lost"),
    "a first record deleted": (_sql("DELETE FROM decision WHERE step_no = 1"), "steps [2, 3]"),
    "a decision doubled": (_sql(DOUBLE), "decided 2 times"),
    "a verdict altered": (_sql("UPDATE decision SET verdict = 'reject' WHERE step_no = 3"), "recorded as reject"),
    "a decider altered": (
        _sql("UPDATE decision SET actor_id = (SELECT actor_id FROM decision WHERE step_no = 1) WHERE step_no = 3"),
        "recorded as something else",
    ),
    "a state altered": (_sql("UPDATE workflow_case SET stage = 'cancelled'"), "stands at 3 cancelled"),
    "a version altered": (_sql("UPDATE workflow_case SET version = 9"), "stands at 9"),
    "an audit entry doubled": (_told_twice, "told 2 times, decided 1"),
    "an overdue task": (_sql(f"UPDATE task SET due_at = '{FAR_AWAY}' WHERE closed_at IS NULL"), "not escalated"),
    "an escalation without its alarm": (_escalated_nowhere, "escalated 0 times, audited 1"),
    "a request never answered": (_asked, "never answered"),
    "a visit that is nobody's task": (_visit, "0 tasks"),
    "a visit that is two tasks": (_served_twice, "2 tasks"),
}


async def test_the_checker_finds_what_is_put_wrong(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit", "svc")
    log, now, database = Log(), datetime.now(UTC), stage.world.database
    log.acts = [_acknowledged(row) for row in stage.rows(Decision)]
    assert check(log, records.read(database), now) == []
    for name, (harm, words) in HARM.items():
        with _harmed(stage, harm) as seen:
            found = check(log, seen, now)
        assert any(words in line for line in found), (name, found)
    assert check(log, records.read(database), now) == []
    assert await histories_against(stage.client, records.read(database)) == []


def _acknowledged(row: Decision) -> Act:
    """A recorded act as its client saw it."""
    assert row.actor_id is not None
    path = f"/api/v1/tasks/{row.task_id}/decide" if row.task_id else "/api/v1/qualifications"
    body = {"verdict": row.verdict.value} if row.verdict else {}
    call = Call(200, 0.1, {"case_id": str(row.case_id)})
    return Act("x", row.actor_id, row.update_id.partition(":")[2], path, body, row.task_id, [call])


@contextmanager
def _harmed(stage: Stage, harm: Callable[[Session], object]) -> Iterator[records.Records]:
    """The records as they would look; nothing of it stays."""
    with stage.world.database.write() as session:
        harm(session)
        session.flush()
        yield records.seen_in(session)
        session.rollback()


async def test_the_checker_finds_what_clients_must_not_be_told(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit")
    seen, now = records.read(stage.world.database), datetime.now(UTC)

    def found(*calls: Call, twice: bool = False) -> list[str]:
        acts = [_acknowledged(row) for row in sorted(seen.decisions, key=lambda row: row.step_no)]
        acts[-1].calls = list(calls)
        if twice:
            acts.append(replace(acts[-1], key="other"))
        return check(Log(acts), seen, now)

    fine = Call(200, 0.1, {"case_id": str(case.case_id)})
    refused = Call(409, 0.1, {"code": "already_decided"})
    assert found(fine) == found(fine, Call(None, 9.0), Call(503, 0.1), Call(202, 6.0)) == found(Call(None, 1.0)) == []
    assert any("answered 500" in line for line in found(fine, Call(500, 0.1)))
    assert any("refused and decided all the same" in line for line in found(refused))
    assert any("told yes and no" in line for line in found(fine, refused))
    assert any("2 were told they decided it" in line for line in found(fine, twice=True))
    assert any("a decision that nobody sent" in line for line in check(Log(), seen, now))


async def test_the_checker_asks_the_engine_too(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit")
    database = stage.world.database
    own = case.handle.id

    async def drifted() -> list[str]:
        return [line for line in await drift(database, stage.client, stage.queue) if line.startswith(own)]

    assert await drifted() == []
    stage.write(_sql("UPDATE task SET role = 'AUDIT' WHERE closed_at IS NULL"))
    assert any("task_differs" in line for line in await drifted())
    stage.write(_sql("DELETE FROM decision WHERE step_no = 2"))
    assert any("not recorded" in line for line in await histories_against(stage.client, records.read(database)))
