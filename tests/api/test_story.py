"""The main story over HTTP on a real engine: declared, approved through every level, gold."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.gateway import Gateway
from models.settings import Settings
from tests.support import engine, world
from tests.support.clients import Clients

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
DECLARATION = {
    "customer_no": world.GOLD,
    "year": world.YEAR,
    "tier": "gold",
    "seat": "ranked",
    "reason": "连续三年增员",
    "late_reason": "补报",
}


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application, with an engine and a worker behind it."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="story")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "story"):
        app = create_app(settings, database, Gateway(environment.client, "story"))
        async with app.router.lifespan_context(app):
            signed_in = Clients(app, database)
            yield signed_in
            await signed_in.close()
    database.dispose()


async def _only_task(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/v1/tasks")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    assert len(items) == 1
    return items[0]


async def _decide(client: httpx2.AsyncClient, task: dict[str, Any], key: str = "", **body: Any) -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    content = {"verdict": "approve", "version": task["version"], **body}
    return await client.post(f"/api/v1/tasks/{task['task_id']}/decide", json=content, headers=headers)


async def test_a_customer_becomes_gold(clients: Clients) -> None:
    mgr = clients.token("mgr")
    declared = await mgr.post("/api/v1/qualifications", json=DECLARATION)
    assert declared.status_code == 201, declared.text
    case_id = declared.json()["case_id"]
    again = {"Idempotency-Key": "again-12345"}
    standing = await mgr.post("/api/v1/qualifications", json=DECLARATION, headers=again)
    assert (standing.status_code, standing.json()["case_id"]) == (200, case_id)
    other = await mgr.post("/api/v1/qualifications", json=DECLARATION | {"reason": "另一理由"})
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_case")
    for login in ("unit", "svc", "lead", "hq-vip", "hq-lead"):
        client = clients.token(login)
        decided = await _decide(client, await _only_task(client))
        assert decided.status_code == 200, decided.text
        assert decided.json()["task"]["state"] == "done"
    case = (await mgr.get(f"/api/v1/cases/{case_id}")).json()
    assert (case["stage"], case["outcome"], case["tier"]) == ("active", "approved", "gold")
    assert (case["membership"]["valid_from"], case["membership"]["valid_to"]) == ("2026-03-01", "2027-02-28")
    assert [step["place"] for step in case["path"]] == ["done"] * 6
    assert [item["act"] for item in case["timeline"]][:6] == ["declare", *["approve"] * 5]
    assert case["score"]["value"] == "2200000"
    repeated = await mgr.post("/api/v1/qualifications", json=DECLARATION, headers=again)
    assert (repeated.status_code, repeated.json()["case_id"]) == (200, case_id)  # as it was told, though it is closed


async def test_the_same_key_gets_the_first_answer_and_other_content_is_refused(clients: Clients) -> None:
    await clients.token("mgr").post("/api/v1/qualifications", json=DECLARATION)
    unit = clients.token("unit")
    task = await _only_task(unit)
    first, again = await _decide(unit, task, "key-0001"), await _decide(unit, task, "key-0001")
    misuse = await _decide(unit, task, "key-0001", comment="别的")
    assert first.status_code == again.status_code == 200
    assert first.json()["task"] == again.json()["task"]
    assert (misuse.status_code, misuse.json()["code"]) == (422, "idempotency_conflict")


async def test_two_clicks_at_once_make_one_decision(clients: Clients) -> None:
    await clients.token("mgr").post("/api/v1/qualifications", json=DECLARATION)
    unit = clients.token("unit")
    task = await _only_task(unit)
    answers = await asyncio.gather(*(_decide(unit, task, f"click-{n:04}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    loser = next(answer for answer in answers if answer.status_code == 409).json()
    assert loser["code"] == "already_decided"
    assert loser["context"]["who"] == "李建国"


async def test_what_may_not_be_is_refused_with_its_code(clients: Clients) -> None:
    mgr, unit = clients.token("mgr"), clients.token("unit")
    await mgr.post("/api/v1/qualifications", json=DECLARATION)
    task = await _only_task(unit)
    refusals = [
        (await _decide(mgr, task), 403, "not_your_task"),
        (await _decide(unit, task, version=9), 409, "stale_version"),
        (await _decide(unit, task, verdict="return"), 422, "reason_required"),
        (await _decide(unit, task, surprise=1), 422, "unknown_field"),
        (await _decide(clients.token("sh-lead"), task), 404, "not_found"),
        (
            await mgr.post("/api/v1/qualifications", json=DECLARATION | {"customer_no": world.SMALL}),
            422,
            "not_eligible",
        ),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer, _, _ in refusals] == [
        (status, code) for _, status, code in refusals
    ]
