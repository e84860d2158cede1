"""`/stand-ins`: set once under its key, rehearsed, listed by whose they are, ended; the inbox rows say for whom."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.app import create_app
from models.database import Database
from models.settings import Settings
from tests.support import world as worlds
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.moment import today
from tests.support.waiting_cases import Waiting, before_final_approval

URL = "/api/v1/stand-ins"


@pytest.fixture
def waiting(database: Database) -> Waiting:
    """A silver case on the desk of the branch lead."""
    world = worlds.build(database)
    with database.write() as session:
        return before_final_approval(session, world, 1)


@pytest.fixture
async def people(settings: Settings, waiting: Waiting) -> AsyncIterator[Clients]:
    """People of the small insurer, its engine down."""
    database = waiting.world.database
    app = create_app(settings, database, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, database)
        yield signed_in
        await signed_in.close()


def _body(**wish: Any) -> dict[str, Any]:
    return {"stand_in": "hq-vip", "starts_on": today().isoformat(), "ends_on": today().isoformat()} | wish


def _key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


async def test_set_once_under_its_key(people: Clients) -> None:
    lead, key = people.token("lead"), _key()
    first = await lead.post(URL, json=_body(), headers=key)
    again = await lead.post(URL, json=_body(), headers=key)
    other = await lead.post(URL, json=_body(reason="x"), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert (await lead.post(URL, json=_body(), headers=_key())).json()["code"] == "invalid_input"
    assert len((await lead.get(URL)).json()["items"]) == 1


async def test_the_inbox_row_says_for_whom_until_it_is_ended(people: Clients, waiting: Waiting) -> None:
    lead, stand_in = people.token("lead"), people.token("hq-vip")
    assert (await stand_in.get("/api/v1/tasks")).json()["items"] == []
    made = (await lead.post(URL, json=_body(), headers=_key())).json()
    (row,) = (await stand_in.get("/api/v1/tasks")).json()["items"]
    assert row["task_id"] == str(waiting.state.tasks[0].task_id)
    assert row["on_behalf_of_name"] == waiting.world.name("lead")
    assert (await lead.get("/api/v1/tasks")).json()["items"][0]["on_behalf_of_name"] is None
    end = f"{URL}/{made['stand_in_id']}/end"
    assert (await stand_in.post(end, headers=_key())).json()["code"] == "not_allowed"
    key = _key()
    ended = await lead.post(end, headers=key)
    assert (ended.json()["state"], ended.json()["may_end"]) == ("over", False)
    assert (await lead.post(end, headers=key)).json() == ended.json()
    assert (await stand_in.get("/api/v1/tasks")).json()["items"] == []


async def test_the_rehearsal_counts_and_stores_nothing(people: Clients, waiting: Waiting) -> None:
    lead = people.token("lead")
    found = (await lead.post(f"{URL}/rehearse", json=_body())).json()
    assert found["goes"] == [{"name": waiting.world.name("hq-vip"), "tasks": 1}]
    assert (found["nobody"], found["back_to_declarant"], found["cut"]) == (0, 0, False)
    assert found["tasks"][0]["to"] == waiting.world.name("hq-vip")
    assert found["posts"][0]["role"] == "BR_LEAD"
    none = (await lead.post(f"{URL}/rehearse", json=_body(stand_in="svc"))).json()
    assert (none["goes"], none["nobody"], none["tasks"][0]["gap"]) == ([], 1, "no_authority")
    assert (await lead.get(URL)).json()["items"] == []


async def test_lists_by_whose_they_are_with_a_cursor(people: Clients) -> None:
    lead = people.token("lead")
    for day in range(3):
        on = (today() + timedelta(days=day)).isoformat()
        body = _body(principal="svc", stand_in="lead", starts_on=on, ends_on=on)
        assert (await lead.post(URL, json=body, headers=_key())).status_code == 201
    shown: list[str] = []
    cursor = ""
    while len(shown) < 9:
        page = (await lead.get(f"{URL}?whose=branch&limit=2{cursor}")).json()
        shown += [row["starts_at"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == 3
    assert len((await lead.get(f"{URL}?whose=for_others")).json()["items"]) == 3
    assert len((await people.token("svc").get(URL)).json()["items"]) == 3
    assert (await people.token("svc").get(f"{URL}?whose=branch")).json()["items"] == []


async def test_a_loop_is_refused_with_its_own_code(people: Clients) -> None:
    lead, other = people.token("lead"), people.token("sh-lead")
    assert (await lead.post(URL, json=_body(stand_in="sh-lead"), headers=_key())).status_code == 201
    refused = await other.post(URL, json=_body(stand_in="lead"), headers=_key())
    assert (refused.status_code, refused.json()["code"]) == (422, "stand_in_loop")
    assert (await other.post(URL, json=_body(principal="lead"), headers=_key())).json()["code"] == "not_allowed"
