"""逾期预测 on `/ops`: what is reckoned from the records, what the page and its JSON say of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from api.ops_answers import calendar_now
from models.database import Database
from models.rules import calendar as cal
from models.tables.organisation import Account
from models.types import Role, TaskState
from tests.pages.conftest import soup_of
from tests.support import desk_world
from tests.support.clients import Clients
from tests.support.moment import now
from tests.support.open_tasks import open_task
from tests.support.organisation import add_person

OVERVIEW = "/api/v1/ops/overview"
UNIT = {"role": Role.UNIT_LEAD, "institution_code": "BJ01"}


@pytest.fixture(autouse=True)
def nobody_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    """No comparison beside the tests, and a forecast as often as it is asked for."""
    monkeypatch.setattr("api.app._LOOPS", {})
    monkeypatch.setattr("api.outlooks.KEPT_SECONDS", 0.0)


def _queue(session: Session, **fields: Any) -> list[UUID]:
    """Three tasks of the one unit lead: at an hour each the second cannot be in time."""
    calendar = calendar_now(session, now())
    dues = [cal.add_working_minutes(calendar, now(), minutes).due_at for minutes in (90, 91, 230)]
    return [open_task(session, due_at=due, **UNIT | fields).id for due in dues]


def _account(session: Session, login: str) -> UUID:
    return session.exec(select(Account.id).where(Account.login == login)).one()


async def _forecast(people: Clients) -> dict[str, Any]:
    found: dict[str, Any] = (await people.token("ops").get(OVERVIEW)).json()["forecast"]
    return found


async def test_what_one_person_cannot_do_in_time_is_foreseen(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        second = _queue(session)[1]
        open_task(session, due_at=now() - timedelta(days=400), role=Role.UNIT_LEAD, paused_since=now())
        open_task(session, due_at=now() + timedelta(days=60))
    found = await _forecast(people)
    assert [item["task_id"] for item in found["first"]] == [str(second)]
    assert found["first"][0]["expected_at"] > found["first"][0]["due_at"]
    assert (found["late"], len(found["days"])) == (1, 5)
    assert (sum(day["in_time"] for day in found["days"]), sum(day["late"] for day in found["days"])) == (2, 1)


async def test_within_a_minute_it_is_reckoned_once(
    people: Clients, insurer: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.outlooks.KEPT_SECONDS", 60.0)
    with insurer.write() as session:
        _queue(session)
    first = await _forecast(people)
    with insurer.write() as session:
        _queue(session)
    assert await _forecast(people) == first
    page = soup_of(await people.browser("ops").get("/ops"))
    assert "推算：" in page.get_text()


async def test_a_second_holder_of_the_post_halves_the_queue(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        _queue(session)
        add_person(session, "unit2", "BJ01", Role.UNIT_LEAD)
    assert (await _forecast(people))["late"] == 0


async def test_a_step_takes_as_long_as_it_usually_took(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        _queue(session)
        calendar, unit = calendar_now(session, now()), _account(session, "unit")
        for back in range(1, 6):
            opened = cal.subtract_working_minutes(calendar, now(), back * 60)
            closed = cal.add_working_minutes(calendar, opened, 10).due_at
            done = {"state": TaskState.DONE, "opened_at": opened, "closed_at": closed, "closed_by": unit}
            open_task(session, due_at=closed, **UNIT | done)
    assert (await _forecast(people))["late"] == 0


async def test_a_stand_in_has_the_work_of_both(people: Clients, insurer: Database) -> None:
    with insurer.write() as session:
        unit, svc = _account(session, "unit"), _account(session, "svc")
        first, second, third = _queue(session, assignee_id=unit)
        due = cal.add_working_minutes(calendar_now(session, now()), now(), 80).due_at
        open_task(session, due_at=due, assignee_id=svc, **UNIT)
    assert {item["task_id"] for item in (await _forecast(people))["first"]} == {str(second)}
    with insurer.write() as session:
        desk_world.stand_in(session, "unit", "svc")
    late = {item["task_id"] for item in (await _forecast(people))["first"]}
    assert late == {str(first), str(second), str(third)}


async def test_without_anybody_it_is_late_and_the_page_says_so(people: Clients, insurer: Database) -> None:
    browser = people.browser("ops")
    assert "预计没有逾期" in soup_of(await browser.get("/ops")).get_text()
    with insurer.write() as session:
        task = open_task(session, due_at=now() + timedelta(hours=1), role=Role.BR_CTR, institution_code="BJ01")
        case_id = task.case_id
    (item,) = (await _forecast(people))["first"]
    assert (item["case_id"], item["expected_at"]) == (str(case_id), None)
    page = soup_of(await browser.get("/ops"))
    words = " ".join(page.get_text(" ").split())
    for said in ("预计逾期 1 件", "没有人可以办理", "未来 5 个工作日到期的任务"):
        assert said in words
    assert page.find("a", href=f"/ops/cases/{case_id}") is not None
