"""Touchpoints over HTTP on a real engine: added, listed, done with proof, put off; a gift above its cap signed off."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlmodel import select

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.book import Contact
from models.tables.care import Touchpoint, TouchpointProof
from models.tables.organisation import Account
from models.types import Stage, Tier
from tests.support import engine, world
from tests.support.care import planned
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.members import add_member
from tests.support.moment import today

CARE = "/api/v1/care/touchpoints"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


def _prepare(database: Database) -> None:
    with database.write() as session:
        member = add_member(session, world.GOLD, Tier.GOLD, today() - timedelta(days=30))
        member.manager_id = session.exec(select(Account.id).where(Account.login == "mgr")).one()


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application with an engine and a worker behind it; one customer is a gold VIP."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    _prepare(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="care")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "care"):
        app = create_app(settings, database, Gateway(environment.client, "care"))
        async with app.router.lifespan_context(app):
            signed_in = Clients(app, database)
            yield signed_in
            await signed_in.close()
    database.dispose()


@pytest.fixture
async def unsent(tmp_path: Path) -> AsyncIterator[Clients]:
    """The same people while the engine is down."""
    database = world.new_database(tmp_path)
    world.build(database)
    _prepare(database)
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()
    database.dispose()


async def _ok(answer: Any, status: int = 200) -> dict[str, Any]:
    got = await answer
    assert got.status_code == status, got.text
    facts: dict[str, Any] = got.json()
    return facts


def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _leader(database: Database, *, consent: bool = True) -> str:
    with database.write() as session:
        row = session.exec(select(Contact).where(Contact.customer_no == world.GOLD)).one()
        row.consent = consent
        session.add(row)
        return str(row.id)


@pytest.mark.temporal
@pytest.mark.timeout(90)
async def test_an_event_becomes_a_case_and_is_done_with_a_gift_that_was_signed_off(clients: Clients) -> None:
    mgr, lead = clients.token("mgr"), clients.token("lead")
    contact = _leader(clients.database)
    asked = {"customer_no": world.GOLD, "code": "Z12", "contact_id": contact, "title": "司庆", "reason": "二十周年"}
    made = await _ok(mgr.post(CARE, json=asked, headers={"Idempotency-Key": "event-0001"}), 201)
    assert (made["stage"], made["origin"], made["version"]) == ("due", "manual", 1)
    assert made["case_id"]
    again = await _ok(mgr.post(CARE, json=asked, headers={"Idempotency-Key": "event-0001"}), 201)
    assert again["touchpoint_id"] == made["touchpoint_id"]
    held = (await mgr.get("/api/v1/tasks?box=queue")).json()["items"] + (await mgr.get("/api/v1/tasks")).json()["items"]
    assert {(task["case_id"], task["step"]) for task in held} == {(made["case_id"], "perform")}

    one = f"{CARE}/{made['touchpoint_id']}"
    proof = {"kind": "photo", "name": "花篮.png", "content": base64.b64encode(PNG).decode()}
    kept = await _ok(mgr.post(f"{one}/proofs", json=proof), 201)
    assert (await mgr.get(f"{one}/proofs/{kept['proof_id']}")).content == PNG
    fake = {**proof, "content": base64.b64encode(b"<svg onload=x>").decode()}
    assert _code(await mgr.post(f"{one}/proofs", json=fake)) == (422, "invalid_input")

    done = {"done_on": today().isoformat(), "content": "送花篮", "gift_name": "花篮", "gift_value": "350", "version": 1}
    refused = await mgr.post(f"{one}/complete", json=done)
    assert _code(refused) == (422, "gift_cap_exceeded")
    assert "200" in refused.json()["detail"]
    wish = {"gift_name": "花篮", "gift_value": "350", "reason": "二十周年"}
    cleared = await _ok(mgr.post(f"{one}/clearance", json=wish), 201)
    assert _code(await mgr.post(f"{one}/clearance", json=wish)) == (409, "duplicate_case")
    (task,) = [item for item in (await lead.get("/api/v1/tasks")).json()["items"] if item["kind"] == "approval"]
    assert task["case_id"] == cleared["case_id"]
    verdict = {"verdict": "approve", "version": task["version"], "comment": "合规"}
    await _ok(lead.post(f"/api/v1/tasks/{task['task_id']}/decide", json=verdict))
    assert _code(await mgr.post(f"{one}/complete", json={**done, "version": 9})) == (409, "stale_version")
    finished = await _ok(mgr.post(f"{one}/complete", json=done, headers={"Idempotency-Key": "done-0001"}))
    assert (finished["stage"], finished["in_time"], finished["gift_value"]) == ("done", True, "350.00")
    assert finished["record_no"].startswith("GH-BJ01-")
    assert finished["clearances"][0]["cleared_at"]
    repeat = await _ok(mgr.post(f"{one}/complete", json=done, headers={"Idempotency-Key": "done-0001"}))
    assert repeat["record_no"] == finished["record_no"]
    assert _code(await mgr.post(f"{one}/skip", json={"reason": "x"}))[0] == 409
    with clients.database.read() as session:
        assert len(session.exec(select(TouchpointProof)).all()) == 1


@pytest.mark.temporal
@pytest.mark.timeout(90)
async def test_a_case_is_put_off_and_handed_on_and_left(clients: Clients) -> None:
    mgr, lead = clients.token("mgr"), clients.token("lead")
    asked = {"customer_no": world.GOLD, "code": "Z08", "due_on": today().isoformat(), "reason": "客户来电"}
    made = await _ok(mgr.post(CARE, json=asked), 201)
    one = f"{CARE}/{made['touchpoint_id']}"
    day = today() + timedelta(days=9)
    moved = await _ok(mgr.post(f"{one}/reschedule", json={"due_on": day.isoformat(), "reason": "客户出差"}))
    assert (moved["stage"], moved["due_on"] >= day.isoformat(), moved["version"]) == ("due", True, 2)
    (tasks,) = [(await mgr.get("/api/v1/tasks")).json()["items"]]
    assert [task["due_at"][:10] for task in tasks] == [moved["due_on"]]
    assert _code(await lead.post(f"{one}/complete", json={"done_on": today().isoformat(), "content": "x"}))[0] == 403
    with clients.database.read() as session:
        row = session.exec(select(Touchpoint)).one()
        assert (row.stage, row.case_id is not None) == (Stage.DUE, True)
    people = {item["login"]: item for item in (await lead.get("/api/v1/staff?limit=200")).json()["items"]}
    given = await lead.post(f"{one}/assign", json={"to": people["unit"]["account_id"], "comment": "代访"})
    assert given.status_code == 200, given.text
    assert given.json()["assignee_name"] == "李建国"
    left = await _ok(clients.token("unit").post(f"{one}/skip", json={"reason": "客户谢绝"}))
    assert (left["stage"], left["reason"]) == ("skipped", "客户谢绝")


async def test_a_row_without_a_case_is_changed_once_while_the_engine_is_down(unsent: Clients) -> None:
    mgr = unsent.token("mgr")
    with unsent.database.write() as session:
        row = planned(world.GOLD, day=today() + timedelta(days=20))
        session.add(row)
        session.flush()
        one = f"{CARE}/{row.id}"
    day = (today() + timedelta(days=24)).isoformat()
    body, key = {"due_on": day, "reason": "客户出差"}, {"Idempotency-Key": "moved-0001"}
    first = await _ok(mgr.post(f"{one}/reschedule", json=body, headers=key))
    assert (first["stage"], first["due_on"] >= day, first["case_id"]) == ("rescheduled", True, None)
    assert await _ok(mgr.post(f"{one}/reschedule", json=body, headers=key)) == first
    clash = await mgr.post(f"{one}/reschedule", json={**body, "reason": "别的"}, headers=key)
    assert _code(clash) == (422, "idempotency_conflict")
    assert _code(await unsent.token("svc").post(f"{one}/skip", json={"reason": "x"})) == (403, "not_your_task")
    assert (await unsent.token("sh-lead").get(one)).status_code == 404
    done = {"done_on": today().isoformat(), "content": "提前拜访", "cost": "86.50"}
    finished = await _ok(mgr.post(f"{one}/complete", json=done))
    assert (finished["stage"], finished["cost"], finished["in_time"]) == ("done", "86.50", True)
    with unsent.database.read() as session:
        trail = session.exec(select(AuditEntry).where(AuditEntry.object_kind == "touchpoint")).all()
    assert [entry.action for entry in trail] == ["touchpoint_reschedule", "touchpoint_complete"]


async def test_what_may_not_be_added(unsent: Clients) -> None:
    mgr = unsent.token("mgr")
    contact = _leader(unsent.database, consent=False)
    base = {"customer_no": world.GOLD, "reason": "临时", "due_on": today().isoformat()}
    greeting = {**base, "code": "Z10", "contact_id": contact}
    assert _code(await mgr.post(CARE, json=greeting)) == (422, "consent_missing")
    for changes, code in (
        ({"code": "Z10"}, "invalid_input"),
        ({"code": "Z99"}, "invalid_input"),
        ({"code": "Z08", "due_on": (today() - timedelta(days=1)).isoformat()}, "invalid_input"),
        ({"code": "Z12", "due_on": (today() + timedelta(days=12)).isoformat()}, "invalid_input"),
        ({"code": "Z08", "customer_no": world.SMALL}, "not_eligible"),
        ({"code": "Z08", "customer_no": "C-nobody"}, "not_found"),
    ):
        answer = await mgr.post(CARE, json={**base, **changes})
        assert answer.json()["code"] == code, (changes, answer.text)
    assert _code(await unsent.token("sh-lead").post(CARE, json={**base, "code": "Z08"})) == (404, "not_found")
    # What is due soon is kept although no task can be opened now: the next sweep opens it.
    kept = await _ok(mgr.post(CARE, json={**base, "code": "Z08"}), 201)
    assert (kept["stage"], kept["case_id"]) == ("planned", None)


async def test_lists_by_customer_month_person_and_page(unsent: Clients) -> None:
    with unsent.database.write() as session:
        for number in range(5):
            session.add(planned(world.GOLD, day=today() + timedelta(days=number), key=f"a{number}"))
        session.add(planned(world.SILVER, day=today(), code="Z09", institution_code="BJ", role="BR_LEAD"))
    mgr = unsent.token("mgr")
    first = await _ok(mgr.get(CARE, params={"customer_no": world.GOLD, "limit": 3}))
    rest = await _ok(mgr.get(CARE, params={"customer_no": world.GOLD, "limit": 3, "cursor": first["next_cursor"]}))
    days = [row["due_on"] for row in (*first["items"], *rest["items"])]
    assert days == [(today() + timedelta(days=number)).isoformat() for number in range(5)]
    assert rest["next_cursor"] is None
    mine = await _ok(mgr.get(CARE, params={"person": "me"}))
    assert len(mine["items"]) == 5
    lead = await _ok(unsent.token("lead").get(CARE, params={"person": "me"}))
    assert [row["code"] for row in lead["items"]] == ["Z09"]
    month = await _ok(mgr.get(CARE, params={"month": f"{today():%Y-%m}", "code": "Z09"}))
    assert [row["customer_no"] for row in month["items"]] == [world.SILVER]
    assert (await _ok(unsent.token("sh-lead").get(CARE)))["items"] == []
    for wrong in ({"month": "2026-13"}, {"person": "nobody"}, {"cursor": "x"}, {"stage": "declared-not"}):
        assert (await mgr.get(CARE, params=wrong)).status_code == 422, wrong
