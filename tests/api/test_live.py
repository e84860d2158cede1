"""Live inboxes through a real server: what changes is heard within seconds, by those it concerns and nobody else."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from sqlmodel import select

from api.app import create_app
from api.live import MAX_STREAMS
from models.database import Database
from models.services.notifications import emit, notify
from models.services.sign_in import issue_token, revoke_token
from models.settings import Settings
from models.tables.messages import Notification
from models.types import Role
from tests.support.gateways import DeadGateway
from tests.support.organisation import PEOPLE
from tests.support.telling import account

pytestmark = pytest.mark.timeout(60)


@dataclass
class Running:
    """A served application."""

    app: FastAPI
    server: uvicorn.Server
    database: Database
    base: str

    def token(self, login: str) -> str:
        """A bearer token."""
        with self.database.write() as session:
            return issue_token(session, account(session, login).id, datetime.now(UTC)).token

    @asynccontextmanager
    async def stream(self, token: str, last_event_id: int | None = None) -> AsyncIterator["Heard"]:
        """An open stream; its first event was read."""
        headers = {"Authorization": f"Bearer {token}"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        async with (
            httpx2.AsyncClient(base_url=self.base, timeout=20) as client,
            client.stream("GET", "/api/v1/events", headers=headers) as answer,
        ):
            yield Heard(answer)


@dataclass
class Heard:
    """What a stream tells."""

    answer: httpx2.Response
    lines: Any = None

    async def next(self) -> tuple[int, dict[str, Any]]:
        """Number and data of the next event."""
        self.lines = self.lines or self.answer.aiter_lines()
        fields: dict[str, str] = {}
        async for line in self.lines:
            if not line and "data" in fields:
                assert fields["event"] == "inbox"
                return int(fields["id"]), json.loads(fields["data"])
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise EOFError


@pytest.fixture
async def running(settings: Settings, organisation: Database) -> AsyncIterator[Running]:
    """The application on a port, stopped as a signal would stop it."""
    app = create_app(settings, organisation, DeadGateway())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=5))
    app.state.is_stopping = lambda: server.should_exit
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Running(app, server, organisation, f"http://127.0.0.1:{port}")
    server.should_exit = True
    await task


def _tell(database: Database, login: str, key: str) -> None:
    with database.write() as session:
        notify(session, to=[account(session, login).id], template="cc", key=key, at=datetime.now(UTC))


def _open_task(database: Database, role: Role, institution_code: str) -> None:
    with database.write() as session:
        emit(session, "task_opened", datetime.now(UTC), role=role, institution_code=institution_code)


async def test_a_page_hears_of_its_own_inbox_only(running: Running) -> None:
    async with running.stream(running.token("no-lead")) as mine:
        assert mine.answer.headers["content-type"].startswith("text/event-stream")
        _, first = await mine.next()
        assert first == {"todo": 0, "overdue": 0, "queue": 0, "unread": 0, "changed": False, "task_id": None}
        _tell(running.database, "so-lead", "other")
        _open_task(running.database, Role.BR_LEAD, "SO")
        _tell(running.database, "no-lead", "mine")
        number, data = await asyncio.wait_for(mine.next(), 5)
        assert (data["unread"], data["changed"]) == (1, True)
        _open_task(running.database, Role.BR_LEAD, "NO")
        later, data = await asyncio.wait_for(mine.next(), 5)
        assert later > number
        assert data["changed"]


async def test_every_role_hears_what_concerns_it_and_nothing_else(running: Running) -> None:
    one_of_each = {role: login for login, _code, role in reversed(PEOPLE)}
    assert set(one_of_each) == set(Role)
    for role, login in one_of_each.items():
        async with running.stream(running.token(login)) as mine:
            assert mine.answer.status_code == 200, role
            await mine.next()
            other = next(name for name in one_of_each.values() if name != login)
            _tell(running.database, other, f"beside-{role}")
            _tell(running.database, login, f"mine-{role}")
            _, data = await asyncio.wait_for(mine.next(), 5)
            unread = (await asyncio.to_thread(_unread, running.database, login), data["changed"])
            assert (data["unread"], True) == unread, role
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(mine.next(), 0.2)


def _unread(database: Database, login: str) -> int:
    with database.read() as session:
        own = account(session, login).id
        return len(session.exec(select(Notification).where(Notification.account_id == own)).all())


async def test_nobody_hears_anything_without_a_token(running: Running) -> None:
    async with httpx2.AsyncClient(base_url=running.base) as client:
        answer = await client.get("/api/v1/events")
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_required")


async def test_a_page_that_was_away_is_told_whether_it_missed_anything(running: Running) -> None:
    token = running.token("no-lead")
    async with running.stream(token) as mine:
        number, _ = await mine.next()
    _tell(running.database, "so-lead", "other")
    async with running.stream(token, number) as mine:
        number, data = await mine.next()
        assert not data["changed"]
    _tell(running.database, "no-lead", "mine")
    async with running.stream(token, number) as mine:
        _, data = await mine.next()
        assert (data["unread"], data["changed"]) == (1, True)


async def test_too_many_pages_of_one_person_are_refused_and_may_ask_instead(running: Running) -> None:
    token, other = running.token("no-lead"), running.token("so-lead")
    async with AsyncExitStack() as pages:
        open_pages = [await pages.enter_async_context(running.stream(token)) for _ in range(MAX_STREAMS)]
        for page in open_pages:
            await page.next()
        async with running.stream(token) as refused:
            assert refused.answer.status_code == 429
            assert refused.answer.headers["retry-after"]
        async with running.stream(other) as allowed:
            assert allowed.answer.status_code == 200
    async with httpx2.AsyncClient(base_url=running.base) as client:
        asked = await client.get("/api/v1/me/inbox", headers={"Authorization": f"Bearer {token}"})
        assert asked.json() == {"todo": 0, "overdue": 0, "queue": 0, "unread": 0}


async def test_a_stream_ends_with_the_sign_in(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.events.HEARTBEAT_SECONDS", 0.1)
    token = running.token("no-lead")
    async with running.stream(token) as mine:
        await mine.next()
        with running.database.write() as session:
            revoke_token(session, token, datetime.now(UTC))
        with pytest.raises(EOFError):
            await asyncio.wait_for(mine.next(), 5)


async def test_the_server_stops_with_streams_open(running: Running) -> None:
    async with running.stream(running.token("no-lead")) as mine, running.stream(running.token("so-lead")) as other:
        await mine.next()
        await other.next()
        began = time.monotonic()
        running.server.should_exit = True
        for stream in (mine, other):
            with pytest.raises(EOFError):
                await stream.next()
        assert time.monotonic() - began < 4


async def test_an_event_that_turns_up_behind_a_later_one_is_heard(running: Running) -> None:
    """Two transactions took their numbers in one order and were committed in the other."""
    live = running.app.state.live
    async with running.stream(running.token("no-lead")) as mine:
        seen, _ = await mine.next()
        _open_task(running.database, Role.BR_LEAD, "NO")
        number, _ = await mine.next()
        assert number > seen
        assert live._floor < number
        live._seen.pop(number)  # as if it had been committed only now
        again, _ = await asyncio.wait_for(mine.next(), 5)
        assert again == number


async def test_nobody_hears_anything_without_signing_in(running: Running) -> None:
    async with running.stream("no-such-token") as refused:
        assert refused.answer.status_code == 401
