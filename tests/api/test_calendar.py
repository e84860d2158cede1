"""`/calendar/{year}`: read, preview, publish; the engine may be away, the key decides what is a repeat."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from api import calendar_acts
from api.app import create_app
from models.database import Database
from models.services.rulebooks import ensure_builtin
from models.settings import Settings
from models.tables.calendar import CalendarDay, CalendarPublication
from models.tables.cases import Task
from tests.support import world
from tests.support.accepting import AcceptingGateway
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.waiting_cases import before_final_approval

API = "/api/v1/calendar/2026"
DAY = {"date": "2026-02-06", "is_workday": False, "is_half_day": False, "name": "司庆"}


@pytest.fixture
def engine() -> AcceptingGateway:
    """An engine that takes what it is told."""
    return AcceptingGateway()


@pytest.fixture
async def clients(settings: Settings, database: Database, engine: AcceptingGateway) -> AsyncIterator[Clients]:
    """People of the world and one running case."""
    people = world.build(database)
    with database.write() as session:
        ensure_builtin(session)
        before_final_approval(session, people, 1)
    app = create_app(settings, database, engine)
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()


async def post(clients: Clients, body: dict[str, Any], key: str = "", login: str = "ops") -> httpx2.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await clients.token(login).post(API, json=body, headers=headers)


async def test_a_year_with_its_holidays_make_up_days_and_state(clients: Clients) -> None:
    year = (await clients.token("mgr").get(API)).json()
    assert (year["state"], year["working_days"], len(year["make_up_days"])) == ("official", 248, 6)
    assert {"date": "2026-10-01", "name": "国庆节"}.items() <= next(
        day for day in year["holidays"] if day["date"] == "2026-10-01"
    ).items()
    unknown = (await clients.token("mgr").get("/api/v1/calendar/2027")).json()
    assert (unknown["state"], unknown["holidays"]) == ("provisional", [])
    assert (await clients.token("mgr").get(f"{API}?institution_code=XX")).status_code == 404


async def test_a_preview_stores_nothing(clients: Clients) -> None:
    answer = await post(clients, {"days": [DAY], "mode": "preview"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["cases"], body["moved_total"], body["by_kind"]) == (1, 1, {"qualification": 1})
    with clients.database.read() as session:
        assert session.exec(select(CalendarDay)).all() == []
        assert str(session.exec(select(Task)).one().id) == body["moved"][0]["task_id"]


async def test_publishing_tells_the_engine_once_for_one_key(clients: Clients, engine: AcceptingGateway) -> None:
    body = {"days": [DAY], "mode": "publish", "reason": "司庆放假"}
    first, again = [await post(clients, body, "calendar-1") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["publication_id"] == again.json()["publication_id"]
    assert (first.json()["cases"], first.json()["acknowledged"], first.json()["finished_at"]) == (1, 0, None)
    assert {str(item) for item in engine.calendars} == {first.json()["publication_id"]}
    other = await post(clients, {**body, "reason": "其他"}, "calendar-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    year = (await clients.token("mgr").get(API)).json()
    assert [row["reason"] for row in year["publications"]] == ["司庆放假"]
    assert year["working_days"] == 247


async def test_half_days_and_days_of_one_branch(clients: Clients) -> None:
    half = {"date": "2026-12-31", "is_workday": True, "is_half_day": True, "name": "元旦前"}
    body = {"days": [half], "institution_code": "BJ", "mode": "publish", "reason": "北京"}
    assert (await post(clients, body)).json()["institution_code"] == "BJ"
    client = clients.token("mgr")
    assert (await client.get(API)).json()["half_days"] == []
    branch = (await client.get(f"{API}?institution_code=BJ01")).json()
    assert [day["date"] for day in branch["half_days"]] == ["2026-12-31"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"days": [DAY], "mode": "publish"}, 422, "reason_required"),
        ({"days": [], "mode": "preview"}, 422, "invalid_input"),
        ({"days": [{**DAY, "date": "2027-02-06"}]}, 422, "invalid_input"),
        ({"days": [DAY, DAY]}, 422, "invalid_input"),
        ({"days": [DAY], "institution_code": "XX"}, 404, "not_found"),
        ({"days": [{**DAY, "colour": "red"}]}, 422, "unknown_field"),
    ],
)
async def test_refusals(clients: Clients, body: dict[str, Any], status: int, code: str) -> None:
    answer = await post(clients, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_operations_and_administrators_publish(clients: Clients) -> None:
    assert (await post(clients, {"days": [DAY]}, login="lead")).json()["code"] == "not_allowed"


async def test_an_engine_that_is_away_is_told_later(clients: Clients, engine: AcceptingGateway) -> None:
    clients.app.state.gateway = DeadGateway()
    answer = await post(clients, {"days": [DAY], "mode": "publish", "reason": "司庆放假"})
    assert answer.status_code == 201
    assert await calendar_acts.tell_waiting(clients.database, engine) == 0  # the first sending has its time
    with clients.database.write() as session:
        row = session.exec(select(CalendarPublication)).one()
        row.published_at -= timedelta(minutes=1)
        session.add(row)
    assert await calendar_acts.tell_waiting(clients.database, engine) == 1
    assert [str(item) for item in engine.calendars] == [answer.json()["publication_id"]]


async def test_the_clock_of_a_task_names_ledger_and_alarms(clients: Clients) -> None:
    with clients.database.read() as session:
        task = session.exec(select(Task)).one()
    clock = (await clients.token("lead").get(f"/api/v1/tasks/{task.id}/clock")).json()
    lines = clock["ledger"]
    assert lines[0]["start"] == clock["opened_at"]
    assert all(one["end"] == following["start"] for one, following in pairwise(lines))
    assert {"before:1d", "breach", "rung:3"} <= {alarm["key"] for alarm in clock["alarms"]}
    assert date.fromisoformat(clock["rows"][0]["first"]) == task.opened_at.date()
