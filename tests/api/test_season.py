"""The quota season over HTTP on a real engine: led, published, appealed against; memberships that end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bs4 import BeautifulSoup
from pydantic import SecretStr

from api.app import create_app
from api.gateway import Gateway
from models.rulebook import load_builtin
from models.rules.ranking import order_and_seat
from models.rules.what_if import Entrant
from models.services.evaluation import By, evaluate
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.services.season.standing import ranked_list
from models.services.season.trying import try_out
from models.settings import Settings
from models.stores.scope import EVERYTHING, Scope
from models.tables.evaluation import RankingRow
from models.types import Door, SeatKind
from tests.support import engine, world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway

SEASON = f"/api/v1/quotas/{world.YEAR}/season"
WHAT_IF = f"/api/v1/evaluations/{world.YEAR}/what-if"


def _prepare(database: Any) -> None:
    with database.write() as session:
        version = ensure_builtin(session)
        by = By("test", Door.SYSTEM, datetime(2026, 1, 9, tzinfo=UTC))
        rulebook = rulebook_of(session, version.id).rulebook
        evaluate(session, world.YEAR, rulebook, rulebook_version_id=version.id, by=by)


@pytest.fixture
async def clients(tmp_path: Path) -> AsyncIterator[Clients]:
    """People on the application, with the list of 2025, an engine and a worker behind it."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    _prepare(database)
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue="season")
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, "season"):
        app = create_app(settings, database, Gateway(environment.client, "season"))
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


async def _moved(client: httpx2.AsyncClient, call: str, version: int, key: str = "") -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = await client.post(f"{SEASON}/{call}", json={"reason": "按日程", "version": version}, headers=headers)
    assert answer.status_code == 200, answer.text
    season: dict[str, Any] = answer.json()
    return season


async def _approve(client: httpx2.AsyncClient) -> None:
    (task,) = (await client.get("/api/v1/tasks")).json()["items"]
    body = {"verdict": "approve", "version": task["version"], "comment": "申诉成立"}
    answer = await client.post(f"/api/v1/tasks/{task['task_id']}/decide", json=body)
    assert answer.status_code == 200, answer.text


APPEAL = {"customer_no": world.SMALL, "reason": "数据未含新增保单"}


@pytest.mark.temporal
@pytest.mark.timeout(60)
async def test_a_season_with_an_appeal_upheld(clients: Clients) -> None:
    hq, mgr = clients.token("hq-vip"), clients.token("mgr")
    await _opened_and_frozen_once(hq, mgr)
    await _published_with_reasons(hq, mgr)
    case_id = await _appealed_once(hq, mgr)
    await _upheld(clients, case_id)
    await _stands_on_the_list(clients)
    await _declared_and_effective(hq, mgr)


async def _opened_and_frozen_once(hq: httpx2.AsyncClient, mgr: httpx2.AsyncClient) -> None:
    """By head office alone; a second freeze is the first, and nothing is ranked or reopened beside it."""
    assert (await mgr.post(f"{SEASON}/open", json={"reason": "年度评定"})).status_code == 403
    opened = await hq.post(f"{SEASON}/open", json={"reason": "年度评定"})
    assert (opened.status_code, opened.json()["phase"]) == (201, "freeze")
    assert (await mgr.post(f"/api/v1/quotas/{world.YEAR}/appeals", json=APPEAL)).json()["code"] == "wrong_stage"
    first = await _moved(hq, "freeze", 1, "freeze-0001")
    assert first == await _moved(hq, "freeze", 1, "freeze-0001")
    other = {"reason": "另一个原因", "version": 1}
    clash = await hq.post(f"{SEASON}/freeze", json=other, headers={"Idempotency-Key": "freeze-0001"})
    assert (clash.status_code, clash.json()["code"]) == (422, "idempotency_conflict")
    stale = await hq.post(f"{SEASON}/rank", json=other)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    reopen = await hq.post(f"/api/v1/evaluations/{world.YEAR}/reopen", json={"reason": "更正"})
    assert (reopen.status_code, reopen.json()["code"]) == (409, "wrong_stage")
    assert (await hq.get(f"/api/v1/quotas/{world.YEAR}/listing")).status_code == 404


async def _published_with_reasons(hq: httpx2.AsyncClient, mgr: httpx2.AsyncClient) -> None:
    """The list names why each customer has no seat."""
    await _moved(hq, "rank", 2)
    published = await _moved(hq, "publish", 3)
    assert (published["phase"], published["appeals_open"]) == ("publish", True)
    listing = (await mgr.get(f"/api/v1/quotas/{world.YEAR}/listing")).json()["items"]
    assert [(row["customer_no"], row["reason"]) for row in listing] == [
        (world.GOLD, "not_declared"),
        (world.SILVER, "not_declared"),
        (world.SMALL, "below_entry"),
    ]


async def _appealed_once(hq: httpx2.AsyncClient, mgr: httpx2.AsyncClient) -> str:
    """The case of the appeal; head office is told of it once."""
    made = await mgr.post(f"/api/v1/quotas/{world.YEAR}/appeals", json=APPEAL)
    assert made.status_code == 201, made.text
    told = [item["template"] for item in (await hq.get("/api/v1/notifications")).json()["items"]]
    assert (told.count("appeal_opened"), told.count("task_opened")) == (1, 0)
    again = await mgr.post(f"/api/v1/quotas/{world.YEAR}/appeals", json=APPEAL)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_case")
    return str(made.json()["case_id"])


async def _upheld(clients: Clients, case_id: str) -> None:
    """Approved at both steps; its page speaks of an appeal and of nothing else."""
    hq, lead = clients.token("hq-vip"), clients.token("hq-lead")
    closed = await _moved(hq, "close-appeals", 4)
    early = await hq.post(f"{SEASON}/effective", json={"reason": "按日程", "version": closed["version"]})
    assert (early.status_code, early.json()["code"]) == (409, "wrong_stage")
    await _approve(hq)
    page = await _case_page(clients, "hq-lead", case_id)
    assert "同意后：批准" in page
    await _approve(lead)
    page = await _case_page(clients, "mgr", case_id)
    assert "已通过：周立 于" in page
    assert "王晓梅 提出" in page
    for said in ("申报 普通", "排名席位", "附件一", "VIP资格", "提交申报", "准入线", "生效"):
        assert said not in page, said


async def _stands_on_the_list(clients: Clients) -> None:
    """The list says that it was upheld, and offers no second appeal."""
    mgr = clients.token("mgr")
    ranking = BeautifulSoup((await clients.browser("mgr").get(f"/evaluations/{world.YEAR}")).text, "html.parser")
    assert not ranking.select(f"a[href*='appeal?customer_no={world.SMALL}']")
    listing = (await mgr.get(f"/api/v1/quotas/{world.YEAR}/listing")).json()["items"]
    assert listing[2]["reason"] == "appeal_upheld"


async def _declared_and_effective(hq: httpx2.AsyncClient, mgr: httpx2.AsyncClient) -> None:
    """Whoever was upheld may be declared, and the season ends with its appeal approved."""
    special = {
        "customer_no": world.SMALL,
        "year": world.YEAR,
        "tier": "silver",
        "seat": "special",
        "reason": "申诉成立",
    }
    assert (await mgr.post("/api/v1/qualifications", json=special)).status_code == 201  # not late: it has the right
    assert (await _moved(hq, "effective", 5))["phase"] == "effective"
    quotas = (await hq.get(f"/api/v1/quotas/{world.YEAR}")).json()
    assert [move["phase"] for move in quotas["season"]["moves"]][-1] == "effective"
    assert [case["outcome"] for case in quotas["appeals"]] == ["approved"]


async def _case_page(clients: Clients, login: str, case_id: str) -> str:
    answer = await clients.browser(login).get(f"/cases/{case_id}")
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser").select_one("#gl-content").get_text(" ", strip=True)  # type: ignore[union-attr]  # there is one


async def test_a_trial_names_only_what_the_reader_may_see(unsent: Clients) -> None:
    mgr, sh = unsent.token("mgr"), unsent.token("sh-lead")
    asked = {"customer_no": world.SMALL, "seat": "silver", "value": "9000000"}
    found = (await mgr.get(WHAT_IF, params=asked)).json()
    assert (found["rank_before"], found["rank"], found["seat"], found["full"]) == (4, 1, "silver", False)
    assert (found["changes"], found["elsewhere"]) == ([], 0)
    assert (await sh.get(WHAT_IF, params=asked)).status_code == 404
    wrong = await mgr.get(WHAT_IF, params={**asked, "value": "-1"})
    assert wrong.status_code == 422
    quotas = (await unsent.token("hq-vip").get(f"/api/v1/quotas/{world.YEAR}")).json()
    assert (quotas["season"], quotas["appeals"], quotas["should_end"]) == (None, [], [])


async def test_what_falls_elsewhere_is_counted_and_not_named(unsent: Clients) -> None:
    tiers = load_builtin().tiers
    one_seat = tiers.model_copy(update={"gold": tiers.gold.model_copy(update={"ranked_seats": 1})})
    with unsent.database.write() as session:
        order = order_and_seat(ranked_list(session, world.YEAR), one_seat, {"BJ": 0})
        for row in order:
            stored = session.get(RankingRow, (world.YEAR, row.facts.customer_no))
            assert stored is not None
            stored.seat = row.seat
    entrant = Entrant(world.SMALL, SeatKind.RANKED)
    with unsent.database.read() as session:
        everything = try_out(session, world.YEAR, one_seat, entrant, EVERYTHING)
        own = try_out(session, world.YEAR, one_seat, entrant, Scope(("/HQ/BJ/BJ01/",)))
    assert world.BRANCH_OWNED in [change.customer_no for _name, change in everything.changes]
    assert everything.elsewhere == 0
    assert world.BRANCH_OWNED not in [change.customer_no for _name, change in own.changes]
    assert (own.elsewhere, own.result) == (1, everything.result)
