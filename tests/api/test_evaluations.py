"""Evaluations, the list as JSON, CSV and XLSX, quotas: computed by the worker, frozen by head office."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from activities.jobs import JobRunner
from api.app import create_app
from models.database import Database
from models.services import evaluation
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.settings import Settings
from models.stores.audit import AuditStore
from models.tables.book import Customer
from models.types import Door
from tests.support import world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway

YEAR = world.YEAR
API = f"/api/v1/evaluations/{YEAR}"


@pytest.fixture
async def clients(settings: Settings, database: Database) -> AsyncIterator[Clients]:
    """People of the world; nothing is evaluated yet, and one name looks like a formula."""
    world.build(database)
    with database.write() as session:
        customer = session.get(Customer, world.SILVER)
        assert customer is not None
        customer.name = '=HYPERLINK("http://x")'
    app = create_app(settings, database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()


async def evaluated(clients: Clients) -> dict[str, Any]:
    """Ask for the list and let the worker make it."""
    hq = clients.token("hq-vip")
    started = await hq.post("/api/v1/evaluations", json={"year": YEAR})
    assert started.status_code == 202, started.text
    assert JobRunner(clients.database).run_pending() == 1
    job: dict[str, Any] = (await hq.get(started.json()["status_url"])).json()
    return job


async def test_the_worker_computes_the_list(clients: Clients) -> None:
    hq = clients.token("hq-vip")
    assert (await hq.get(API)).status_code == 404
    first = await hq.post("/api/v1/evaluations", json={"year": YEAR})
    second = await hq.post("/api/v1/evaluations", json={"year": YEAR})
    assert first.json()["job_id"] == second.json()["job_id"]
    assert first.headers["location"] == f"/api/v1/jobs/{first.json()['job_id']}"
    JobRunner(clients.database).run_pending()
    job = (await hq.get(first.headers["location"])).json()
    assert (job["state"], job["result"]) == ("done", {"year": YEAR, "customers": 4})
    assert (await hq.get(API)).json()["state"] == "computed"
    assert (await clients.token("mgr").post("/api/v1/evaluations", json={"year": YEAR})).status_code == 403


async def test_rows_are_those_of_the_csv_and_each_sees_its_own(clients: Clients) -> None:
    await evaluated(clients)
    whole = (await clients.token("hq-vip").get(f"{API}/ranking")).json()["items"]
    assert [row["customer_no"] for row in whole] == [world.BRANCH_OWNED, world.GOLD, world.SILVER, world.SMALL]
    assert set(evaluation.CSV_COLUMNS) <= set(whole[0])
    assert (whole[0]["value"], whole[0]["loss_ratio"], whole[0]["seat"]) == ("3300000", "0.650000", "ranked")
    own = (await clients.token("mgr").get(f"{API}/ranking")).json()["items"]
    assert [row["rank"] for row in own] == [2, 3, 4]
    assert (await clients.token("sh-lead").get(f"{API}/ranking")).json()["items"] == []


async def test_pages_of_the_list(clients: Clients) -> None:
    await evaluated(clients)
    hq, seen, cursor = clients.token("hq-vip"), [], ""
    while cursor is not None:
        answer = (await hq.get(f"{API}/ranking", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [row["rank"] for row in answer["items"]]
        cursor = answer["next_cursor"]
    assert seen == [1, 2, 3, 4]
    foreign = (await hq.get("/api/v1/customers?limit=1")).json()["next_cursor"]
    assert (await hq.get(f"{API}/ranking", params={"cursor": foreign})).status_code == 422


@pytest.mark.parametrize(
    ("query", "ranks"),
    [({"tier": "gold"}, [1, 2]), ({"q": "小微"}, [4]), ({"institution_code": "BJ01"}, [2, 3, 4])],
)
async def test_filters_of_the_list(clients: Clients, query: dict[str, str], ranks: list[int]) -> None:
    await evaluated(clients)
    found = (await clients.token("hq-vip").get(f"{API}/ranking", params=query)).json()["items"]
    assert [row["rank"] for row in found] == ranks


async def test_the_csv_is_what_the_command_writes(clients: Clients) -> None:
    await evaluated(clients)
    hq = clients.token("hq-vip")
    by_name = await hq.get(f"{API}/ranking.csv")
    by_accept = await hq.get(f"{API}/ranking", headers={"Accept": "text/csv"})
    with clients.database.write() as session:
        version = ensure_builtin(session)
        rulebook = rulebook_of(session, version.id).rulebook
        by = evaluation.By("test", Door.CLI, datetime(2026, 1, 9, tzinfo=UTC))
        rows = evaluation.evaluate(session, YEAR, rulebook, rulebook_version_id=version.id, by=by).rows
    assert by_name.text == by_accept.text == evaluation.ranking_csv(rows)
    assert by_name.headers["content-type"] == "text/csv; charset=utf-8"


async def test_nothing_in_the_workbook_runs(clients: Clients) -> None:
    await evaluated(clients)
    answer = await clients.token("hq-vip").get(f"{API}/ranking.xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert sheet[0][:3] == ["名次", "客户号", "客户"]
    assert [row[1] for row in sheet[1:]] == [world.BRANCH_OWNED, world.GOLD, world.SILVER, world.SMALL]
    assert sheet[3][2] == '=HYPERLINK("http://x")'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


async def test_a_frozen_list_is_read_only_until_it_is_reopened(clients: Clients) -> None:
    await evaluated(clients)
    hq = clients.token("hq-vip")
    assert (await hq.post(f"{API}/freeze", json={"reason": ""})).status_code == 422
    frozen = await hq.post(f"{API}/freeze", json={"reason": "数据核对完毕"})
    assert (frozen.status_code, frozen.json()["state"]) == (200, "frozen")
    for address, body in ((f"{API}/freeze", {"reason": "再来"}), ("/api/v1/evaluations", {"year": YEAR})):
        refused = await hq.post(address, json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "evaluation_frozen")
    assert (await hq.post(f"{API}/reopen", json={"reason": "更正一户"})).json()["state"] == "computed"
    with clients.database.read() as session:
        entries = AuditStore(session).of("evaluation", str(YEAR))
        assert [(entry.action, entry.reason) for entry in entries][-2:] == [
            ("evaluation.frozen", "数据核对完毕"),
            ("evaluation.reopened", "更正一户"),
        ]


async def test_a_branch_files_its_quota_with_a_reason(clients: Clients) -> None:
    lead, address = clients.token("lead"), f"/api/v1/quotas/{YEAR}"
    line = (await lead.get(address)).json()["items"][0]
    assert (line["institution_code"], line["quota"], line["suggested"], line["reason"]) == ("BJ", 20, 20, None)
    filed = await lead.post(address, json={"institution_code": "BJ", "quota": 1, "reason": "一名服务岗产假"})
    assert filed.status_code == 200, filed.text
    line = filed.json()["items"][0]
    assert (line["quota"], line["reason"]) == (1, "一名服务岗产假")
    with clients.database.read() as session:
        entry = AuditStore(session).of("quota", f"{YEAR}/BJ")[-1]
    assert (entry.before, entry.after, entry.reason) == (None, {"quota": 1}, "一名服务岗产假")
    await evaluated(clients)
    seats = (await clients.token("hq-vip").get(address)).json()
    assert [item["in_list"] for item in seats["items"]] == [1, 0]
    assert {seat["kind"]: (seat["quota"], seat["in_list"]) for seat in seats["gold"]} == {
        "ranked": (90, 2),
        "new_customer": (10, 0),
        "special": (5, 0),
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"institution_code": "SH", "quota": 5, "reason": "别人的"}, 404, "not_found"),
        ({"institution_code": "BJ01", "quota": 5, "reason": "不是分公司"}, 422, "invalid_input"),
        ({"institution_code": "BJ", "quota": -1, "reason": "负数"}, 422, "invalid_input"),
        ({"institution_code": "BJ", "quota": 5, "reason": ""}, 422, "invalid_input"),
        ({"institution_code": "BJ", "quota": 5, "reason": "x", "more": 1}, 422, "unknown_field"),
    ],
)
async def test_refused_quotas(clients: Clients, body: dict[str, Any], status: int, code: str) -> None:
    answer = await clients.token("lead").post(f"/api/v1/quotas/{YEAR}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
