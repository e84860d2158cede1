"""An inbox that somebody looks at moves by itself: number and rows, by stream or, where none passes, by asking."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import uvicorn
from playwright.sync_api import Page, expect, sync_playwright

from api.app import create_app
from api.security.sessions import cookie_name
from models.database import Database
from models.services.rulebooks import ensure_builtin
from models.services.sign_in import open_session
from models.settings import Settings
from tests.support import desk_world as world
from tests.support.gateways import DeadGateway
from tests.support.telling import account

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
READER = "no1-unit"


@dataclass
class Watched:
    """The inbox of a person in a browser, and the records behind it."""

    page: Page
    address: str
    database: Database
    complaints: list[str]

    def open(self) -> None:
        """Look at the empty inbox."""
        self.page.goto(f"{self.address}/inbox")
        self.page.evaluate("window.stillHere = true")
        expect(self.page.locator("#rows .gl-empty")).to_have_count(1)

    def task_arrives(self) -> None:
        """A case comes to the reader's post."""
        with self.database.write() as session:
            world.declare(session)

    def shows_it(self) -> None:
        """The row and the number are there, on the same page."""
        expect(self.page.locator("li.gl-task")).to_have_count(1)
        expect(self.page.locator(".gl-side [data-gl-number=todo]")).to_have_text("1")
        assert self.page.evaluate("window.stillHere") is True
        assert self.complaints == []


@contextmanager
def _served(settings: Settings, database: Database) -> Iterator[str]:
    app = create_app(settings, database, DeadGateway())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=5))
    app.state.is_stopping = lambda: server.should_exit
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def watched(settings: Settings, organisation: Database, chromium_path: str) -> Iterator[Watched]:
    """A signed-in reader on a served application."""
    with organisation.write() as session:
        ensure_builtin(session)
        secret = open_session(session, account(session, READER).id, user_agent="tests", now=datetime.now(UTC))
    with _served(settings, organisation) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(locale="zh-CN")
        context.add_cookies([{"name": cookie_name(settings), "value": secret, "url": address}])
        page, complaints = context.new_page(), list[str]()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        yield Watched(page, address, organisation, complaints)
        browser.close()


def test_a_task_arrives_in_an_open_inbox(watched: Watched) -> None:
    with watched.page.expect_response("**/api/v1/events"):
        watched.open()
    watched.task_arrives()
    watched.shows_it()


@pytest.mark.parametrize("fault", ["refused", "lost"])
def test_where_no_stream_passes_it_is_asked_for_once_a_minute(watched: Watched, fault: str) -> None:
    watched.page.clock.install()
    watched.page.route(
        "**/api/v1/events", lambda route: route.fulfill(status=429) if fault == "refused" else route.abort()
    )
    watched.open()
    watched.page.clock.fast_forward(61_000)
    watched.task_arrives()
    watched.page.clock.fast_forward(61_000)
    watched.shows_it()
