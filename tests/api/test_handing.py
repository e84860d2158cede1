"""Handing over, signing with others, taking back, pausing, operations: over HTTP on a real engine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.services.audit import verify
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.types import Role, SignerRule, Stage
from tests.support import desk_world, engine, rules, world
from tests.support.clients import Clients
from tests.support.organisation import add_person

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
API = "/api/v1"
DECLARATION = {"year": world.YEAR, "reason": "连续三年增员", "late_reason": "补报"}


@dataclass(frozen=True)
class Story:
    """People acting on cases of one small insurer."""

    clients: Clients
    database: Database
    people: dict[str, str]

    async def declare(self, customer_no: str = world.GOLD, tier: str = "gold", seat: str = "ranked") -> str:
        body = DECLARATION | {"customer_no": customer_no, "tier": tier, "seat": seat}
        declared = await self.clients.token("mgr").post(f"{API}/qualifications", json=body)
        assert declared.status_code == 201, declared.text
        return str(declared.json()["case_id"])

    async def post(self, login: str, path: str, body: Any, key: str = "") -> httpx2.Response:
        headers = {"Idempotency-Key": key or uuid4().hex}
        return await self.clients.token(login).post(f"{API}{path}", json=body, headers=headers)

    async def get(self, login: str, path: str) -> Any:
        answer = await self.clients.token(login).get(f"{API}{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def task(self, login: str) -> dict[str, Any]:
        items: list[dict[str, Any]] = (await self.get(login, "/tasks"))["items"]
        assert len(items) == 1, items
        return items[0]

    async def act(self, login: str, verb: str, task: dict[str, Any], key: str = "", **body: Any) -> dict[str, Any]:
        """An act on a task that must go through."""
        answer = await self.post(login, f"/tasks/{task['task_id']}/{verb}", body, key)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, login: str, verb: str, task: dict[str, Any], **body: Any) -> tuple[int, str]:
        answer = await self.post(login, f"/tasks/{task['task_id']}/{verb}", body)
        return answer.status_code, answer.json()["code"]

    async def approve(self, login: str) -> dict[str, Any]:
        task = await self.task(login)
        return await self.act(login, "decide", task, verdict="approve", version=task["version"])


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    """The insurer with two unit leads, an engine and a worker behind it."""
    database = world.new_database(tmp_path)
    built = world.build(database)
    with database.write() as session:
        for login in ("unit2", "svc2"):
            code, role = ("BJ01", Role.UNIT_LEAD) if login == "unit2" else ("BJ", Role.BR_SVC)
            built.accounts[login] = add_person(session, login, code, role).id
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="handing")
    async with engine.time_skipping() as environment, engine.worker(environment.client, built, tmp_path, "handing"):
        app = create_app(settings, database, Gateway(environment.client, "handing"))
        async with app.router.lifespan_context(app):
            clients = Clients(app, database)
            yield Story(clients, database, {login: str(number) for login, number in built.accounts.items()})
            await clients.close()
    database.dispose()


async def test_a_transferred_task_is_theirs_and_nobody_elses(story: Story) -> None:
    await story.declare()
    task = await story.task("unit")
    body = {"version": task["version"], "to": story.people["unit2"], "comment": "休假"}
    moved = await story.act("unit", "transfer", task, "move-00001", **body)
    again = await story.act("unit", "transfer", task, "move-00001", **body)
    assert moved["task"] == again["task"]
    assert moved["task"]["assignee"] == story.people["unit2"]
    assert moved["task"]["due_at"] == task["due_at"]
    assert (await story.get("unit", "/tasks"))["items"] == []
    assert await story.refused("unit", "decide", task, verdict="approve", version=2) == (403, "not_your_task")
    assert (await story.approve("unit2"))["task"]["state"] == "done"


async def test_nobody_without_authority_is_given_the_task(story: Story) -> None:
    await story.declare()
    task = await story.task("unit")
    for login in ("mgr", "sh-lead", "ops"):
        refused = await story.refused("unit", "transfer", task, version=task["version"], to=story.people[login])
        assert refused == (422, "bad_transfer_target"), login
    assert await story.refused("unit", "transfer", task, version=7, to=story.people["svc"]) == (409, "stale_version")


async def test_a_delegate_advises_and_the_task_returns(story: Story) -> None:
    await story.declare()
    task = await story.task("unit")
    away = await story.act("unit", "delegate", task, version=task["version"], to=story.people["svc"], comment="请核")
    assert (away["task"]["assignee"], away["task"]["delegated_by"]) == (story.people["svc"], story.people["unit"])
    version = away["task"]["version"]
    decided = {"verdict": "approve", "version": version}
    assert await story.refused("unit", "decide", task, **decided) == (403, "not_your_task")
    assert await story.refused("svc", "decide", task, **decided) == (403, "not_your_task")
    back = await story.act("svc", "delegate-return", task, version=version, comment="属实")
    assert (back["task"]["assignee"], back["task"]["delegated_by"]) == (story.people["unit"], None)
    assert (await story.approve("unit"))["case"]["stage"] == "branch_review"


async def test_a_signer_before_signs_first(story: Story) -> None:
    case_id = await story.declare()
    task = await story.task("unit")
    added = await story.act(
        "unit", "add-signer", task, version=task["version"], to=story.people["unit2"], position="before"
    )
    live = await story.get("unit", f"/tasks/{task['task_id']}/signers")
    assert (live["needed"], live["approved"]) == (2, 0)
    assert {seat["state"] for seat in live["signers"]} == {"open", "waiting"}
    version = added["task"]["version"]
    waits = await story.refused("unit", "decide", task, verdict="approve", version=version)
    assert waits == (403, "not_your_task")
    shown = (await story.get("unit2", "/tasks"))["items"]
    (mine,) = (item for item in shown if item["assignee"] == story.people["unit2"])
    await story.act("unit2", "decide", mine, verdict="approve", version=mine["version"])
    own = await story.task("unit")
    done = await story.act("unit", "decide", own, verdict="approve", version=own["version"])
    assert done["case"]["stage"] == "branch_review"
    assert (await story.get("mgr", f"/cases/{case_id}"))["stage"] == "branch_review"


async def test_an_added_signer_is_taken_out_again(story: Story) -> None:
    await story.declare()
    task = await story.task("unit")
    body = {"version": task["version"], "to": story.people["unit2"], "position": "after"}
    version = (await story.act("unit", "add-signer", task, **body))["task"]["version"]
    removed = {"version": version, "signer_id": "1"}
    assert await story.refused("unit", "remove-signer", task, **removed) == (409, "signer_cannot_be_removed")
    gone = await story.act("unit", "remove-signer", task, version=version, signer_id="a1")
    live = await story.get("unit", f"/tasks/{task['task_id']}/signers")
    assert [seat["signer_id"] for seat in live["signers"]] == ["1"]
    assert (await story.get("unit2", "/tasks"))["items"][0]["task_id"] == task["task_id"], "the queue only"
    await story.act("unit", "decide", task, verdict="approve", version=gone["task"]["version"])


async def test_a_decision_is_taken_back_until_the_next_acted(story: Story) -> None:
    await story.declare()
    first = await story.task("unit")
    await story.approve("unit")
    assert await story.refused("svc", "take-back", first) == (403, "not_your_task")
    back = await story.act("unit", "take-back", first, comment="看漏附件")
    assert back["case"]["stage"] == "unit_check"
    assert back["next_task_id"] != first["task_id"]
    assert (await story.get("svc", "/tasks"))["items"] == []
    await story.approve("unit")
    await story.approve("svc")
    late = (await story.get("unit", "/tasks?box=done"))["items"][0]
    assert await story.refused("unit", "take-back", late) == (409, "too_late_to_take_back")


async def test_a_paused_clock_says_since_when(story: Story) -> None:
    await story.declare()
    task = await story.task("unit")
    body = {"version": task["version"], "reason": "waiting_for_customer", "comment": "等合同"}
    paused = await story.act("unit", "pause", task, **body)
    assert paused["task"]["paused_since"] is not None
    version = paused["task"]["version"]
    twice = await story.refused("unit", "pause", task, **body | {"version": version})
    assert twice == (409, "clock_already_paused")
    running = await story.act("unit", "resume", task, version=version)
    assert running["task"]["paused_since"] is None


async def test_operations_reassign_and_override_with_their_mark(story: Story) -> None:
    case_id = await story.declare()
    task = await story.task("unit")
    body = {"version": task["version"], "to": story.people["unit2"], "comment": "离职交接"}
    given = await story.act("ops", "reassign", task, **body)
    assert given["task"]["assignee"] == story.people["unit2"]
    assert (await story.get("unit", "/tasks"))["items"] == []
    judged = {"verdict": "approve", "version": given["task"]["version"], "comment": "两人均休假，见批件"}
    done = await story.act("ops", "override", task, **judged)
    assert done["case"]["stage"] == "branch_review"
    timeline = (await story.get("mgr", f"/cases/{case_id}"))["timeline"]
    assert [item["door"] for item in timeline if item["actor"] == "吴勇"] == ["override", "override"]


async def test_a_stand_in_decides_b_for_a(story: Story) -> None:
    case_id = await story.declare()
    with story.database.write() as session:
        desk_world.stand_in(session, "unit", "svc")
    task = await story.task("svc")
    assert task["on_behalf_of_name"] == "李建国"
    done = await story.act("svc", "decide", task, verdict="approve", version=task["version"])
    assert done["case"]["stage"] == "branch_review"
    signed = (await story.get("mgr", f"/cases/{case_id}"))["timeline"][-1]
    assert (signed["actor"], signed["on_behalf_of"], signed["door"]) == ("赵敏", story.people["unit"], "stand_in")
    own = (await story.get("svc", "/tasks"))["items"][0]
    refused = await story.refused("svc", "decide", own, verdict="approve", version=own["version"])
    assert refused == (403, "consecutive_step")


async def test_a_resubmission_says_what_it_changed(story: Story) -> None:
    case_id = await story.declare()
    task = await story.task("unit")
    await story.act("unit", "decide", task, verdict="return", version=task["version"], comment="补理由")
    version = (await story.get("mgr", f"/cases/{case_id}"))["version"]
    foreign = {"policy_no": "P-NONE", "year": world.YEAR, "field": "premium_received", "value": "1"}
    wrong = await story.post("mgr", f"/cases/{case_id}/resubmit", {"version": version, "corrections": [foreign]})
    assert wrong.status_code in {404, 422}, wrong.text
    body = {"version": version, "comment": "已补", "reason": "新增三百人"}
    sent = await story.post("mgr", f"/cases/{case_id}/resubmit", body)
    assert sent.status_code == 200, sent.text
    assert (await story.get("mgr", f"/cases/{case_id}"))["reason"] == "新增三百人"


async def test_what_the_approver_saw_is_shown_again(story: Story) -> None:
    case_id = await story.declare()
    await story.approve("unit")
    seen = await story.get("mgr", f"/cases/{case_id}/evidence/2")
    assert len(seen["digest"]) == 64
    assert seen["content"]["score"] is not None
    refused = await story.clients.token("ops").get(f"{API}/cases/{case_id}/evidence/2")
    assert refused.status_code == 403, "operations sees no score"


async def test_many_at_once_each_with_its_own_result(story: Story) -> None:
    await story.declare(world.SILVER, "silver", "silver")
    await story.declare()
    tasks = (await story.get("unit", "/tasks"))["items"]
    by_tier = {task["tier"]: task for task in tasks}
    items = [{"task_id": task["task_id"], "version": 1} for task in (by_tier["silver"], by_tier["gold"])]
    items.append({"task_id": str(uuid4()), "version": 1})
    body = {"items": items, "verdict": "approve", "comment": "名单已核"}
    answer = await story.post("unit", "/tasks/bulk-decide", body, "bulk-00001")
    assert answer.status_code == 200, answer.text
    results = answer.json()["items"]
    assert [(item["status"], item["code"]) for item in results] == [
        (200, None),
        (422, "bulk_not_allowed"),
        (404, "not_found"),
    ]
    assert results[0]["case"]["stage"] == "branch_review"
    assert results[1]["detail"].startswith("金牌或超限事项")
    again = await story.post("unit", "/tasks/bulk-decide", body, "bulk-00001")
    assert again.json() == answer.json()
    other = await story.post("unit", "/tasks/bulk-decide", body | {"comment": "别的"}, "bulk-00001")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    rejected = await story.post("unit", "/tasks/bulk-decide", body | {"verdict": "reject"})
    assert rejected.status_code == 422
    with story.database.read() as session:
        assert verify(session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))).all()).broken_at is None


async def test_signers_that_the_declarant_names_sign_and_a_missing_choice_is_refused(story: Story) -> None:
    chosen = [{"login": "svc"}, {"choice": True}]
    rules.put_in_force(story.database, rules.step(Stage.BRANCH_REVIEW, rule=SignerRule.ALL, signers=chosen))
    body = DECLARATION | {"customer_no": world.GOLD, "tier": "gold", "seat": "ranked"}
    for signers in ([], [str(uuid4())]):
        refused = await story.post("mgr", "/qualifications", body | {"signers": signers})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
        assert [entry["field"] for entry in refused.json()["errors"]] == ["signers"]
    made = await story.post("mgr", "/qualifications", body | {"signers": [story.people["sh-lead"]]})
    assert made.status_code == 201, made.text
    path = (await story.get("mgr", f"/cases/{made.json()['case_id']}"))["path"]
    ahead = next(step for step in path if step["stage"] == "branch_review")
    assert (ahead["place"], ahead["rule"]) == ("ahead", "all")
    assert [seat["people"] for seat in ahead["seats"]] == [["赵敏"], ["郑华"]]
    await story.approve("unit")
    assert {(await story.task(login))["step"] for login in ("svc", "sh-lead")} == {"branch_review"}
