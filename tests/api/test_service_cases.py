"""What holds for cases of every kind holds for serving a customer too: lists, inbox, claim, clock, stand-ins."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.rules.stand_ins import Appointment
from models.services.handing_over import hand_over_tasks
from models.services.stand_in_rehearsal import rehearse
from models.services.stand_in_setting import Planned
from models.tables.desk import StandIn
from models.tables.organisation import Account
from tests.support import serving, world
from tests.support.green import Desk, desk_on
from tests.support.serving import opened

CASES, TASKS = "/api/v1/cases", "/api/v1/tasks"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """People, VIPs and counters on the application."""
    async with desk_on(tmp_path) as found:
        yield found


async def _ok(answer: Any) -> Any:
    found = await answer
    assert found.is_success, found.text
    return found.json()


async def _task_of(desk: Desk, login: str, case_id: str, box: str = "todo") -> dict[str, Any]:
    listed = await _ok(desk.api(login).get(f"{TASKS}?box={box}"))
    found: dict[str, Any] = next(item for item in listed["items"] if item["case_id"] == case_id)
    return found


async def test_it_stands_in_the_lists_with_its_stage_clock_and_timeline(desk: Desk) -> None:
    made = await desk.take_in()
    case_id = made["case_id"]
    listed = await _ok(desk.api("lead").get(f"{CASES}?kind=green-channel"))
    assert [(item["case_id"], item["stage"]) for item in listed["items"]] == [(case_id, "received")]
    case = await _ok(desk.api("mgr").get(f"{CASES}/{case_id}"))
    assert (case["path"], [item["act"] for item in case["timeline"]]) == ([], ["open"])
    assert case["clock"]["due_at"] == made["due_at"]
    assert (await desk.api("sh-ctr").get(f"{CASES}/{case_id}")).status_code == 404


async def test_the_inbox_leads_to_the_page_of_the_case_and_nothing_is_approved_there(desk: Desk) -> None:
    made = await desk.take_in()
    task = await _task_of(desk, "ctr", made["case_id"])
    assert (task["kind"], task["step"], task["role"]) == ("green-channel", "accept", "BR_CTR")
    page = await desk.page("ctr").get("/inbox")
    assert f'href="/green-channel/{made["case_id"]}"' in page.text
    assert "绿色通道 · 理赔" in page.text
    for path in (f"/tasks/{task['task_id']}", f"/cases/{made['case_id']}"):
        answer = await desk.page("ctr").get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/green-channel/{made['case_id']}")
    body = {"verdict": "approve", "comment": "", "version": task["version"]}
    refused = await desk.api("ctr").post(f"{TASKS}/{task['task_id']}/decide", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_stage")
    started = await desk.page("ctr").get("/inbox?box=started")
    assert started.status_code == 200
    assert f'href="/green-channel/{made["case_id"]}"' in started.text


async def test_its_task_is_claimed_released_put_off_and_urged(desk: Desk) -> None:
    made = await desk.take_in()
    task_id = (await _task_of(desk, "ctr", made["case_id"], "queue"))["task_id"]
    claimed = await _ok(desk.api("ctr").post(f"{TASKS}/{task_id}/claim", json={}))
    assert claimed["state"] == "claimed"
    await _ok(desk.api("ctr").post(f"{TASKS}/{task_id}/release", json={}))
    urged = await desk.api("mgr").post(f"{CASES}/{made['case_id']}/urge", json={})
    assert urged.is_success, urged.text
    commented = await desk.api("mgr").post(f"{CASES}/{made['case_id']}/comments", json={"text": "客户在等"})
    assert commented.is_success, commented.text
    clock = await _ok(desk.api("ctr").get(f"{TASKS}/{task_id}/clock"))
    assert clock["due_at"] == made["due_at"]
    reckoning = await desk.page("ctr").get(f"/tasks/{task_id}/clock")
    assert "限 5 个工作日 · 常规 7 个工作日" in reckoning.text


async def test_a_closed_task_says_who_closed_it(desk: Desk) -> None:
    made = await desk.take_in()
    task_id = (await _task_of(desk, "ctr", made["case_id"]))["task_id"]
    await desk.done("ctr", made, "accept")
    refused = await desk.api("ctr").post(f"{TASKS}/{task_id}/claim", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    assert refused.json()["context"]["who"] == "何柜面"


async def test_what_was_said_around_a_complaint_stays_out_of_the_common_answer(desk: Desk) -> None:
    found = opened(desk_world(desk), serving.complaint(desk_world(desk), comment="客户情绪激动"))
    case_id = found.state.case_id
    case = await _ok(desk.api("lead").get(f"{CASES}/{case_id}"))
    assert case["reason"] is None
    assert "客户情绪激动" not in str(case)
    answer = await desk.page("svc").get(f"/cases/{case_id}", follow_redirects=False)
    assert answer.headers["location"] == f"/complaints/{case_id}"


def desk_world(desk: Desk) -> world.World:
    """The world behind the application."""
    return world.World(desk.database, desk.people)


async def test_operations_step_in_with_a_reason_and_the_door_says_so(desk: Desk) -> None:
    made = await desk.take_in()
    body = {"to": str(desk.people["ctr"])}
    refused = await desk.act("ops", made, "assign", **body)
    assert refused.json()["code"] == "reason_required"
    await desk.done("ops", made, "assign", **body, comment="柜面无人")
    case = await _ok(desk.api("lead").get(f"{CASES}/{made['case_id']}"))
    assert [item["door"] for item in case["timeline"]] == ["api", "override"]


async def test_a_stand_in_finds_it_in_the_inbox_and_accepts_it_for_the_counter(desk: Desk) -> None:
    made = await desk.take_in("svc")
    with desk.database.write() as session:
        session.add(
            StandIn(
                principal_id=desk.people["ctr"],
                stand_in_id=desk.people["svc"],
                starts_at=datetime(2020, 1, 1, tzinfo=UTC),
                ends_at=datetime(2099, 1, 1, tzinfo=UTC),
                created_by=desk.people["ctr"],
                created_at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        )
    task = await _task_of(desk, "svc", made["case_id"])
    assert task["on_behalf_of_name"] == "何柜面"
    row = await desk.done("svc", made, "accept")
    assert row["handler_name"] == "何柜面"
    inbox = await desk.page("svc").get("/inbox")
    assert "代 何柜面" in inbox.text


async def test_whoever_leaves_leaves_its_requests_to_the_lead(desk: Desk) -> None:
    made = await desk.take_in()
    await desk.done("ctr", made, "accept")
    with desk.database.write() as session:
        account = session.get(Account, desk.people["ctr"])
        assert account is not None
        account.disabled_at = datetime.now(UTC)
        assert hand_over_tasks(session, account, datetime.now(UTC)).kept == 1
    serving.with_counter(desk_world(desk), "ctr2", "许柜面")
    row = await desk.done("lead", made, "assign", to=str(desk.people["ctr2"]))
    assert row["handler_name"] == "许柜面"


async def test_a_rehearsal_says_who_will_have_it(desk: Desk) -> None:
    made = await desk.take_in("svc")
    at = datetime.now(UTC)
    with desk.database.read() as session:
        ctr, svc = (session.get_one(Account, desk.people[login]) for login in ("ctr", "svc"))
        ahead = Appointment(ctr.id, svc.id, at, at + timedelta(days=1))
        row = StandIn(
            principal_id=ctr.id,
            stand_in_id=svc.id,
            starts_at=at,
            ends_at=ahead.ends_at,
            created_by=ctr.id,
            created_at=at,
        )
        outlook = rehearse(session, Planned(row, ctr, svc, ahead))
    assert [(str(item.task.case_id), item.gap, item.to_name) for item in outlook.tasks] == [
        (made["case_id"], None, "赵敏")
    ]
