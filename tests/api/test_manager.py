"""客户经理更换 on a real engine: who may, to whom, and that a running case goes back and forth with the customer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from bs4 import BeautifulSoup
from pydantic import SecretStr
from sqlmodel import select
from temporalio.client import Client

from activities.adapters.duties import EngineDuties
from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.messages.service import StartTouchpoint
from models.services.duties.starting import start_of
from models.settings import Settings
from models.tables.audit import AuditEntry
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.types import Stage, Tier
from tests.support import engine, world
from tests.support.care_members import running_member, start
from tests.support.clients import Clients
from tests.support.world import GOLD, World

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]
QUEUE = "managers"
CALL, PAGE = f"/api/v1/customers/{GOLD}/manager", f"/customers/{GOLD}/manager"


class Scene(Clients):
    """People on the application, a gold member whose year is planned, and its first visit in hand."""

    people: World
    visit: UUID

    def visit_with(self) -> UUID | None:
        """Who has the visit."""
        with self.database.read() as session:
            return session.get_one(Touchpoint, self.visit).assignee_id

    async def until(self, found: Callable[[], bool]) -> None:
        """Wait for what a workflow does after its answer."""
        for _ in range(200):
            if found():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it never came to that")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """As above, on an engine and a worker."""
    async with engine.time_skipping() as environment:
        database = world.new_database(tmp_path)
        people = world.build(database)
        async with engine.worker(environment.client, people, tmp_path, QUEUE):
            settings = Settings(home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue=QUEUE)
            app = create_app(settings, database, Gateway(environment.client, QUEUE))
            async with app.router.lifespan_context(app):
                found = Scene(app, database)
                found.people, found.visit = people, await _in_hand(environment.client, database, people)
                yield found
                await found.close()
        database.dispose()


async def _in_hand(client: Client, database: Database, people: World) -> UUID:
    with database.write() as session:
        case_id = running_member(session, people, GOLD, Tier.GOLD).case_id
    await start(client, QUEUE, database, case_id)
    with database.read() as session:
        visit = session.exec(select(Touchpoint).where(Touchpoint.code == "Z08")).all()[0]
    begun = start_of(visit, datetime.now(UTC))
    assert isinstance(begun, StartTouchpoint)
    assert await EngineDuties(client, QUEUE).start_touchpoint(begun, 20)
    for _ in range(200):
        with database.read() as session:
            if session.get_one(Touchpoint, visit.id).stage is Stage.DUE:
                return visit.id
        await asyncio.sleep(0.05)
    raise AssertionError("nobody took it up")


def _code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_customer_goes_back_and_forth_and_its_running_case_with_it(scene: Scene) -> None:
    first, second = scene.people.accounts["mgr"], scene.people.accounts["bj-mgr"]
    for number, (login, to) in enumerate((("lead", second), ("ops", first), ("lead", second)), start=1):
        changed = await scene.token(login).post(CALL, json={"to": str(to), "reason": f"岗位调整{number}"})
        assert changed.status_code == 200, changed.text
        await scene.until(lambda to=to: scene.visit_with() == to)  # type: ignore[misc]
    with scene.database.read() as session:
        assert session.exec(select(Membership)).one().manager_id == second
        causes = [plan.cause for plan in session.exec(select(CarePlan).order_by(CarePlan.number))]  # type: ignore[arg-type]
        told = session.exec(select(AuditEntry).where(AuditEntry.action == "membership.manager_changed")).all()
    assert causes == ["granted", *["manager_changed"] * 3]
    assert next((row.before, row.after, row.reason) for row in told) == (
        {"manager_id": str(first)},
        {"manager_id": str(second)},
        "岗位调整1",
    )
    assert [row.actor for row in told] == [str(scene.people.accounts[login]) for login in ("lead", "ops", "lead")]


async def test_who_may_not_change_it_and_to_whom_it_cannot_go(scene: Scene) -> None:
    lead, accounts = scene.token("lead"), scene.people.accounts
    good = {"to": str(accounts["bj-mgr"]), "reason": "岗位调整"}
    for login in ("mgr", "svc", "hq-vip"):
        assert _code(await scene.token(login).post(CALL, json=good)) == (403, "not_allowed")
    assert _code(await scene.token("sh-lead").post(CALL, json=good)) == (404, "not_found")
    assert _code(await lead.post(CALL, json=good | {"to": str(accounts["svc"])})) == (422, "bad_transfer_target")
    assert _code(await lead.post(CALL, json=good | {"to": str(UUID(int=0))})) == (422, "invalid_input")
    same = await lead.post(CALL, json=good | {"to": str(accounts["mgr"])})
    assert (_code(same), same.json()["errors"][0]["reason"]) == ((422, "invalid_input"), "already_manager")
    assert _code(await lead.post(CALL, json=good | {"reason": " "})) == (422, "invalid_input")
    other = CALL.replace(GOLD, world.SILVER)
    assert _code(await lead.post(other, json=good)) == (409, "wrong_stage")
    assert scene.visit_with() == accounts["mgr"]


async def test_the_page_asks_to_whom_and_why(scene: Scene) -> None:
    lead, second = scene.browser("lead"), str(scene.people.accounts["bj-mgr"])
    customer = BeautifulSoup((await lead.get(f"/customers/{GOLD}")).text, "html.parser")
    assert customer.select(f'a[href="{PAGE}"]')
    form = BeautifulSoup((await lead.get(PAGE)).text, "html.parser")
    assert [str(option["value"]) for option in form.select("#to option")] == ["", second]
    nobody = await lead.post(PAGE, data={"to": "", "reason": "岗位调整", "idempotency_key": "manager-page-1"})
    assert (nobody.status_code, "岗位调整" in nobody.text) == (422, True)
    done = await lead.post(PAGE, data={"to": second, "reason": "岗位调整", "idempotency_key": "manager-page-2"})
    assert done.headers["location"] == f"/customers/{GOLD}?done=manager"
    await scene.until(lambda: str(scene.visit_with()) == second)
    with scene.database.read() as session:
        case_id = session.exec(select(Membership.case_id)).one()
    ops = scene.browser("ops")
    back = str(scene.people.accounts["mgr"])
    by_ops = await ops.post(PAGE, data={"to": back, "reason": "误操作", "idempotency_key": "manager-page-3"})
    assert by_ops.headers["location"] == f"/cases/{case_id}?done=manager"
