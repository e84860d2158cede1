"""When a case goes wrong, over HTTP and by the form: cancelled, put back, started again, cut off."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from api.dispatcher import dispatch_once
from api.gateway import Gateway
from api.gateway.reads import RunStatus
from models.errors import DomainError, ErrorCode
from models.stores.audit import AuditStore
from models.tables.messages import Notification
from models.types import Outcome, Stage, TaskState
from tests.pages.conftest import soup_of
from tests.support.ops_floor import Floor, floor_on

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """People, an engine, a worker."""
    async with floor_on(tmp_path) as found:
        yield found


async def _approve(floor: Floor, case_id: str, login: str) -> None:
    _case, tasks = floor.records(case_id)
    (task,) = [row for row in tasks if row.closed_at is None]
    body = {"verdict": "approve", "version": task.version}
    await floor.post(login, f"/tasks/{task.id}/decide", 200, body)


async def _acts(floor: Floor, case_id: str) -> dict[str, Any]:
    answer = await floor.clients.token("ops").get(f"/api/v1/ops/cases/{case_id}")
    assert answer.status_code == 200, answer.text
    return {item["act"]: item["code"] for item in answer.json()["acts"]}


async def test_an_act_that_no_worker_has_answered_yet_is_waited_for(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent with an unknown outcome: another click would be another request, so the page waits and then leads on."""
    case_id = await floor.declaration()
    address, ops = f"/ops/cases/{case_id}", floor.clients.browser("ops")

    async def unheard(*_: object) -> None:
        raise DomainError(ErrorCode.NOT_YET_CONFIRMED)

    typed = {"reason": "客户要求撤回", "idempotency_key": "cancel-unheard-1"}
    with monkeypatch.context() as away:
        away.setattr(Gateway, "send", unheard)
        sent = await ops.post(f"{address}/cancel", data=typed)
        assert (sent.status_code, "等待确认" in sent.text) == (202, True)
        assert (await ops.get("/updates/cancel-unheard-1", params={"back": address})).status_code == 202
    await dispatch_once(floor.database, floor.gateway, timedelta())
    known = await ops.get("/updates/cancel-unheard-1", params={"back": address})
    assert (known.status_code, known.headers["location"]) == (303, f"{address}?done=cancel")
    assert floor.stepped_in(case_id) == ["客户要求撤回"]


async def test_what_was_refused_meanwhile_is_said_on_the_page(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    case_id = await floor.declaration()
    address, ops, typed = f"/ops/cases/{case_id}", floor.clients.browser("ops"), {"reason": "客户要求撤回"}

    async def unheard(*_: object) -> None:
        raise DomainError(ErrorCode.NOT_YET_CONFIRMED)

    with monkeypatch.context() as away:
        away.setattr(Gateway, "send", unheard)
        await ops.post(f"{address}/cancel", data={**typed, "idempotency_key": "cancel-unheard-2"})
    await floor.post("mgr", f"/cases/{case_id}/withdraw", 200, {"comment": "客户撤回", "version": 1})
    await dispatch_once(floor.database, floor.gateway, timedelta())
    known = await ops.get("/updates/cancel-unheard-2", params={"back": address})
    assert (known.status_code, known.headers["location"]) == (303, f"{address}?update=cancel-unheard-2")
    assert "流程已结束" in soup_of(await ops.get(known.headers["location"])).select_one("[data-gl-focus]").get_text()  # type: ignore[union-attr]  # the summary


async def test_operations_cancels_an_approval_as_long_as_its_declarant_could(floor: Floor) -> None:
    case_id = await floor.declaration()
    assert (await _acts(floor, case_id))["cancel"] is None
    body = {"reason": "客户要求撤回"}
    row = await floor.post("ops", f"/ops/cases/{case_id}/cancel", 200, body, "cancel-approval-1")
    assert (row["stage"], row["outcome"]) == ("withdrawn", "withdrawn")
    assert await floor.post("ops", f"/ops/cases/{case_id}/cancel", 200, body, "cancel-approval-1") == row
    assert floor.stepped_in(case_id) == ["客户要求撤回"]
    with floor.database.read() as session:
        told = session.exec(select(Notification.account_id).where(Notification.template == "case_withdrawn")).all()
    assert UUID(floor.people["mgr"]) in told, "whose declaration it was did not withdraw it"
    again = await floor.declaration()
    for login in ("unit", "svc"):
        await _approve(floor, again, login)
    assert (await _acts(floor, again))["cancel"] == "too_late_to_withdraw"
    refused = await floor.post("ops", f"/ops/cases/{again}/cancel", 409, body)
    assert refused["code"] == "too_late_to_withdraw"
    page = soup_of(await floor.clients.browser("ops").get(f"/ops/cases/{again}"))
    assert page.find("form", action=f"/ops/cases/{again}/cancel") is None
    assert "按规定不能取消" in page.get_text()
    assert floor.records(again)[0].outcome is None


async def test_a_claimed_task_goes_back_to_its_post(floor: Floor) -> None:
    case_id = await floor.declaration()
    path, body = f"/ops/cases/{case_id}/release", {"reason": "休假"}
    assert (await floor.post("ops", path, 409, body))["code"] == "wrong_stage"
    _case, (task,) = floor.records(case_id)
    await floor.post("unit", f"/tasks/{task.id}/claim", 200, {})
    for _ in range(2):
        await floor.post("ops", path, 200, body, "release-0001")
    _case, (task,) = floor.records(case_id)
    assert (task.state, task.assignee_id) == (TaskState.OPEN, None)
    await _approve(floor, case_id, "unit")


async def test_a_lost_run_is_started_again_by_the_form(floor: Floor) -> None:
    case_id = await floor.touchpoint()
    case, before = floor.records(case_id)
    assert (await _acts(floor, case_id)) == {
        "retry": "wrong_stage",
        "release": "wrong_stage",
        "skip": None,
        "cancel": None,
        "reset": "run_in_order",
        "terminate": "run_in_order",
    }
    await floor.lose(case.workflow_id)
    assert {name for name, code in (await _acts(floor, case_id)).items() if code == "run_lost"} == {"skip", "cancel"}
    reason = {"reason": "休假"}
    for act, body in (("skip", reason), ("cancel", reason), ("reassign", reason | {"to": floor.people["unit"]})):
        lost = await floor.post("ops", f"/ops/cases/{case_id}/{act}", 409, body)
        assert lost["code"] == "run_lost", "nobody would ever answer it"
    browser = floor.clients.browser("ops")
    page = soup_of(await browser.get(f"/ops/cases/{case_id}"))
    assert page.find("form", action=f"/ops/cases/{case_id}/reset") is not None
    address = f"/ops/cases/{case_id}/reset"
    refused = await browser.post(address, data={"reason": " "})
    assert refused.status_code == 422
    assert soup_of(refused).find("div", class_="gl-errors") is not None
    beyond = await browser.post(address, data={"reason": "长" * 601})
    assert beyond.status_code == 422
    assert "太长，请缩短。" in beyond.text
    assert "长" * 601 in beyond.text, "nothing typed is lost"
    done = await browser.post(address, data={"reason": "引擎丢失", "idempotency_key": "reset-form-1"})
    assert (done.status_code, done.headers["location"]) == (303, f"/ops/cases/{case_id}?done=reset")
    assert "已从记录重新开始" in soup_of(await browser.get(done.headers["location"])).get_text()
    assert floor.records(case_id)[1] == before
    assert (await floor.gateway.standing(case.workflow_id)).status is RunStatus.RUNNING


async def test_a_lost_run_is_cut_off_when_confirmed(floor: Floor) -> None:
    case_id = await floor.declaration()
    case, _tasks = floor.records(case_id)
    await floor.lose(case.workflow_id)
    path, body = f"/ops/cases/{case_id}/terminate", {"reason": "重复的申报"}
    assert (await floor.post("ops", path, 422, body))["code"] == "invalid_input"
    browser = floor.clients.browser("ops")
    unconfirmed = soup_of(await browser.post(path, data=body))
    assert unconfirmed.find("a", href="#terminate-confirmed") is not None
    for _ in range(2):
        answer = await floor.post("ops", path, 200, {**body, "confirmed": True}, "terminate-01")
        assert (answer["stage"], answer["outcome"]) == ("cancelled", "terminated")
    case, tasks = floor.records(case_id)
    assert (case.outcome, case.stage, case.open_key) == (Outcome.TERMINATED, Stage.CANCELLED, None)
    assert {task.state for task in tasks} == {TaskState.CANCELLED}
    told = soup_of(await floor.clients.browser("mgr").get(f"/cases/{case_id}")).get_text()
    assert "终止了流程" in told
    assert await floor.declaration() != case_id
    assert set((await _acts(floor, case_id)).values()) >= {"case_closed"}


async def test_of_an_unknown_run_there_is_nothing_to_see(floor: Floor) -> None:
    case_id = await floor.declaration()
    known = {"workflow_id": floor.records(case_id)[0].workflow_id}
    ops = floor.clients.token("ops")
    assert (await ops.get("/api/v1/ops/runs", params=known)).status_code == 404
    assert (await floor.clients.browser("ops").get("/ops/runs", params=known)).status_code == 404
    body = {**known, "reason": "孤儿", "confirmed": True}
    assert (await floor.post("ops", "/ops/runs/terminate", 404, body))["code"] == "not_found"
    assert (await floor.gateway.standing(known["workflow_id"])).status is RunStatus.RUNNING


async def test_two_who_reset_beside_each_other_are_recorded_once(floor: Floor) -> None:
    case_id = await floor.declaration()
    await floor.lose(floor.records(case_id)[0].workflow_id)
    ops, path = floor.clients.token("ops"), f"/api/v1/ops/cases/{case_id}/reset"
    answers = await asyncio.gather(*(ops.post(path, json={"reason": f"第 {n} 人"}) for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code != 200} == {"run_in_order"}
    with floor.database.read() as session:
        trail = AuditStore(session).of("case", case_id)
    assert [entry.action for entry in trail].count("ops.reset") == 1
