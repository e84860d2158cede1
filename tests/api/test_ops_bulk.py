"""批量处理 over HTTP on a real engine: previewed, done case by case, a refusal stops nothing, stopped, done once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from api.gateway.reads import RunStatus
from api.ops_bulk import act_in_bulk
from models.services import ops_bulk
from models.tables.audit import AuditEntry
from models.tables.organisation import Post
from models.types import Role, TaskState
from tests.support import world
from tests.support.ops_floor import Floor, floor_on

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]
BULK = "/ops/bulk"
REASON = "与上周重复"


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """People, an engine, a worker."""
    async with floor_on(tmp_path) as found:
        yield found


@pytest.fixture(autouse=True)
def nobody_takes_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests run the jobs themselves."""
    monkeypatch.setattr("api.app._LOOPS", {})


async def _two(floor: Floor) -> list[str]:
    return [await floor.touchpoint(), await floor.touchpoint(world.SILVER)]


async def _read(floor: Floor, bulk_id: str) -> dict[str, Any]:
    answer = await floor.clients.token("ops").get(f"/api/v1{BULK}/{bulk_id}")
    assert answer.status_code == 200, answer.text
    facts: dict[str, Any] = answer.json()
    return facts


async def test_each_case_is_done_for_itself(floor: Floor) -> None:
    approval = await floor.declaration()
    first, last = await _two(floor)
    cases = [first, approval, last]
    wanted = {"act": "skip", "case_ids": [*cases, cases[0]]}
    shown = (await floor.post("ops", f"{BULK}/preview", 200, wanted))["items"]
    assert [(item["case_id"], item["code"]) for item in shown] == list(
        zip(cases, (None, "wrong_stage", None), strict=True)
    )
    assert all(floor.records(case)[0].outcome is None for case in cases)
    assert (await floor.post("ops", BULK, 422, {**wanted, "reason": " "}))["code"] == "reason_required"
    asked = await floor.post("ops", BULK, 202, {**wanted, "reason": REASON}, "bulk-0001")
    assert await floor.post("ops", BULK, 202, {**wanted, "reason": REASON}, "bulk-0001") == asked
    await act_in_bulk(floor.database, floor.gateway, UUID(asked["bulk_id"]))
    done = await _read(floor, asked["bulk_id"])
    assert (done["state"], done["done"], done["total"], done["stopped"]) == ("done", 3, 3, False)
    assert [item["code"] for item in done["items"]] == [None, "wrong_stage", None]
    assert [floor.records(case)[0].stage.value for case in (first, last)] == ["skipped", "skipped"]
    assert floor.stepped_in(first) == floor.stepped_in(last) == [REASON]
    assert floor.stepped_in(approval) == []


async def test_a_job_that_was_left_goes_on_and_does_nothing_twice(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = await _two(floor)
    body = {"act": "reassign", "case_ids": cases, "to": floor.people["unit"], "reason": REASON}
    bulk_id = (await floor.post("ops", BULK, 202, body))["bulk_id"]
    with monkeypatch.context() as broken:
        broken.setattr("models.services.ops_bulk.note", _dies)
        with pytest.raises(ConnectionError):
            await act_in_bulk(floor.database, floor.gateway, UUID(bulk_id))
    assert floor.stepped_in(cases[0]) == [REASON]
    monkeypatch.setattr("models.services.jobs.LEASE", timedelta(seconds=-60))
    await act_in_bulk(floor.database, floor.gateway, UUID(bulk_id))
    assert [item["code"] for item in (await _read(floor, bulk_id))["items"]] == [None, None]
    for case in cases:
        assert floor.stepped_in(case) == [REASON]
        _case, tasks = floor.records(case)
        held = [str(task.assignee_id) for task in tasks if task.state is not TaskState.CANCELLED]
        assert held == [floor.people["unit"]]


async def test_what_is_stopped_begins_nothing_more(floor: Floor) -> None:
    cases = await _two(floor)
    asked = await floor.post("ops", BULK, 202, {"act": "cancel", "case_ids": cases, "reason": REASON})
    stopped = await floor.post("ops", f"{BULK}/{asked['bulk_id']}/stop", 200, None)
    assert stopped["stopped"] is True
    await act_in_bulk(floor.database, floor.gateway, UUID(asked["bulk_id"]))
    done = await _read(floor, asked["bulk_id"])
    assert (done["state"], done["items"]) == ("done", [])
    assert all(floor.records(case)[0].outcome is None for case in cases)
    with floor.database.read() as session:
        trail = session.exec(select(AuditEntry).where(col(AuditEntry.object_id) == asked["bulk_id"])).all()
    assert [(entry.action, entry.reason) for entry in trail] == [("ops.bulk_asked", REASON), ("ops.bulk_stopped", None)]


async def test_what_a_case_would_refuse_is_told_before(floor: Floor) -> None:
    case, unknown = await floor.touchpoint(), str(uuid4())
    wanted = {"act": "retry", "case_ids": [case, unknown]}
    shown = (await floor.post("ops", f"{BULK}/preview", 200, wanted))["items"]
    assert [item["code"] for item in shown] == ["wrong_stage", "not_found"], "nothing fails; nobody knows it"
    given = {"act": "reassign", "case_ids": [case]}
    (away,) = (await floor.post("ops", f"{BULK}/preview", 200, given | {"to": floor.people["sh-lead"]}))["items"]
    assert away["code"] == "bad_transfer_target"
    assert (await floor.post("ops", BULK, 422, given | {"reason": REASON}))["code"] == "invalid_input"
    assert (await floor.post("svc", BULK, 403, wanted | {"reason": REASON}))["code"] == "not_allowed"


async def test_who_lost_the_post_meanwhile_is_refused(floor: Floor) -> None:
    case = await floor.touchpoint()
    bulk_id = (await floor.post("ops", BULK, 202, {"act": "skip", "case_ids": [case], "reason": REASON}))["bulk_id"]
    with floor.database.write() as session:
        session.execute(
            delete(Post).where(col(Post.account_id) == UUID(floor.people["ops"]), col(Post.role) == Role.OPS)
        )
        session.add(Post(account_id=UUID(floor.people["ops"]), role=Role.AUDIT, institution_code="HQ"))
    await act_in_bulk(floor.database, floor.gateway, UUID(bulk_id))
    with floor.database.read() as session:
        (item,) = ops_bulk.results(ops_bulk.get(session, UUID(bulk_id)))
    assert item["code"] == "not_allowed"
    assert floor.records(case)[0].outcome is None


def _dies(*_args: Any) -> None:
    raise ConnectionError


async def test_lost_runs_are_started_again_and_one_in_order_is_left(floor: Floor) -> None:
    approval, visits = await floor.declaration(), await _two(floor)
    for case_id in (approval, visits[0]):
        await floor.lose(floor.records(case_id)[0].workflow_id)
    wanted = {"act": "reset", "case_ids": [approval, *visits]}
    shown = (await floor.post("ops", f"{BULK}/preview", 200, wanted))["items"]
    assert [item["code"] for item in shown] == [None, None, "run_in_order"]
    bulk_id = (await floor.post("ops", BULK, 202, wanted | {"reason": REASON}))["bulk_id"]
    await act_in_bulk(floor.database, floor.gateway, UUID(bulk_id))
    done = await _read(floor, bulk_id)
    assert [item["code"] for item in done["items"]] == [None, None, "run_in_order"]
    names = [floor.records(case_id)[0].workflow_id for case_id in (approval, visits[0])]
    assert [(await floor.gateway.standing(name)).status for name in names] == [RunStatus.RUNNING] * 2


async def test_what_a_run_would_do_is_refused_where_there_is_none(floor: Floor) -> None:
    lost, there = await _two(floor)
    await floor.lose(floor.records(lost)[0].workflow_id)
    for wanted in ({"act": "skip"}, {"act": "reassign", "to": floor.people["unit"]}):
        body = wanted | {"case_ids": [lost]}
        assert (await floor.post("ops", f"{BULK}/preview", 200, body))["items"][0]["code"] == "run_lost"
    body = {"act": "reassign", "to": floor.people["unit"], "case_ids": [lost, there], "reason": REASON}
    bulk_id = (await floor.post("ops", BULK, 202, body))["bulk_id"]
    await act_in_bulk(floor.database, floor.gateway, UUID(bulk_id))
    assert [item["code"] for item in (await _read(floor, bulk_id))["items"]] == ["run_lost", None]
