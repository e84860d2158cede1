"""Inquiries and complaints over HTTP on a real engine: two clocks, masked texts, readings logged, a new life."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlmodel import select

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.services.complaints.reading import OPENED
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.book import Contact
from models.tables.messages import Notification
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway

COMPLAINTS, INQUIRIES = "/api/v1/complaints", "/api/v1/inquiries"
SECRETS = ("王大明", "13812342071", "理赔款迟迟没有到账", "业务员态度恶劣且拒绝说明")
FIRST, PHONE, SUBJECT, MATTER = SECRETS
SAID = {"complainant": FIRST, "phone": PHONE, "subject": SUBJECT, "matter": MATTER}


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application with an engine and a worker behind it."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="complaints")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "complaints"):
        app = create_app(settings, database, Gateway(environment.client, "complaints"))
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
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()
    database.dispose()


async def _register(client: httpx2.AsyncClient, address: str = COMPLAINTS, **more: Any) -> dict[str, Any]:
    answer = await client.post(address, json={"customer_no": world.GOLD, "channel": "phone", **SAID, **more})
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def _act(client: httpx2.AsyncClient, case_id: str, name: str, **body: Any) -> httpx2.Response:
    case = (await client.get(f"{COMPLAINTS}/{case_id}")).json()
    return await client.post(f"{COMPLAINTS}/{case_id}/{name}", json={"version": case["version"], **body})


async def _done(client: httpx2.AsyncClient, case_id: str, name: str, **body: Any) -> dict[str, Any]:
    answer = await _act(client, case_id, name, **body)
    assert answer.status_code == 200, (name, answer.text)
    row: dict[str, Any] = answer.json()
    return row


def _readings(database: Database) -> int:
    with database.read() as session:
        return len(session.exec(select(AuditEntry).where(AuditEntry.action == OPENED)).all())


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_a_complaint_from_registration_through_two_lives(clients: Clients) -> None:
    svc = clients.token("svc")
    made = await _register(clients.token("mgr"))
    assert made["record_no"].startswith("TS-BJ-")
    assert made["reply_due_at"] < made["close_due_at"]
    case_id = made["case_id"]
    early = await _act(svc, case_id, "close", customer_view="satisfied")
    assert (early.status_code, early.json()["code"]) == (409, "wrong_stage")
    assert (await _done(svc, case_id, "reply", text="已联系客户"))["stage"] == "investigating"
    await _done(svc, case_id, "investigate", text="系银行退票")
    empty = await _act(svc, case_id, "judge", justified=True, handling="  ")
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "handling")
    judged = await _done(svc, case_id, "judge", justified=True, handling="重新划款并致歉")
    assert (judged["stage"], judged["justified"]) == ("handling", True)
    closed = await _done(svc, case_id, "close", customer_view="accepted")
    assert (closed["stage"], closed["outcome"], closed["closed_in_time"]) == ("closed", "completed", True)
    without = await _act(svc, case_id, "reopen")
    assert (without.status_code, without.json()["code"]) == (422, "reason_required")
    again = await _done(svc, case_id, "reopen", comment="款项仍未到账")
    assert (again["stage"], again["round"], again["closed_at"], again["justified"]) == ("reopened", 2, None, None)
    whole = (await svc.get(f"{COMPLAINTS}/{case_id}")).json()
    assert [life["justified"] for life in whole["lives"]] == [True]
    assert {clock["name"] for clock in whole["clocks"]} == {"reply", "close"}
    acts = [item["act"] for item in whole["timeline"] if not item["actor"].startswith("system:")]
    assert acts == ["open", "reply", "investigate", "judge", "close", "reopen"]


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_contents_are_masked_until_a_logged_opening_and_nowhere_else(clients: Clients) -> None:
    svc, database = clients.token("svc"), clients.database
    case_id = (await _register(clients.token("mgr")))["case_id"]
    await _done(svc, case_id, "reply", text=MATTER)
    await _done(svc, case_id, "grade", grade="serious", comment=MATTER)
    for address in (COMPLAINTS, f"{COMPLAINTS}/{case_id}", f"/api/v1/cases/{case_id}", "/api/v1/tasks"):
        shown = (await svc.get(address)).text
        assert not [secret for secret in SECRETS if secret in shown], address
    row = (await svc.get(COMPLAINTS)).json()["items"][0]
    assert (row["complainant"], row["phone"], row["subject"]) == ("王*", "138****2071", "理赔款***")
    assert (await svc.get(COMPLAINTS, params={"q": SUBJECT})).json()["items"] == []
    assert _readings(database) == 0
    opened = (await svc.get(f"{COMPLAINTS}/{case_id}", params={"open": "1"})).json()
    assert (opened["opened"], opened["complainant"], opened["matter"]) == (True, FIRST, MATTER)
    assert _readings(database) == 1
    await svc.get(f"{COMPLAINTS}/{case_id}", params={"open": "1"})
    assert _readings(database) == 2
    ops = clients.token("ops")
    assert (await ops.get(f"{COMPLAINTS}/{case_id}")).status_code == 200
    assert (await ops.get(f"{COMPLAINTS}/{case_id}", params={"open": "1"})).json()["code"] == "not_allowed"
    assert (await clients.token("sh-lead").get(f"{COMPLAINTS}/{case_id}", params={"open": "1"})).status_code == 404
    assert _readings(database) == 2
    with database.read() as session:
        entries = str([entry.model_dump() for entry in session.exec(select(AuditEntry))])
        told = str([row.model_dump() for row in session.exec(select(Notification))])
    assert not [secret for secret in SECRETS if secret in entries + told]


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_a_serious_one_is_closed_by_the_branch_head_with_its_opinion(clients: Clients) -> None:
    svc, lead = clients.token("svc"), clients.token("lead")
    case_id = (await _register(svc, grade="serious"))["case_id"]
    assert [task["role"] for task in (await lead.get("/api/v1/tasks")).json()["items"]] == ["BR_LEAD"]
    barred = await _act(svc, case_id, "reply", text="已联系")
    assert (barred.status_code, barred.json()["code"]) == (403, "not_your_task")
    await _done(lead, case_id, "reply", text="已联系")
    await _done(lead, case_id, "judge", justified=False, handling="向客户说明条款")
    silent = await _act(lead, case_id, "close", customer_view="dissatisfied")
    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (422, "leader_opinion")
    closed = await _done(lead, case_id, "close", customer_view="dissatisfied", leader_opinion="处理得当")
    assert closed["handler"] == "陈志远"


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_an_inquiry_is_closed_by_its_answer_late_with_a_reason(clients: Clients) -> None:
    svc = clients.token("svc")
    received = datetime.now(UTC) - timedelta(days=30)
    made = await _register(svc, INQUIRIES, matter="", received_at=received.isoformat())
    assert (made["record_no"][:5], made["close_due_at"]) == ("ZX-BJ", None)
    case_id = made["case_id"]
    overdue = await svc.get(INQUIRIES, params={"overdue": "true"})
    assert [item["overdue"] for item in overdue.json()["items"]] == [True]
    assert (await svc.get(COMPLAINTS)).json()["items"] == []
    late = await _act(svc, case_id, "reply", text="可在网站查询")
    assert (late.status_code, late.json()["code"]) == (422, "late_reason_required")
    answered = await _done(svc, case_id, "reply", text="可在网站查询", late_reason="来电登记过晚")
    assert (answered["stage"], answered["reply_in_time"], answered["overdue"]) == ("closed", False, False)
    gone = await _act(svc, case_id, "reopen", comment="再问")
    assert (gone.status_code, gone.json()["code"]) == (409, "case_closed")


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_the_same_request_twice_is_one_case_and_the_list_pages_through(clients: Clients) -> None:
    svc = clients.token("svc")
    body = {"customer_no": world.GOLD, **SAID}
    key = {"Idempotency-Key": "complaint-0001"}
    first = await svc.post(COMPLAINTS, json=body, headers=key)
    again = await svc.post(COMPLAINTS, json=body, headers=key)
    assert (first.json(), again.status_code) == (again.json(), first.status_code)
    other = await svc.post(COMPLAINTS, json={**body, "subject": "另一件"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    made = [first.json()["case_id"], *[(await _register(svc, customer_no=world.SILVER))["case_id"] for _ in range(2)]]
    seen, cursor = [], None
    while True:
        page = (await svc.get(COMPLAINTS, params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
        seen += [item["case_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]
    named = await svc.get(COMPLAINTS, params={"customer_no": world.SILVER, "grade": "ordinary", "stage": "registered"})
    assert len(named.json()["items"]) == 2
    by_number = await svc.get(COMPLAINTS, params={"q": first.json()["record_no"]})
    assert [item["case_id"] for item in by_number.json()["items"]] == made[:1]


async def test_what_cannot_be_registered_is_refused_before_anything_is_sent(unsent: Clients) -> None:
    svc = unsent.token("svc")
    with unsent.database.read() as session:
        stranger = session.exec(select(Contact).where(Contact.customer_no == world.SILVER)).first()
        assert stranger is not None
    body = {"customer_no": world.GOLD, **SAID}
    refused = (
        ("contact_id", str(stranger.id)),
        ("received_at", "2199-01-01T00:00:00+08:00"),
        ("received_at", "0001-01-01T00:00:00+08:00"),
        ("subject", " "),
        ("matter", ""),
    )
    for field, wrong in refused:
        answer = await svc.post(COMPLAINTS, json={**body, field: wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await svc.post(COMPLAINTS, json={**body, "customer_no": "C9999999"})).status_code == 404
    assert (await unsent.token("hq-vip").post(COMPLAINTS, json=body)).status_code == 403
    away = await svc.post(COMPLAINTS, json=body)
    assert (away.status_code, away.json()["code"]) == (503, "engine_unavailable")
