"""People at the pages of a running copy: each a browser over real cases on a real engine."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx2
import pytest
from bs4 import BeautifulSoup, Tag
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.encryption import Keyring
from models.settings import Settings
from models.stores.accounts import AccountStore
from models.tables.organisation import Post
from models.types import Role
from tests.support import engine, world
from tests.support.clients import Clients

numbers = count(1)
WAITING = 202
"""An act that a busy machine has not confirmed yet."""

LEVELS = ("unit", "svc", "lead", "hq-vip", "hq-lead")


@dataclass
class Desk:
    """People in browsers without scripts, each with the page it looks at."""

    clients: Clients
    database: Database
    people: world.World
    browsers: dict[str, httpx2.AsyncClient] = field(default_factory=dict)

    def browser(self, login: str) -> httpx2.AsyncClient:
        """One browser per person."""
        return self.browsers.setdefault(login, self.clients.browser(login))

    @property
    def gold(self) -> str:
        """Number of the customer that reaches gold."""
        return self.people.customer(world.GOLD)

    async def declare(self, customer_no: str = world.GOLD, tier: str = "gold", seat: str = "ranked") -> str:
        """Declare over HTTP; the case's id."""
        body = {
            "customer_no": self.people.customer(customer_no),
            "year": world.YEAR,
            "tier": tier,
            "seat": seat,
            "reason": "连续三年增员",
            "late_reason": "补报",
        }
        answer = await self.clients.token("mgr").post("/api/v1/qualifications", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["case_id"])

    async def get(self, login: str, path: str, status: int = 200) -> BeautifulSoup:
        """A page."""
        answer = await self.browser(login).get(path, follow_redirects=True)
        assert answer.status_code == status, answer.text
        return BeautifulSoup(answer.text, "html.parser")

    async def task(self, login: str, number: int = 0) -> tuple[str, BeautifulSoup]:
        """First click: a row of the inbox."""
        inbox = await self.get(login, "/inbox")
        href = str(inbox.select("[data-gl-row]")[number]["href"])
        return href, await self.get(login, href)

    async def press(
        self, login: str, page: BeautifulSoup, selector: str = "#decide", action: str = "", **typed: str
    ) -> tuple[httpx2.Response, BeautifulSoup]:
        """Send a form of the page as a browser would, and follow where it leads, also past 已提交，等待确认."""
        answer, shown = await self.press_once(login, page, selector, action, **typed)
        while answer.status_code == WAITING:
            await asyncio.sleep(0.5)
            poll = shown.select_one(".gl-strip[hx-get]")
            assert poll is not None, answer.text
            answer = await self.browser(login).get(str(poll["hx-get"]), follow_redirects=True)
            shown = BeautifulSoup(answer.text, "html.parser")
        return answer, shown

    async def press_once(
        self, login: str, page: BeautifulSoup, selector: str = "#decide", action: str = "", **typed: str
    ) -> tuple[httpx2.Response, BeautifulSoup]:
        """As `press`, but the first answer, whatever it is."""
        form = page.select_one(selector)
        assert form is not None, page
        fields = fields_of(form) | typed
        answer = await self.browser(login).post(action or str(form["action"]), data=fields)
        if answer.status_code == 303:
            answer = await self.browser(login).get(answer.headers["location"], follow_redirects=True)
        return answer, BeautifulSoup(answer.text, "html.parser")

    async def approve(self, login: str, **typed: str) -> BeautifulSoup:
        """Two clicks: the row, 同意."""
        _href, page = await self.task(login)
        answer, done = await self.press(login, page, verdict="approve", **typed)
        assert answer.status_code == 200, answer.text
        return done


def fields_of(form: Tag) -> dict[str, str]:
    fields = {str(node["name"]): str(node.get("value", "")) for node in form.select("input[name]")}
    fields |= {str(node["name"]): node.get_text().strip() for node in form.select("textarea[name]")}
    for node in form.select("select[name]"):
        chosen = node.select_one("option[selected]") or node.select_one("option")
        fields[str(node["name"])] = str(chosen["value"]) if chosen else ""
    return fields


def text_of(page: BeautifulSoup, selector: str) -> str:
    return " ".join(" ".join(node.get_text(" ").split()) for node in page.select(selector))


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[engine.SharedServer]:
    """One engine for all; customer numbers, and so workflow ids, differ from test to test."""
    shared = engine.SharedServer()
    yield shared
    await shared.stop()


@pytest.fixture
async def environment(server: engine.SharedServer) -> WorkflowEnvironment:
    """The engine as this test finds it: at the present."""
    return await server.at_present()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated records to copy."""
    folder = tmp_path_factory.mktemp("desk")
    world.new_database(folder).dispose()
    return folder / "records.db"


@pytest.fixture
async def desk(tmp_path: Path, environment: WorkflowEnvironment, records: Path) -> AsyncIterator[Desk]:
    """The application with an engine and a worker behind it."""
    shutil.copyfile(records, tmp_path / "records.db")
    database = Database(f"sqlite:///{tmp_path}/records.db", Keyring(world.SECRET))
    number = next(numbers)
    people, queue = world.build(database, offset=number * 10), f"desk-{number}"
    settings = Settings(
        home=tmp_path, secret_key=SecretStr(world.SECRET), task_queue=queue, temporal_ui_url="http://127.0.0.1:8233"
    )
    async with engine.worker(environment.client, people, tmp_path, queue):
        app = create_app(settings, database, Gateway(environment.client, queue))
        async with app.router.lifespan_context(app):
            clients = Clients(app, database)
            yield Desk(clients, database, people)
            await clients.close()
    database.dispose()


def add_post(desk: Desk, login: str, role: Role, code: str) -> None:
    with desk.database.write() as session:
        account = AccountStore(session).by_login(login)
        assert account is not None
        session.add(Post(account_id=account.id, role=role, institution_code=code))


def form_on(page: BeautifulSoup) -> Tag:
    form = page.select_one("#decide")
    assert form is not None
    return form
