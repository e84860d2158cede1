"""Surveys over HTTP on a real engine: drafted, opened, answered by link and on paper, followed up, published."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from bs4 import BeautifulSoup
from pydantic import SecretStr
from sqlmodel import select

from api.app import create_app
from api.gateway import Gateway
from api.paging import encode_cursor
from models.database import Database
from models.rules.calendar import local_date
from models.services.survey import links
from models.services.survey.answering import Given, answer
from models.settings import Settings
from models.stores.accounts import AccountStore
from models.tables.survey import SurveyInvitation
from tests.support import engine, surveys, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.surveys import closes, draft_body

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]
SURVEYS = "/api/v1/surveys"
LOW = surveys.ALL_FIVES | {"2": "1"}


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application with an engine and a worker behind it; two customers are VIPs."""
    async with engine.time_skipping() as environment:
        database, people = _records(tmp_path)
        async with engine.worker(environment.client, people, tmp_path, "surveys"):
            app = create_app(_settings(tmp_path), database, Gateway(environment.client, "surveys"))
            async with app.router.lifespan_context(app):
                signed_in = Clients(app, database)
                yield signed_in
                await signed_in.close()
        database.dispose()


@pytest.fixture
async def unsent(tmp_path: Path) -> AsyncIterator[Clients]:
    """The same people while the engine is down; a campaign is open."""
    database, people = _records(tmp_path)
    with database.write() as session:
        surveys.opened(session, people)
    app = create_app(_settings(tmp_path), database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()
    database.dispose()


def _records(home: Path) -> tuple[Database, world.World]:
    database = world.new_database(home)
    people = world.build(database)
    with database.write() as session:
        surveys.members(session, people)
    return database, people


def _settings(home: Path) -> Settings:
    return Settings(home=home, secret_key=SecretStr(world.SECRET), task_queue="surveys")


async def _ok(answer: Any, status: int = 200) -> dict[str, Any]:
    got = await answer
    assert got.status_code == status, got.text
    facts: dict[str, Any] = got.json()
    return facts


def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def _opened(clients: Clients) -> dict[str, Any]:
    """Drafted and opened; everybody has a link."""
    svc = clients.token("svc")
    drafted = await _ok(svc.post(SURVEYS, json=draft_body()), 201)
    found = await _ok(svc.post(f"{SURVEYS}/{drafted['survey_id']}/open", json={"version": drafted["version"]}))
    for _ in range(200):
        if (await _ok(svc.get(f"{SURVEYS}/{drafted['survey_id']}")))["sent"] == 3:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("nobody was asked")


def _tokens(clients: Clients) -> list[str]:
    """The links, by customer and respondent."""
    with clients.database.read() as session:
        campaign = session.exec(select(SurveyInvitation.campaign_id)).first()
        assert campaign is not None
        return [links.secret_of(row.id) for row in surveys.invitations(session, campaign)]


async def test_from_the_draft_to_the_publication(clients: Clients) -> None:
    found = await _opened(clients)
    survey_id, nobody, svc = found["survey_id"], clients.anonymous(), clients.token("svc")
    first, second, third = _tokens(clients)
    asked = await _ok(nobody.get(f"{SURVEYS}/answers/{first}"))
    assert [question["number"] for question in asked["questions"]] == list(range(1, 15))
    sent = await _ok(nobody.post(f"{SURVEYS}/answers/{first}", json={"answers": LOW, "improvement": "理赔"}))
    assert sent == {"received": True, "repeated": False}
    assert (await _ok(nobody.post(f"{SURVEYS}/answers/{first}", json={"answers": {"1": 5}})))["repeated"] is True
    assert _code(await nobody.get(f"{SURVEYS}/answers/{first}")) == (410, "link_used_or_expired")
    assert _code(await nobody.post(f"{SURVEYS}/answers/{second}", json={"answers": {"1": 9}})) == (422, "invalid_input")
    assert _code(await nobody.get(f"{SURVEYS}/answers/no-such-link")) == (410, "link_used_or_expired")
    low = (await _ok(svc.get(f"{SURVEYS}/{survey_id}/low")))["items"]
    assert [(row["customer_no"], row["score"], row["follow_up_stage"]) for row in low] == [(world.GOLD, "88.00", "due")]
    tasks = (await _ok(svc.get("/api/v1/tasks?box=queue")))["items"] + (await _ok(svc.get("/api/v1/tasks")))["items"]
    assert world.GOLD in {task["customer_no"] for task in tasks}  # a normal task of the inbox, at once
    closed = await _ok(
        svc.post(f"{SURVEYS}/{survey_id}/close", json={"version": found["version"], "reason": "已全部回收"})
    )
    assert _code(await nobody.post(f"{SURVEYS}/answers/{third}", json={"answers": {"1": 5}})) == (409, "wrong_stage")
    published = await _ok(svc.post(f"{SURVEYS}/{survey_id}/publish", json={"version": closed["version"]}))
    assert (published["stage"], published["return_rate"], published["mean"]) == ("published", "0.3333", None)
    # 样本不足: neither the page nor this shows what single people answered.
    assert (published["renewal"], {str(row["counts"]) for row in published["by_question"]}) == ({}, {"{}"})
    promises = await _ok(svc.get(f"/api/v1/customers/{world.GOLD}/promises"))
    (line,) = [line for line in promises["items"] if line["code"] == "Z19"]
    assert (line["due"], line["done"]) == (1, 1)


async def test_a_draft_changes_nothing_and_is_refused_where_it_is_wrong(clients: Clients) -> None:
    svc = clients.token("svc")
    drafted = await _ok(svc.post(SURVEYS, json=draft_body(), headers={"Idempotency-Key": "draft-0001"}), 201)
    again = await _ok(svc.post(SURVEYS, json=draft_body(), headers={"Idempotency-Key": "draft-0001"}), 201)
    assert (drafted["survey_id"], drafted["stage"], drafted["sent"]) == (again["survey_id"], "draft", 0)
    for change, field in (
        ({"period": "2026-H3"}, "period"),
        ({"tiers": []}, "tiers"),
        ({"tiers": ["regular"]}, "tiers"),
        ({"closes_on": "2020-01-01"}, "closes_on"),
    ):
        refused = await svc.post(SURVEYS, json=draft_body() | change)
        assert refused.status_code == 422, change
        assert refused.json()["errors"][0]["field"].partition(".")[0] == field
    assert _code(await svc.post(SURVEYS, json=draft_body() | {"institution_code": "SH"})) == (404, "not_found")
    address = f"{SURVEYS}/{drafted['survey_id']}"
    assert _code(await svc.post(f"{address}/close", json={"version": 1, "reason": "x"})) == (409, "wrong_stage")
    assert _code(await svc.post(f"{address}/open", json={"version": 7})) == (409, "stale_version")
    assert _code(await clients.token("lead").post(f"{address}/open", json={"version": 1})) == (403, "not_allowed")
    assert (await clients.token("sh-lead").get(address)).status_code == 404


async def test_who_sees_what_of_a_campaign(clients: Clients) -> None:
    found = await _opened(clients)
    address = f"{SURVEYS}/{found['survey_id']}"
    assert (await _ok(clients.token("mgr").get(address)))["sent"] == 3  # its customers are asked
    assert (await clients.token("sh-lead").get(address)).status_code == 404
    assert (await _ok(clients.token("sh-lead").get(SURVEYS)))["items"] == []
    assert (await clients.token("ops").get(address)).status_code == 403
    waiting = (await _ok(clients.token("mgr").get(f"{address}/invitations?limit=2")))["items"]
    assert [row["contact"] for row in waiting] == ["周*", "吴*"]
    assert "token" not in str(waiting)


async def test_a_paper_sheet_is_entered_once(clients: Clients) -> None:
    found = await _opened(clients)
    address, mgr = f"{SURVEYS}/{found['survey_id']}", clients.token("mgr")
    waiting = (await _ok(mgr.get(f"{address}/invitations")))["items"]
    body = {"invitation_id": waiting[1]["invitation_id"], "answers": LOW, "answered_on": closes()}
    refused = await mgr.post(f"{address}/sheets", json=body)
    assert refused.json()["errors"][0]["field"] == "answered_on"  # a day that is still to come
    body["answered_on"] = local_date(datetime.now(UTC)).isoformat()
    key = {"Idempotency-Key": "paper-0001"}
    entered = await _ok(mgr.post(f"{address}/sheets", json=body, headers=key), 201)
    assert entered == await _ok(mgr.post(f"{address}/sheets", json=body, headers=key), 201)
    assert (entered["channel"], entered["score"], entered["low"]) == ("paper", "88.00", True)
    second = await mgr.post(f"{address}/sheets", json=body)
    assert _code(second) == (409, "already_answered")
    assert "登录" not in second.json()["detail"]
    touchpoint = await _ok(clients.token("svc").get(f"/api/v1/care/touchpoints/{entered['follow_up_id']}"))
    assert (touchpoint["stage"], touchpoint["code"], touchpoint["case_id"] is not None) == ("due", "Z19", True)
    page = await clients.browser("svc").get(f"/care/touchpoints/{entered['follow_up_id']}")
    assert f"/forms/6/{entered['sheet_id']}" in page.text
    assert _code(await clients.token("lead").post(f"{address}/sheets", json=body)) == (403, "not_allowed")


async def test_an_answer_stands_while_the_engine_is_down(unsent: Clients) -> None:
    first, *_ = _tokens(unsent)
    sent = await _ok(unsent.anonymous().post(f"{SURVEYS}/answers/{first}", json={"answers": LOW}))
    assert sent["received"] is True
    with unsent.database.read() as session:
        campaign = session.exec(select(SurveyInvitation.campaign_id)).first()
    (low,) = (await _ok(unsent.token("svc").get(f"{SURVEYS}/{campaign}/low")))["items"]
    assert low["follow_up_stage"] == "planned"  # the sweep starts it


def _account(clients: Clients, login: str) -> UUID:
    with clients.database.read() as session:
        account = AccountStore(session).by_login(login)
    assert account is not None
    return account.id


def _form(page: httpx2.Response) -> BeautifulSoup:
    return BeautifulSoup(page.text, "html.parser")


def _hidden(page: httpx2.Response) -> str:
    field = _form(page).select_one("form.gl-form input[name=csrf_token]")
    assert field is not None
    return str(field["value"])


async def test_the_public_page_keeps_what_was_typed_and_is_used_up_once(unsent: Clients) -> None:
    first, second, _third = _tokens(unsent)
    nobody = unsent.anonymous()
    address, same = f"/s/{first}", {"Origin": "http://127.0.0.1:8000"}
    page = await nobody.get(address)
    assert len(_form(page).select("fieldset[data-gl-question]")) == 13
    assert (await nobody.get(address)).status_code == 200  # looking uses nothing up
    csrf = {"csrf_token": _hidden(page)}
    refused = await nobody.post(address, data=csrf | {"q1": "5", "q2": "7", "q14": "请加快理赔"}, headers=same)
    kept = _form(refused)
    assert refused.status_code == 422
    assert [str(field["id"]) for field in kept.select("input[checked]")] == ["q1-5"]
    assert kept.select_one("#q14").get_text() == "请加快理赔"  # type: ignore[union-attr]  # found, or the test fails
    assert [link["href"] for link in kept.select(".gl-errors a")] == ["#q2"]
    assert (await nobody.post(address, data={"q1": "5"}, headers=same)).status_code == 403  # a form that is not ours
    typed = csrf | {"q1": "5", "q2": "4", "q14": "请加快理赔"}
    other = await nobody.post(f"{address}?lang=en", data=typed | {"redraw": "1"}, headers=same)
    assert (other.status_code, "very satisfied" in other.text) == (200, True)
    assert [str(field["id"]) for field in _form(other).select("input[checked]")] == ["q1-5", "q2-4"]
    assert "请加快理赔" in other.text  # nothing is lost, and nothing was taken yet
    done = await nobody.post(f"{address}?lang=zh", data=typed, headers=same)
    assert "感谢您的评价" in done.text
    used = await nobody.get(address)
    assert used.status_code == 410
    assert "95511" in used.text
    english = await nobody.get(f"/s/{second}?lang=en")
    assert "very satisfied" in english.text
    assert "很满意" not in english.text
    for shown in (page, used, english):
        assert not _form(shown).select("nav.gl-side, .gl-tabbar")  # nothing else of the system


async def test_who_answers_beside_a_paper_sheet_is_not_thanked_for_nothing(unsent: Clients) -> None:
    first, *_ = _tokens(unsent)
    nobody, by = unsent.anonymous(), _account(unsent, "svc")
    page = await nobody.get(f"/s/{first}")
    with unsent.database.write() as session:
        given = Given(surveys.ALL_FIVES, entered_by=by)
        answer(session, links.found(session, first), given, surveys.BY_LINK, datetime.now(UTC))
    origin = {"Origin": "http://127.0.0.1:8000"}
    lost = await nobody.post(f"/s/{first}", data={"csrf_token": _hidden(page), "q1": "1"}, headers=origin)
    assert (lost.status_code, "感谢您的评价" in lost.text) == (410, False)


async def test_answers_of_an_endless_number_and_cursors_of_another_list_are_refused(unsent: Clients) -> None:
    first, *_ = _tokens(unsent)
    endless = await unsent.anonymous().post(f"{SURVEYS}/answers/{first}", json={"answers": {"13": "9" * 5000}})
    assert _code(endless) == (422, "invalid_input")
    with unsent.database.read() as session:
        campaign = session.exec(select(SurveyInvitation.campaign_id)).first()
    cursor = encode_cursor(("C1", "no id"))
    for address in (f"/surveys/{campaign}/paper", f"/surveys/{campaign}/codes"):
        assert (await unsent.browser("svc").get(address, params={"cursor": cursor})).status_code == 422
    listed = await unsent.token("svc").get(f"{SURVEYS}/{campaign}/invitations", params={"cursor": cursor})
    assert _code(listed) == (422, "invalid_input")


async def test_pages_of_staff(unsent: Clients) -> None:
    svc = unsent.browser("svc")
    with unsent.database.read() as session:
        campaign = session.exec(select(SurveyInvitation.campaign_id)).first()
        rows = surveys.invitations(session, campaign) if campaign else []
    base = f"/surveys/{campaign}"
    listed = await svc.get("/surveys")
    assert _form(listed).select_one(f'#list a[href="{base}"]')
    one = await svc.get(base)
    assert "样本不足" in one.text
    codes = _form(await svc.get(f"{base}/codes")).select(".gl-codes img")
    assert len(codes) == len(rows) == 3
    assert all(str(code["src"]).startswith("data:image/svg+xml") for code in codes)
    blank = await svc.get(f"{base}/blank")
    assert blank.text.count("□未接触") == 11
    pdf = await svc.get(f"{base}/blank.pdf")
    assert pdf.content.startswith(b"%PDF")
    entry = f"{base}/paper/{rows[0].id}"
    today = local_date(datetime.now(UTC)).isoformat()
    wrong = await svc.post(entry, data={"q1": "5", "answered_on": closes(), "idempotency_key": "paper-page-1"})
    assert wrong.status_code == 422
    assert _form(wrong).select_one("#q1-5[checked]")
    entered = await svc.post(entry, data={"q1": "5", "answered_on": today, "idempotency_key": "paper-page-1"})
    assert entered.headers["location"] == f"{base}/paper?done=sheet"
    assert (await svc.get(entry)).status_code == 409  # nobody fills it in for nothing
    mine = await svc.post(
        "/surveys", data=draft_body() | {"tiers": ["gold"], "title": "", "idempotency_key": "survey-page-1"}
    )
    assert mine.status_code == 422
    drafted = await svc.post("/surveys", data=draft_body() | {"tiers": ["gold"], "idempotency_key": "survey-page-2"})
    where = drafted.headers["location"].partition("?")[0]
    draft = _form(await svc.get(where))
    assert draft.select_one("#act-open button")
    refused = await svc.post(f"{where}/open", data={"version": "1", "idempotency_key": "survey-open-1"})
    assert refused.status_code == 503
    assert UUID(where.rpartition("/")[2])
