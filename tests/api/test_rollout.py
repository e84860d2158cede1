"""A launch over HTTP and on its pages, on a real engine: drafted, launched, worked on, moved, handed over, printed."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bs4 import BeautifulSoup
from pydantic import SecretStr

from api.app import create_app
from api.forms.pdf import PDF_TYPE
from api.forms.xlsx import XLSX_TYPE
from api.gateway import Gateway
from models.settings import Settings
from models.stores.accounts import AccountStore
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.moment import today

pytestmark = pytest.mark.timeout(120)
URL = "/api/v1/reports/rollout"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def _start() -> str:
    """Five days ahead."""
    return (today() + timedelta(days=5)).isoformat()


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application, with an engine and a worker behind it."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="rollout")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "rollout"):
        app = create_app(settings, database, Gateway(environment.client, "rollout"))
        async with app.router.lifespan_context(app):
            signed_in = Clients(app, database)
            yield signed_in
            await signed_in.close()
    database.dispose()


async def _post(client: httpx2.AsyncClient, call: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"{URL}{call}", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _opened(clients: Clients, **body: Any) -> dict[str, Any]:
    return await _post(clients.token("hq-vip"), "", 201, start_on=_start(), **body)


def _part(found: dict[str, Any], number: int, place: str) -> dict[str, Any]:
    item = next(item for item in found["items"] if item["number"] == number)
    part: dict[str, Any] = next(part for part in item["parts"] if part["institution_code"] == place)
    return part


async def test_a_launch_from_the_draft_to_a_result_with_its_file(clients: Clients) -> None:
    hq, svc = clients.token("hq-vip"), clients.token("svc")
    first = await _launched(clients, hq, svc)
    await _completed(clients, hq, svc, first)


async def _launched(clients: Clients, hq: httpx2.AsyncClient, svc: httpx2.AsyncClient) -> dict[str, Any]:
    """Drafted, planned and launched; the first part of head office."""
    assert (await svc.get(URL)).status_code == 404
    draft = await _opened(clients)
    assert (draft["stage"], draft["branches"], draft["total"]) == ("planned", ["BJ", "SH"], 21)
    again = await hq.post(URL, json={"start_on": _start(), "comment": "另一份"})
    for far in ("0001-01-01", "9999-12-01"):
        answer = await hq.post(URL, json={"start_on": far})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "start_on")
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_case")
    refused = await svc.post(f"{URL}/{draft['case_id']}/launch", json={"version": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    items = [
        {key: item[key] for key in ("number", "responsible", "from_on", "to_on", "after")} for item in draft["items"]
    ]
    wrong = [items[0] | {"responsible": []}, *items[1:]]
    bad = await hq.post(
        f"{URL}/{draft['case_id']}/plan",
        json={"version": 1, "start_on": _start(), "branches": ["BJ"], "items": wrong},
    )
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "items.1.responsible")
    for role in ("AUDIT", "SYS_ADMIN", "UNIT_LEAD"):
        other = [items[0] | {"responsible": [role]}, *items[1:]]
        bad = await hq.post(
            f"{URL}/{draft['case_id']}/plan",
            json={"version": 1, "start_on": _start(), "branches": ["BJ"], "items": other},
        )
        assert [(one["field"], one["reason"]) for one in bad.json()["errors"]] == [("items.1.responsible", "enum")]
    plan: dict[str, Any] = {"version": 1, "start_on": _start(), "branches": ["BJ"], "items": items}
    plan["items"] = [items[0] | {"responsible": items[0]["responsible"] * 2}, *items[1:]]
    planned = await _post(hq, f"/{draft['case_id']}/plan", **plan)
    assert (planned["branches"], planned["version"]) == (["BJ"], 2)
    assert planned["total"] == 13  # whoever is named twice owes it once
    launched = await _post(hq, f"/{draft['case_id']}/launch", version=2)
    first = _part(launched, 1, "HQ")
    assert (launched["stage"], first["holder"], first["late"]) == ("running", "", False)
    inbox = (await hq.get("/api/v1/tasks", params={"box": "todo"})).json()["items"]
    assert [(task["task_id"], task["step"]) for task in inbox] == [(first["task_id"], "rollout")]
    task = (await hq.get(f"/api/v1/tasks/{first['task_id']}")).json()
    assert task["customer_name" if "customer_name" in task else "title"]
    return first


async def _completed(clients: Clients, hq: httpx2.AsyncClient, svc: httpx2.AsyncClient, first: dict[str, Any]) -> None:
    """The first part done with a file, and who sees what of it."""
    file = {"name": "办法.png", "media_type": "image/png", "content": base64.b64encode(PNG).decode()}
    bad_file = await hq.post(
        f"{URL}/tasks/{first['task_id']}/complete",
        json={"version": 1, "comment": "已下发", "attachments": [file | {"content": "!"}]},
    )
    assert bad_file.status_code == 422
    done = await _post(hq, f"/tasks/{first['task_id']}/complete", version=1, comment="已下发", attachments=[file])
    told = _part(done, 1, "HQ")
    assert (told["result"], told["done_by"], [one["name"] for one in told["files"]]) == ("已下发", "孙倩", ["办法.png"])
    address = f"/{done['case_id']}/files/{told['files'][0]['attachment_id']}"
    for reader in ("hq-vip", "svc", "mgr"):  # whoever sees the part may read its file
        assert (await clients.token(reader).get(f"{URL}{address}")).content == PNG
        assert (await clients.browser(reader).get(f"/rollout{address}")).content == PNG
    assert (await clients.token("sh-lead").get(f"{URL}{address}")).status_code == 404
    data = _part(done, 3, "BJ")
    assert (await hq.post(f"{URL}/tasks/{data['task_id']}/complete", json={"version": 1, "comment": "x"})).json()[
        "code"
    ] == "not_your_task"
    seen = (await svc.get(URL)).json()
    assert _part(seen, 3, "BJ")["task_id"] == data["task_id"]
    assert (await clients.token("sh-lead").get(URL)).status_code == 404  # Shanghai takes no part
    for kind, begins in ((XLSX_TYPE, b"PK"), (PDF_TYPE, b"%PDF-")):
        for address in (URL, f"{URL}/{done['case_id']}"):
            got = await svc.get(address, headers={"Accept": kind})
            assert (got.headers["content-type"], got.content.startswith(begins)) == (kind, True)
    assert (await svc.get(f"{URL}.xlsx")).content[:2] == b"PK"
    assert (await svc.get(f"{URL}.pdf")).content[:5] == b"%PDF-"
    book = await svc.get(f"{URL}/{done['case_id']}.xlsx")
    assert (book.status_code, book.content[:2]) == (200, b"PK")
    assert (await svc.get(f"{URL}/{done['case_id']}.pdf")).content[:5] == b"%PDF-"
    assert (await clients.token("mgr").get(URL)).status_code == 200  # of a sub-branch below Beijing
    # The case holds what every branch did: for head office alone.
    assert (await svc.get(f"/api/v1/cases/{done['case_id']}")).status_code == 404
    assert (await svc.get(f"/api/v1/cases/{done['case_id']}/comments")).status_code == 404
    case = (await hq.get(f"/api/v1/cases/{done['case_id']}")).json()
    assert (case["kind"], case["customer_no"]) == ("rollout", None)
    assert [entry["act"] for entry in case["timeline"]] == ["open", "plan", "launch", "complete"]
    assert len((await hq.get(f"/api/v1/cases/{done['case_id']}/comments")).json()["items"]) == 1


async def test_moved_handed_over_cancelled(clients: Clients) -> None:
    hq = clients.token("hq-vip")
    draft = await _opened(clients, branches=["BJ"])
    url = f"/{draft['case_id']}"
    launched = await _post(hq, f"{url}/launch", version=1)
    before = {item["number"]: item for item in launched["items"]}
    body = {"number": 1, "from_on": before[1]["from_on"], "to_on": before[2]["to_on"], "version": 2}
    no_reason = await hq.post(f"{URL}{url}/reschedule", json=body)
    assert no_reason.json()["code"] == "reason_required"
    moved = await _post(hq, f"{url}/reschedule", comment="等批复", **body)
    after = {item["number"]: item for item in moved["items"]}
    assert all(after[number]["from_on"] > before[number]["from_on"] for number in range(2, 10))
    first = _part(moved, 1, "HQ")
    people = {login: _account(clients, login) for login in ("hq-lead", "mgr")}
    wrong = await hq.post(
        f"{URL}/tasks/{first['task_id']}/reassign",
        json={"version": first["version"], "to": people["mgr"], "comment": "外出"},
    )
    assert wrong.json()["code"] == "bad_transfer_target"
    given = await _post(
        hq, f"/tasks/{first['task_id']}/reassign", version=first["version"], to=people["hq-lead"], comment="外出"
    )
    assert _part(given, 1, "HQ")["holder"] == "周立"
    over = await _post(hq, f"{url}/cancel", version=moved["version"], comment="推迟")
    assert (over["stage"], over["outcome"]) == ("cancelled", "cancelled")
    late = await hq.post(f"{URL}{url}/launch", json={"version": over["version"]})
    assert late.json()["code"] == "case_closed"


def _account(clients: Clients, login: str) -> str:
    with clients.database.read() as session:
        account = AccountStore(session).by_login(login)
    assert account is not None
    return str(account.id)


def _soup(answer: httpx2.Response) -> BeautifulSoup:
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def _form(page: BeautifulSoup, end: str) -> tuple[str, dict[str, Any]]:
    """Address and values of the form whose address ends so, as a browser would send them."""
    form = next(form for form in page.find_all("form") if str(form["action"]).endswith(end))
    fields: dict[str, Any] = {}
    for field in form.find_all(["input", "textarea"]):
        if field.get("type") in {"checkbox", "radio"}:
            if field.has_attr("checked"):
                fields.setdefault(str(field["name"]), []).append(str(field["value"]))
        elif field.get("type") != "file":
            fields[str(field["name"])] = str(field.get("value", field.text))
    return str(form["action"]), fields


async def test_the_pages_lead_through_a_launch_without_scripts(clients: Clients) -> None:
    hq, svc = clients.browser("hq-vip"), clients.browser("svc")
    assert "没有参加的启动计划" in (await svc.get("/rollout")).text
    action, fields = _form(_soup(await hq.get("/rollout")), "/rollout")
    nobody = await hq.post(action, data={**fields, "branches": []})
    assert (nobody.status_code, "参加的分公司" in nobody.text) == (422, True)
    made = await hq.post(action, data={**fields, "start_on": _start()})
    assert made.status_code == 303, made.text
    page = _soup(await hq.get(made.headers["location"]))
    assert len(page.select("svg.gl-gantt rect")) == 9
    assert not page.select("[style]")
    edit = next(str(link["href"]) for link in page.find_all("a") if link.text.strip() == "编辑草稿")
    action, fields = _form(_soup(await hq.get(edit)), "/plan")
    wrong = await hq.post(action, data={**fields, "to_2": "2020-01-01"})
    assert wrong.status_code == 422
    assert _soup_of(wrong).select_one('[id="items.2.to_on"]')["value"] == "2020-01-01"  # type: ignore[index]
    saved = await hq.post(action, data={**fields, "branches": ["BJ"]})
    assert saved.status_code == 303, saved.text
    action, fields = _form(_soup(await hq.get("/rollout")), "/launch")
    assert (await hq.post(action, data=fields)).status_code == 303
    await _worked_on(clients, hq, svc)


async def _worked_on(clients: Clients, hq: httpx2.AsyncClient, svc: httpx2.AsyncClient) -> None:
    """From the inbox to the result; 改期, 改派; what a branch sees."""
    inbox = _soup(await hq.get("/inbox"))
    row = next(link for link in inbox.find_all("a") if "#task-" in str(link.get("href")))
    page = _soup(await hq.get(str(row["href"]).partition("#")[0]))
    action, fields = _form(page, "/complete")
    empty = await hq.post(action, data={**fields, "comment": " "})
    assert (empty.status_code, "成果" in empty.text) == (422, True)
    (wrong,) = _soup_of(empty).select(".gl-errors a")
    assert _soup_of(empty).select_one(f'textarea[id="{str(wrong["href"])[1:]}"][aria-invalid]')
    action, fields = _form(_soup_of(empty), "/complete")
    done = await hq.post(action, data={**fields, "comment": "已下发全部分公司"}, files={"files": ("办法.png", PNG)})
    assert done.status_code == 303, done.text
    page = _soup(await hq.get(done.headers["location"]))
    assert "已下发全部分公司" in page.text
    assert any(link.text == "办法.png" for link in page.find_all("a"))
    move = next(str(link["href"]) for link in page.find_all("a") if link.text == "改期")
    action, fields = _form(_soup(await hq.get(move)), "/reschedule")
    assert (await hq.post(action, data={**fields, "reason": ""})).status_code == 422
    assert (await hq.post(action, data={**fields, "reason": "场地有变"})).status_code == 303
    hand = next(str(link["href"]) for link in page.find_all("a") if link.text == "改派")
    asked = _soup(await hq.get(hand))
    action, fields = _form(asked, "/reassign")
    to = str(asked.select("select option")[0]["value"])
    assert (await hq.post(action, data={**fields, "to": to, "reason": "外出"})).status_code == 303
    await _seen_by_the_branch(clients, hq, svc)


async def _seen_by_the_branch(clients: Clients, hq: httpx2.AsyncClient, svc: httpx2.AsyncClient) -> None:
    """Its own work, the plan, the paper; and how it all ends."""
    mine = _soup(await svc.get("/rollout"))
    assert "收集客户数据" in mine.select_one("section[id^=task-]").text  # type: ignore[union-attr]
    assert not [link for link in mine.find_all("a") if link.text in {"改期", "改派"}]
    task = (await clients.token("svc").get("/api/v1/tasks", params={"box": "todo"})).json()["items"][0]
    assert (await svc.get(f"/tasks/{task['task_id']}")).headers["location"].startswith("/rollout/")
    assert (await svc.get(f"/tasks/{task['task_id']}/clock")).status_code == 200
    claimed = await clients.token("svc").post(f"/api/v1/tasks/{task['task_id']}/claim")
    assert claimed.status_code == 200
    case_id = task["case_id"]
    paper = _soup(await svc.get(f"/forms/8/{case_id}"))
    assert "启动工作主要安排" in paper.text
    assert len(paper.select("table.gl-sheet-lines tbody tr")) == 9
    pdf = await svc.get(f"/forms/8/{case_id}.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    action, fields = _form(_soup(await hq.get(f"/rollout/{case_id}/cancel")), "/cancel")
    assert (await hq.post(action, data={**fields, "reason": "推迟"})).status_code == 303
    assert "新建启动计划" in (await hq.get("/rollout")).text


def _soup_of(answer: httpx2.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


async def test_nothing_is_lost_while_the_engine_is_down(tmp_path: Path) -> None:
    database = world.new_database(tmp_path)
    world.build(database)
    app = create_app(Settings(home=tmp_path, secret_key=SecretStr(world.SECRET)), database, DeadGateway())
    async with app.router.lifespan_context(app):
        clients = Clients(app, database)
        hq = clients.browser("hq-vip")
        action, fields = _form(_soup(await hq.get("/rollout")), "/rollout")
        refused = await hq.post(action, data={**fields, "start_on": "2026-12-07"})
        assert refused.status_code == 503
        kept = _soup_of(refused).select_one("#start_on")
        assert kept is not None
        assert kept["value"] == "2026-12-07"
        await clients.close()
    database.dispose()


async def test_files_of_a_completion_that_was_never_sent_are_not_left_behind(clients: Clients) -> None:
    hq, browser = clients.token("hq-vip"), clients.browser("hq-vip")
    draft = await _opened(clients, branches=["BJ"])
    launched = await _post(hq, f"/{draft['case_id']}/launch", version=1)
    first, comments = _part(launched, 1, "HQ"), f"/api/v1/cases/{draft['case_id']}/comments"
    clients.app.state.gateway, engine_up = DeadGateway(), clients.app.state.gateway
    action, fields = _form(_soup(await browser.get("/rollout")), "/complete")
    typed, files = {**fields, "comment": "已下发"}, {"files": ("办法.png", PNG)}
    refused = await browser.post(action, data=typed, files=files)
    assert (refused.status_code, "请重新选择" in refused.text, "已下发" in refused.text) == (503, True, True)
    assert (await hq.get(comments)).json()["items"] == []
    clients.app.state.gateway = engine_up
    assert (await browser.post(action, data=typed, files=files)).status_code == 303
    (only,) = (await hq.get(comments)).json()["items"]
    assert (only["text"], first["task_id"]) == ("已下发", only["task_id"])
