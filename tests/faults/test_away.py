"""Engine or worker away: whoever acts hears soon what is known; what was sent is applied once when they are back."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlmodel import Session, select

from api import acts
from api.calendar_acts import tell_waiting
from api.dispatcher import dispatch_once
from api.gateway.acts import REACHABLE_FOR_SECONDS
from api.reconciling import reconcile
from models.database import Database
from models.encryption import Keyring
from models.messages.approval import ApprovalState, Decide
from models.messages.envelope import StartEnvelope
from models.messages.qualification import RecordStep
from models.rules import approval
from models.services import idempotency
from models.services.approval import steps
from models.services.by import By
from models.services.calendars import case_calendar
from models.services.idempotency import reservation_of
from models.services.reconcile.runs import Wish, ask
from models.tables.calendar import CalendarNotice
from models.tables.cases import Case
from models.tables.messages import IdempotencyRecord
from models.types import Door
from tests.faults.clerk import AT_ONCE, Clerk, clerk
from tests.faults.parts import Engine
from tests.faults.requests import declaration
from tests.plugins.postgres import fresh_database
from tests.support import world
from tests.support.accepting import AcceptingGateway

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

PROMISED_SECONDS = 8.0
BACK_SECONDS = 30.0
KEY = "the-click"


@pytest.fixture
async def desk(power: Engine, tmp_path: Path) -> AsyncIterator[Clerk]:
    """The service on the engine, which is up again afterwards."""
    async with AsyncExitStack() as held:
        held.push_async_callback(_up_again, power)
        yield await held.enter_async_context(clerk(power, tmp_path))


async def _up_again(power: Engine) -> None:
    if power.process is None or power.process.poll() is not None:
        await power.start()


async def _until(found: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(BACK_SECONDS):
        while not await found():
            await asyncio.sleep(0.1)


async def test_without_an_engine_nothing_is_kept_and_the_same_key_serves_again(desk: Clerk) -> None:
    async with desk.worker():
        task = await desk.declare()
        await asyncio.sleep(REACHABLE_FOR_SECONDS)
        desk.power.kill()
        began = time.monotonic()
        away = await desk.approve(task, KEY)
        assert time.monotonic() - began < PROMISED_SECONDS
        assert (away.status_code, away.json()["code"]) == (503, "engine_unavailable")
        assert int(away.headers["Retry-After"]) > 0
        assert [row.key for row in desk.stage.rows(IdempotencyRecord) if row.key == KEY] == []
        assert (await desk.task("unit"))["task_id"] == task["task_id"], "reading goes on"
        await desk.power.start()
        assert (await desk.approve(task, KEY)).status_code in {200, 202}
        await _until(lambda: _is_done(desk))
    assert desk.decided() == [KEY]


async def test_what_was_sent_into_a_dying_engine_is_dispatched_once(
    desk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answered a moment ago, so nobody asks first: the request is kept, and the dispatcher sends it again."""
    monkeypatch.setattr("api.gateway.acts.REACHABLE_FOR_SECONDS", 5.0)  # a busy machine takes its time to get there
    async with desk.worker():
        task = await desk.declare()
        desk.power.kill()
        sent = await desk.approve(task, KEY)
        assert (sent.status_code, sent.json()["code"]) == (202, "not_yet_confirmed")
        assert await desk.became_of(KEY) == ("pending", None)
        assert await dispatch_once(desk.stage.world.database, desk.gateway, AT_ONCE) == 1
        await desk.power.start()
        await asyncio.gather(*(dispatch_once(desk.stage.world.database, desk.gateway, AT_ONCE) for _ in range(3)))
        await _until(lambda: _is_done(desk))
    assert desk.decided() == [KEY]
    assert await desk.became_of(KEY) == ("done", 200)


@pytest.mark.parametrize("restarted", [False, True])
async def test_without_a_worker_the_outcome_shows_by_its_key_later(desk: Clerk, restarted: bool) -> None:
    """With the engine up the act waits there; an engine that restarts meanwhile forgets it, and it is sent again."""
    async with desk.worker():
        task = await desk.declare()
    began = time.monotonic()
    sent = await desk.approve(task, KEY)
    assert time.monotonic() - began < PROMISED_SECONDS
    assert (sent.status_code, sent.json()["code"]) == (202, "not_yet_confirmed")
    status_url = sent.json()["context"]["status_url"]
    waiting = await desk.clients.token("unit").get(status_url)
    assert (waiting.status_code, waiting.json()["state"]) == (200, "pending")
    if restarted:
        desk.power.kill()
        await desk.power.start()
    async with desk.worker():
        if restarted:
            await dispatch_once(desk.stage.world.database, desk.gateway, AT_ONCE)
        await _until(lambda: _is_done(desk))
    again = await desk.approve(task, KEY)
    assert (again.status_code, again.json()["task"]["state"]) == (200, "done")
    assert desk.decided() == [KEY]


async def _compared(desk: Clerk) -> None:
    with desk.stage.world.database.write() as session:
        job_id = ask(session, Wish(True, By("cli:test", Door.CLI))).id
    await reconcile(desk.stage.world.database, desk.gateway, job_id)


async def _dispatched(desk: Clerk) -> None:
    assert await dispatch_once(desk.stage.world.database, desk.gateway, AT_ONCE) == 1
    assert await dispatch_once(desk.stage.world.database, desk.gateway, AT_ONCE) == 0


@pytest.mark.parametrize("caught_up", [_dispatched, _compared])
async def test_an_engine_that_died_after_the_record_is_caught_up_with(
    desk: Clerk, caught_up: Callable[[Clerk], Awaitable[None]]
) -> None:
    """Recorded and settled, and forgotten by the engine: whoever acts on what follows needs the workflow to know."""
    async with desk.worker():
        task = await desk.declare()
    assert (await desk.approve(task, KEY)).status_code == 202
    desk.power.kill()
    desk.stage.write(_record_as_the_worker_did)
    await desk.power.start()
    assert await desk.became_of(KEY) == ("done", 200)
    (case,) = desk.cases()
    handle = desk.stage.client.get_workflow_handle(case.workflow_id)
    async with desk.worker():
        assert (await handle.query("state", result_type=ApprovalState)).version == case.version - 1
        await caught_up(desk)
        assert (await handle.query("state", result_type=ApprovalState)).version == case.version
        follows = await desk.task("svc")
        assert (await desk.approve(follows, "the-next-click", "svc")).status_code == 200
    assert desk.decided() == [KEY, "the-next-click"]


def _record_as_the_worker_did(session: Session) -> None:
    """What the activity commits of the request that was sent, without the engine being told."""
    row = session.exec(select(IdempotencyRecord).where(IdempotencyRecord.key == KEY)).one()
    act, case, now = reservation_of(row).envelope.act, session.exec(select(Case)).one(), datetime.now(UTC)
    assert isinstance(act, Decide)
    before, calendar = ApprovalState.model_validate(case.state), case_calendar(session, case, now)
    after = approval.apply(before, act, now, calendar)
    steps.record_step(
        session,
        RecordStep(workflow_id=case.workflow_id, before=before, after=after, act=act, at=now, calendar=calendar),
    )


async def test_two_clicks_beside_each_other_are_one_request_on_postgresql(postgres: str) -> None:
    """Both have looked before either kept the key: no error, one row, one thing sent twice under one id."""
    database, gateway, both = Database(fresh_database(postgres), Keyring(world.SECRET)), AcceptingGateway(), Barrier(2)
    people = world.build(database)
    key = idempotency.Key(people.accounts["mgr"], KEY, "declare", "content")

    def prepare(_: Session) -> StartEnvelope:
        both.wait(PROMISED_SECONDS)
        return StartEnvelope(act=declaration(people, key))

    first, second = await asyncio.gather(*(acts.perform(database, gateway, key, prepare) for _ in range(2)))
    assert (first, first.status) == (second, 201)
    with database.read() as session:
        assert len(session.exec(select(IdempotencyRecord)).all()) == 1
    assert len({envelope.act.update_id for envelope in gateway.sent}) == 1
    database.dispose()


async def test_a_calendar_published_without_an_engine_is_told_once(desk: Clerk) -> None:
    database = desk.stage.world.database
    async with desk.worker():
        await desk.declare()
        await asyncio.sleep(REACHABLE_FOR_SECONDS)
        desk.power.kill()
        day = {"date": "2026-12-25", "is_workday": False, "is_half_day": False, "name": "司庆"}
        body = {"days": [day], "mode": "publish", "reason": "司庆放假"}
        published = await desk.clients.token("ops").post("/api/v1/calendar/2026", json=body)
        assert published.status_code == 201, published.text
        assert await tell_waiting(database, desk.gateway, AT_ONCE) == 1
        await desk.power.start()
        await asyncio.gather(*(tell_waiting(database, desk.gateway, AT_ONCE) for _ in range(3)))
        await _until(lambda: _is_told(desk))
    (notice,) = desk.stage.rows(CalendarNotice)
    assert str(notice.publication_id) == published.json()["publication_id"]


async def _is_done(desk: Clerk) -> bool:
    return await desk.became_of(KEY) == ("done", 200)


async def _is_told(desk: Clerk) -> bool:
    return await tell_waiting(desk.stage.world.database, desk.gateway, AT_ONCE) == 0
