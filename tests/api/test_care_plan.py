"""A member's year over HTTP on a real engine: read with its reasons, planned anew when its contacts change."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.rules.calendar import local_date
from models.settings import Settings
from models.types import ContactKind, Tier
from tests.support import engine, world
from tests.support.care_members import add_contact, planned, running_member, start
from tests.support.clients import Clients

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
QUEUE = "care-plan"
PLAN = f"/api/v1/customers/{world.GOLD}/care-plan"
CONTACTS = f"/api/v1/customers/{world.GOLD}/key-contacts"


@dataclass
class Desk:
    """Signed-in people, the records behind them, and two handlers of the member."""

    clients: Clients
    database: Database
    handlers: tuple[UUID, UUID, UUID]

    async def served(self, client: httpx2.AsyncClient) -> set[str]:
        """Ids of the key contacts."""
        items = (await client.get(CONTACTS)).json()["items"]
        return {item["contact_id"] for item in items if item["served"]}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A gold member whose term runs, with its workflow started and its year planned."""
    database = world.new_database(tmp_path)
    people = world.build(database)
    soon = local_date(datetime.now(UTC)) + timedelta(days=40)
    with database.write() as session:
        handlers = [
            add_contact(session, world.GOLD, ContactKind.HANDLER, name, birthday=f"{soon:%m-%d}") for name in "乙丙丁"
        ]
        case_id = running_member(session, people, world.GOLD, Tier.GOLD).case_id
    settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue=QUEUE)
    async with engine.time_skipping() as environment, engine.worker(environment.client, people, tmp_path, QUEUE):
        await start(environment.client, QUEUE, database, case_id)
        app = create_app(settings, database, Gateway(environment.client, QUEUE))
        async with app.router.lifespan_context(app):
            signed_in = Clients(app, database)
            yield Desk(signed_in, database, (handlers[0], handlers[1], handlers[2]))
            await signed_in.close()
    database.dispose()


def _birthdays(plan: dict[str, Any]) -> dict[str, str]:
    return {item["contact_id"]: item["stage"] for item in plan["items"] if item["code"] == "Z10"}


async def test_the_year_is_planned_and_follows_its_contacts(desk: Desk) -> None:
    mgr = desk.clients.token("mgr")
    first, second, third = map(str, desk.handlers)
    plan = (await mgr.get(PLAN)).json()
    assert (plan["term"]["tier"], plan["term"]["manager"]) == ("gold", world.STAFF[0][1])
    assert plan["term"]["club_contact_id"] is not None
    assert [difference["cause"] for difference in plan["differences"]] == ["granted"]
    assert {line["reason"] for line in plan["differences"][0]["added"]} == {"会员资格获批，排入本期计划"}
    assert _birthdays(plan) == {first: "planned", second: "planned"}
    assert {item["name"] for item in plan["items"]} > {"客户经理拜访", "生日问候", "顶级客户俱乐部"}

    leader = next(iter(await desk.served(mgr) - {first, second}))
    answer = await mgr.put(CONTACTS, json={"contact_ids": [leader, first, third], "reason": "客户来函"})
    assert answer.status_code == 200, answer.text
    await planned(desk.database, world.GOLD, 2)
    plan = (await mgr.get(PLAN)).json()
    assert _birthdays(plan) == {first: "planned", second: "cancelled", third: "planned"}
    newest = plan["differences"][0]
    assert newest["cause"] == "contacts_changed"
    assert [line["key"].rpartition(":")[2] for line in newest["added"]] == [third]
    assert all(line["reason"] for part in ("kept", "added", "cancelled") for line in newest[part])

    gone = f"/api/v1/customers/{world.GOLD}/contacts/{third}/left"
    today = local_date(datetime.now(UTC)).isoformat()
    assert (await mgr.post(gone, json={"left_on": today})).status_code == 200
    await planned(desk.database, world.GOLD, 3)
    plan = (await mgr.get(PLAN)).json()
    assert _birthdays(plan) == {first: "planned", second: "cancelled", third: "cancelled"}
    assert await desk.served(mgr) == {leader, first}
    shown = next(item for item in (await mgr.get(CONTACTS)).json()["items"] if item["contact_id"] == third)
    assert (shown["left_on"], shown["name"]) == (today, "丁*")


async def test_the_same_choice_under_the_same_key_is_made_once(desk: Desk) -> None:
    mgr = desk.clients.token("mgr")
    first, _, third = map(str, desk.handlers)
    leader = next(iter(await desk.served(mgr) - set(map(str, desk.handlers))))
    body, headers = {"contact_ids": [leader, first, third]}, {"Idempotency-Key": "contacts-0001"}
    answers = [await mgr.put(CONTACTS, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    plan = await planned(desk.database, world.GOLD, 2)
    assert (plan.number, plan.cause) == (2, "contacts_changed")


async def test_what_article_16_or_the_post_does_not_allow_is_refused(desk: Desk) -> None:
    mgr, vip, far = desk.clients.token("mgr"), desk.clients.token("hq-vip"), desk.clients.token("sh-lead")
    handlers = [str(handler) for handler in desk.handlers]
    leader = next(iter(await desk.served(mgr) - set(handlers)))
    gone = f"/api/v1/customers/{world.GOLD}/contacts/{handlers[0]}/left"
    for client, method, path, body, expected in (
        (mgr, "PUT", CONTACTS, {"contact_ids": [leader]}, (422, "invalid_input")),
        (mgr, "PUT", CONTACTS, {"contact_ids": [leader, *handlers]}, (422, "invalid_input")),
        (mgr, "PUT", CONTACTS.replace(world.GOLD, world.SILVER), {"contact_ids": [leader]}, (409, "wrong_stage")),
        (mgr, "POST", gone, {"left_on": date.max.isoformat()}, (422, "invalid_input")),
        (mgr, "POST", gone.replace(world.GOLD, world.SILVER), {"left_on": "2026-01-01"}, (409, "wrong_stage")),
        (vip, "PUT", CONTACTS, {"contact_ids": [leader, handlers[0]]}, (403, "not_allowed")),
        (far, "PUT", CONTACTS, {"contact_ids": [leader, handlers[0]]}, (404, "not_found")),
        (far, "GET", PLAN, None, (404, "not_found")),
    ):
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, answer.json().get("code")) == expected, (path, answer.text)
    assert (await vip.get(PLAN)).status_code == 200
