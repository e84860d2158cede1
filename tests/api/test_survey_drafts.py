"""A draft of a survey is changed and deleted, by JSON and on its page; an open campaign is neither."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bs4 import BeautifulSoup
from pydantic import SecretStr
from sqlmodel import col, select

from api.app import create_app
from models.service_types import SurveyStage
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.survey import SurveyCampaign
from tests.support import world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.surveys import draft_body

SURVEYS = "/api/v1/surveys"


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People of two branches; no engine is asked for anything here."""
    database = world.new_database(tmp_path)
    world.build(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET))
    app = create_app(settings, database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()
    database.dispose()


async def _drafted(clients: Clients) -> tuple[str, dict[str, Any]]:
    made = await clients.token("svc").post(SURVEYS, json=draft_body())
    assert made.status_code == 201, made.text
    facts: dict[str, Any] = made.json()
    return f"{SURVEYS}/{facts['survey_id']}", facts


def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def _audited(clients: Clients) -> list[tuple[str, Any, Any, str | None]]:
    with clients.database.read() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.object_kind == "survey").order_by(col(AuditEntry.seq)))
        return [(row.action, row.before, row.after, row.reason) for row in rows]


async def test_a_draft_is_changed_as_it_was_seen(clients: Clients) -> None:
    address, drafted = await _drafted(clients)
    svc = clients.token("svc")
    change = draft_body() | {"period": "2026-H2", "tiers": ["gold"], "version": drafted["version"]}
    changed = (await svc.put(address, json=change)).json()
    assert (changed["period"], changed["tiers"], changed["version"], changed["stage"]) == (
        "2026-H2",
        ["gold"],
        2,
        "draft",
    )
    assert _code(await svc.put(address, json=change)) == (409, "stale_version")
    again = change | {"version": 2}
    for wrong in ({"tiers": ["regular"]}, {"closes_on": "2020-01-01"}, {"period": "2026-H3"}):
        assert _code(await svc.put(address, json=again | wrong)) == (422, "invalid_input")
    assert _code(await svc.put(address, json=again | {"institution_code": "SH"})) == (404, "not_found")
    assert _code(await clients.token("lead").put(address, json=again)) == (403, "not_allowed")
    before, after = _audited(clients)[-1][1:3]
    assert (before["tiers"], after["tiers"], before["period"], after["period"]) == (
        ["gold", "silver"],
        ["gold"],
        "2026",
        "2026-H2",
    )


async def test_a_draft_is_deleted_once_and_stays_in_the_audit(clients: Clients) -> None:
    address, drafted = await _drafted(clients)
    svc, key = clients.token("svc"), {"Idempotency-Key": "discard-0001"}
    assert _code(await svc.post(f"{address}/discard", json={"version": 9})) == (409, "stale_version")
    body = {"version": drafted["version"], "reason": "重复"}
    assert (await svc.post(f"{address}/discard", json=body, headers=key)).status_code == 204
    assert (await svc.post(f"{address}/discard", json=body, headers=key)).status_code == 204
    assert _code(await svc.post(f"{address}/discard", json=body)) == (404, "not_found")
    assert _code(await svc.get(address)) == (404, "not_found")
    action, before, _after, reason = _audited(clients)[-1]
    assert (action, before["period"], reason) == ("survey.discarded", "2026", "重复")


async def test_an_open_campaign_is_neither_changed_nor_deleted(clients: Clients) -> None:
    address, drafted = await _drafted(clients)
    with clients.database.write() as session:
        row = session.exec(select(SurveyCampaign)).one()
        row.stage = SurveyStage.OPEN
        session.add(row)
    svc = clients.token("svc")
    assert _code(await svc.put(address, json=draft_body() | {"version": drafted["version"]})) == (409, "wrong_stage")
    assert _code(await svc.post(f"{address}/discard", json={"version": drafted["version"]})) == (409, "wrong_stage")
    page = clients.browser("svc")
    place = address.removeprefix("/api/v1")
    assert (await page.get(f"{place}/edit")).status_code == 409
    shown = BeautifulSoup((await page.get(place)).text, "html.parser")
    assert not shown.select(f'#act-discard, a[href="{place}/edit"]')


async def test_the_pages_of_a_draft(clients: Clients) -> None:
    address, _ = await _drafted(clients)
    svc, place = clients.browser("svc"), address.removeprefix("/api/v1")
    shown = BeautifulSoup((await svc.get(place)).text, "html.parser")
    assert shown.select_one(f'a[href="{place}/edit"]')
    assert shown.select_one("#act-discard button")
    form = BeautifulSoup((await svc.get(f"{place}/edit")).text, "html.parser")
    version = str(form.select_one("input[name=version]")["value"])  # type: ignore[index]  # found, or the test fails
    assert [str(box["value"]) for box in form.select("input[name=tiers][checked]")] == ["gold", "silver"]
    typed = draft_body() | {"version": version, "tiers": ["silver"], "idempotency_key": "survey-edit-1"}
    refused = await svc.post(f"{place}/edit", data=typed | {"title": ""})
    assert (refused.status_code, "修改满意度调查" in refused.text) == (422, True)
    saved = await svc.post(f"{place}/edit", data=typed | {"idempotency_key": "survey-edit-2"})
    assert saved.headers["location"] == f"{place}?done=amended"
    stale = await svc.post(f"{place}/discard", data={"version": version, "idempotency_key": "survey-away-1"})
    assert (stale.status_code, "act-discard" in stale.text) == (409, True)
    gone = await svc.post(f"{place}/discard", data={"version": "2", "idempotency_key": "survey-away-2"})
    assert gone.headers["location"] == "/surveys?done=discarded"
    assert "草稿已删除" in (await svc.get("/surveys?done=discarded")).text
