"""服务投入 over HTTP on a real engine: refused at the limit, approved, gone on with; files read again and compared."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from api.app import create_app
from api.gateway import Gateway
from models.settings import Settings
from models.types import Tier
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.moment import today
from tests.support.spend import listed, running
from tests.support.world import YEAR, World

REPORT = f"/api/v1/reports/spend/{YEAR}"
PAGE = f"/reports/spend/{YEAR}"
SILVER, GOLD = world.SILVER, world.GOLD
CARE = "/api/v1/care/touchpoints"
PDF, XLSX = "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _prepare(home: Path) -> World:
    database = world.new_database(home)
    people = listed(database, world.build(database))
    with database.write() as session:
        running(session, people, SILVER, Tier.SILVER)
        running(session, people, GOLD, Tier.GOLD)
    return people


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application with an engine and a worker behind it; two members whose year is planned."""
    people = _prepare(tmp_path)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="spend")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "spend"):
        app = create_app(settings, people.database, Gateway(environment.client, "spend"))
        async with app.router.lifespan_context(app):
            signed_in = Clients(app, people.database)
            yield signed_in
            await signed_in.close()
    people.database.dispose()


@pytest.fixture
async def readers(tmp_path: Path) -> AsyncIterator[Clients]:
    """The same people while the engine is down: reading goes on."""
    people = _prepare(tmp_path)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET))
    app = create_app(settings, people.database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, people.database)
        yield signed_in
        await signed_in.close()
    people.database.dispose()


async def _ok(answer: Any, status: int = 200) -> dict[str, Any]:
    got = await answer
    assert got.status_code == status, got.text
    facts: dict[str, Any] = got.json()
    return facts


def _fault(answer: httpx2.Response) -> tuple[int, str]:
    found = answer.json()
    return answer.status_code, found["errors"][0]["reason"] if "errors" in found else found["code"]


async def _fill(mgr: httpx2.AsyncClient) -> httpx2.Response:
    """Add lectures until the limit refuses one."""
    for number in range(20):
        wish = {"customer_no": SILVER, "code": "Z15", "title": f"讲座{number}", "reason": "客户要求"}
        answer = await mgr.post(CARE, json={**wish, "due_on": (today() + timedelta(days=60)).isoformat()})
        if answer.status_code != 201:
            return answer
    raise AssertionError("the limit never came")


@pytest.mark.temporal
@pytest.mark.timeout(120)
async def test_refused_at_the_limit_then_approved_and_gone_on_with(clients: Clients) -> None:
    mgr, lead, other = clients.token("mgr"), clients.token("lead"), clients.token("sh-lead")
    refused = await _fill(mgr)
    assert _fault(refused) == (422, "spend_limit_exceeded")
    mine = f"{REPORT}/{SILVER}"
    before = await _ok(mgr.get(mine))
    over = Decimal(before["planned"]) + Decimal(before["extra"]) + 2000 - Decimal(before["limit"])
    assert str(over) in {refused.json()["context"]["over"], refused.json()["context"]["over"] + ".00"}
    assert (before["state"], before["approved_total"]) == ("within", None)

    ask, wish = f"{mine}/over-limit", {"total": "25000", "reason": "客户要求加讲"}
    assert _fault(await mgr.post(ask, json={**wish, "total": "100"})) == (422, "within_the_limit")
    assert _fault(await mgr.post(ask, json={**wish, "reason": " "}))[0] == 422
    assert _fault(await other.post(ask, json=wish)) == (404, "not_found")
    opened = await _ok(mgr.post(ask, json=wish, headers={"Idempotency-Key": "over-0001"}), 201)
    assert (await _ok(mgr.post(ask, json=wish, headers={"Idempotency-Key": "over-0001"}), 201)) == opened
    assert _fault(await mgr.post(ask, json=wish)) == (409, "duplicate_case")

    (task,) = [item for item in (await lead.get("/api/v1/tasks")).json()["items"] if item["kind"] == "approval"]
    assert (task["case_id"], task["role"], task["institution_code"]) == (opened["case_id"], "BR_LEAD", "BJ")
    page = (await clients.browser("lead").get(f"/tasks/{task['task_id']}")).text
    assert "服务投入超限审批" in page
    assert "¥25,000.00" in page
    verdict = {"verdict": "approve", "version": task["version"], "comment": "同意"}
    await _ok(lead.post(f"/api/v1/tasks/{task['task_id']}/decide", json=verdict))
    approved = await _ok(mgr.get(mine))
    assert (approved["approved_total"], approved["approved_by"]) == ("25000.00", "陈志远")
    assert _fault(await _fill(mgr)) == (422, "spend_limit_exceeded"), "up to the total that was approved, no further"
    after = await _ok(mgr.get(mine))
    assert 25000 - 2000 < Decimal(after["planned"]) + Decimal(after["extra"]) <= 25000
    assert after["state"] == "approved"


@pytest.mark.temporal
@pytest.mark.timeout(120)
async def test_asked_on_the_page_and_refused_by_the_lead(clients: Clients) -> None:
    mgr, lead = clients.browser("mgr"), clients.token("lead")
    form = f"{PAGE}/{SILVER}/over-limit"
    assert (await mgr.get(form)).status_code == 200
    wrong = await mgr.post(form, data={"total": "一万", "reason": "加讲", "idempotency_key": "over-page-01"})
    assert wrong.status_code == 422
    assert "应为数字。" in wrong.text
    assert "加讲" in wrong.text, "what was typed is kept"
    sent = await mgr.post(form, data={"total": "20,000", "reason": "加讲", "idempotency_key": "over-page-02"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PAGE}/{SILVER}?done=asked")
    assert "超限审批办理中" in (await mgr.get(sent.headers["location"])).text
    (task,) = [item for item in (await lead.get("/api/v1/tasks")).json()["items"] if item["kind"] == "approval"]
    verdict = {"verdict": "reject", "version": task["version"], "comment": "不必"}
    await _ok(lead.post(f"/api/v1/tasks/{task['task_id']}/decide", json=verdict))
    found = await _ok(lead.get(f"{REPORT}/{SILVER}"))
    assert (found["approved_total"], found["state"]) == (None, "within")
    assert "超限审批办理中" not in (await mgr.get(f"{PAGE}/{SILVER}")).text


async def test_the_files_say_what_the_json_says(readers: Clients) -> None:
    svc = readers.token("svc")
    found = await _ok(svc.get(REPORT))
    for answer in (await svc.get(f"{REPORT}.xlsx"), await svc.get(REPORT, headers={"Accept": XLSX})):
        assert answer.headers["content-type"] == XLSX
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        customers, places, items = (book.get_sheet_by_index(number).to_python() for number in range(3))
    assert [row[1] for row in customers[1:]] == [item["customer_no"] for item in found["items"]]
    names = ("limit", "planned", "extra", "reserved", "committed", "left", "over")
    for row, item in zip(customers[1:], found["items"], strict=True):
        assert [Decimal(str(cell)) for cell in row[6:13]] == [Decimal(item[name]) for name in names]
    for rows, groups in ((places, found["by_institution"]), (items, found["by_item"])):
        for row, group in zip(rows[1:], groups, strict=True):
            assert [Decimal(str(cell)) for cell in row[1:]] == [Decimal(group[name]) for name in names[1:6]]
    for answer in (await svc.get(f"{REPORT}.pdf"), await svc.get(REPORT, headers={"Accept": PDF})):
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        for item in found["items"]:
            assert f"{Decimal(item['limit']):,}" in text
            assert f"{Decimal(item['reserved']):,}" in text
        assert f"{Decimal(found['total']['planned']):,}" in text


async def test_figures_are_the_sums_of_what_they_lead_to(readers: Clients) -> None:
    svc = readers.token("svc")
    found = await _ok(svc.get(REPORT))
    for name in ("planned", "extra", "reserved", "committed", "left"):
        total = Decimal(found["total"][name])
        for group in ("items", "by_institution", "by_item"):
            assert sum(Decimal(row[name]) for row in found[group]) == total
    for item in found["items"]:
        detail = await _ok(svc.get(f"{REPORT}/{item['customer_no']}"))
        for name in ("planned", "reserved", "committed", "left"):
            assert sum(Decimal(line[name]) for line in detail["lines"]) == Decimal(item[name])
        for line in detail["lines"]:
            signs = {"reserve": 1, "commit": -1, "release_reserve": -1}
            mine = [entry for entry in detail["entries"] if entry["code"] == line["code"]]
            assert sum(signs[entry["kind"]] * Decimal(entry["yuan"]) for entry in mine) == Decimal(line["reserved"])
            for entry in mine:
                shown = await svc.get(f"{CARE}/{entry['touchpoint_id']}")
                assert (shown.status_code, shown.json()["code"]) == (200, line["code"])


async def test_pages_and_filters(readers: Clients) -> None:
    svc = readers.token("svc")
    first = await _ok(svc.get(f"{REPORT}?limit=1"))
    second = await _ok(svc.get(f"{REPORT}?limit=1&cursor={first['next_cursor']}"))
    assert [first["items"][0]["customer_no"], second["items"][0]["customer_no"]] == [GOLD, SILVER]
    assert second["next_cursor"] is None
    assert first["total"] == second["total"]
    gold = await _ok(svc.get(f"{REPORT}?tier=gold"))
    assert [row["customer_no"] for row in gold["items"]] == [GOLD]
    named = await _ok(svc.get(f"{REPORT}?q=恒信"))
    assert [row["customer_no"] for row in named["items"]] == [SILVER]
    assert (await svc.get(f"{REPORT}?cursor=WyJ4IiwieSJd")).status_code == 422


async def test_who_sees_no_budget(readers: Clients) -> None:
    """Only the owning institution, and no post without a part in it."""
    other, ops = readers.token("sh-lead"), readers.token("ops")
    assert (await _ok(other.get(REPORT)))["items"] == []
    assert (await other.get(f"{REPORT}/{GOLD}")).status_code == 404
    assert (await ops.get(REPORT)).status_code == 403
    assert (await ops.get(f"{REPORT}/{GOLD}")).status_code == 403
    assert "年度服务投入" in (await readers.browser("svc").get(f"/customers/{GOLD}")).text
