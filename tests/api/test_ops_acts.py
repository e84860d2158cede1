"""What operations does to a case, over HTTP on a real engine: handed to somebody else, left out, taken back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.gateway.reads import RunStatus
from models.types import TaskState
from tests.support.ops_floor import Floor, floor_on

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """People, an engine, a worker."""
    async with floor_on(tmp_path) as found:
        yield found


async def test_operations_hands_on_what_a_case_waits_for(floor: Floor) -> None:
    case_id = await floor.touchpoint()
    body = {"to": floor.people["unit"], "reason": "客户经理休假"}
    first = await floor.post("ops", f"/ops/cases/{case_id}/reassign", 200, body, "given-0001")
    assert await floor.post("ops", f"/ops/cases/{case_id}/reassign", 200, body, "given-0001") == first
    case, tasks = floor.records(case_id)
    assert case.outcome is None
    assert [str(task.assignee_id) for task in tasks if task.closed_at is None] == [floor.people["unit"]]
    assert floor.stepped_in(case_id) == ["客户经理休假"]
    refused = await floor.post(
        "ops", f"/ops/cases/{case_id}/reassign", 422, {"to": floor.people["sh-lead"], "reason": "代办"}
    )
    assert refused["code"] == "bad_transfer_target"


async def test_operations_hands_on_an_approval(floor: Floor) -> None:
    case_id = await floor.declaration()
    body = {"to": floor.people["svc"], "reason": "负责人离职"}
    await floor.post("ops", f"/ops/cases/{case_id}/reassign", 200, body)
    _case, tasks = floor.records(case_id)
    assert [str(task.assignee_id) for task in tasks if task.closed_at is None] == [floor.people["svc"]]
    assert floor.stepped_in(case_id) == ["负责人离职"]


@pytest.mark.parametrize(("verb", "stage"), [("skip", "skipped"), ("cancel", "cancelled")])
async def test_operations_leaves_a_touchpoint_out(floor: Floor, verb: str, stage: str) -> None:
    case_id = await floor.touchpoint()
    path, body = f"/ops/cases/{case_id}/{verb}", {"reason": "与上周重复"}
    assert (await floor.post("ops", path, 422, {"reason": ""}))["code"] == "reason_required"
    row = await floor.post("ops", path, 200, body, f"left-{verb}-1")
    assert (row["case_id"], row["stage"], row["outcome"]) == (case_id, stage, "cancelled")
    assert await floor.post("ops", path, 200, body, f"left-{verb}-1") == row
    case, tasks = floor.records(case_id)
    assert case.closed_at is not None
    assert {task.state for task in tasks} <= {TaskState.CANCELLED, TaskState.DONE}
    assert floor.stepped_in(case_id) == ["与上周重复"]
    assert (await floor.gateway.standing(case.workflow_id)).status is RunStatus.COMPLETED
    assert (await floor.post("ops", path, 409, body))["code"] == "case_closed"
