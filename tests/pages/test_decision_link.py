"""Decide by link: opening it decides nothing, its form decides once, for its reader and for nobody else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlmodel import select, update

from api.app import create_app
from api.gateway import Gateway
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import Answered, Decide
from models.messages.envelope import Envelope, UpdateEnvelope
from models.rulebook.schema.desk import DEFAULT_DESK, Desk
from models.services import decision_links
from models.settings import Settings
from models.stores.tasks import TaskStore
from models.tables.cases import Task
from models.tables.desk import DecisionLink
from models.types import Door, Stage, TaskState, Verdict
from tests.pages.conftest import soup_of
from tests.support import world
from tests.support.clients import Clients
from tests.support.telling import account
from tests.support.waiting_cases import before_final_approval


class TakingGateway(Gateway):
    """Keeps what was sent; answers, or refuses as told."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []
        self.refusal: DomainError | None = None

    async def healthy(self) -> bool:
        """Yes."""
        return True

    async def send(self, envelope: Envelope) -> Answered:
        """Taken, or refused as told."""
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(envelope)
        assert isinstance(envelope, UpdateEnvelope)
        return Answered(case_id=uuid4(), stage=Stage.ACTIVE, version=5)


@dataclass
class Desktop:
    """A task of the branch lead, and the link in the lead's mail."""

    app: FastAPI
    database: Database
    people: Clients
    gateway: TakingGateway
    task_id: UUID
    secret: str

    @property
    def path(self) -> str:
        return f"/d/{self.secret}"

    def used(self) -> bool:
        with self.database.read() as session:
            return session.exec(select(DecisionLink)).one().used_at is not None


@pytest.fixture
async def desktop(settings: Settings, insurer: Database) -> AsyncIterator[Desktop]:
    """The link, fresh."""
    gateway = TakingGateway()
    app = create_app(settings, insurer, gateway)
    with insurer.write() as session:
        accounts = {login: account(session, login).id for login, *_ in world.STAFF}
        waiting = before_final_approval(session, world.World(insurer, accounts), 1)
        task_id = waiting.state.tasks[0].task_id
        task = TaskStore(session).get(task_id)
        assert task is not None
        secret = decision_links.issue(session, accounts["lead"], task, DEFAULT_DESK, datetime.now(UTC))
        assert secret is not None
    async with app.router.lifespan_context(app):
        people = Clients(app, insurer)
        yield Desktop(app, insurer, people, gateway, task_id, secret)
        await people.close()


def _no_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    rules: Desk = DEFAULT_DESK.model_copy(update={"link_needs_sign_in": False})
    monkeypatch.setattr("api.pages.decision_link.desk_at", lambda *_: rules)


def _browser(desktop: Desktop, login: str) -> httpx2.AsyncClient:
    """A person signed in, whose forms carry their own token: the page of a link is guarded like a public form."""
    client = desktop.people.browser(login)
    del client.headers["X-CSRF-Token"]
    return client


async def _form(client: httpx2.AsyncClient, path: str, verdict: str = "approve", comment: str = "") -> dict[str, str]:
    """The form of the page, filled in."""
    page = soup_of(await client.get(path))
    fields = {str(node["name"]): str(node["value"]) for node in page.select("#decide input[type=hidden]")}
    return {**fields, "verdict": verdict, "comment": comment}


def _code(answer: httpx2.Response) -> str:
    return soup_of(answer).code.text if soup_of(answer).code else ""  # type: ignore[union-attr]


async def test_opening_decides_nothing_however_often(desktop: Desktop) -> None:
    lead = _browser(desktop, "lead")
    for _ in range(3):
        answer = await lead.get(desktop.path)
        assert answer.status_code == 200
        assert (await lead.head(desktop.path)).status_code in {200, 405}
    page = soup_of(answer)
    assert page.select_one("#decide")["action"] == desktop.path  # type: ignore[index]
    assert page.select(".gl-side") == []
    assert desktop.gateway.sent == []
    assert not desktop.used()


async def test_it_decides_once_through_its_own_door(desktop: Desktop) -> None:
    lead = _browser(desktop, "lead")
    form = await _form(lead, desktop.path)
    answer = await lead.post(desktop.path, data=form)
    assert answer.status_code == 200
    assert "已提交" in answer.text
    (sent,) = desktop.gateway.sent
    assert isinstance(sent.act, Decide)
    assert (sent.act.door, sent.act.verdict, sent.act.task_id) == (Door.LINK, Verdict.APPROVE, desktop.task_id)
    assert sent.act.actor_id == account_id(desktop, "lead")
    assert desktop.used()

    again = await lead.post(desktop.path, data=form)
    assert again.status_code == 200
    assert len({envelope.act.update_id for envelope in desktop.gateway.sent}) == 1  # the engine answers it once
    other = await lead.post(desktop.path, data=form | {"idempotency_key": uuid4().hex})
    assert (other.status_code, _code(other)) == (410, "link_used_or_expired")
    opened = await lead.get(desktop.path)
    assert (opened.status_code, _code(opened)) == (410, "link_used_or_expired")
    assert len({envelope.act.update_id for envelope in desktop.gateway.sent}) == 1


def account_id(desktop: Desktop, login: str) -> UUID:
    """A person's id."""
    with desktop.database.read() as session:
        return account(session, login).id


async def test_a_forwarded_link_works_for_nobody_else(desktop: Desktop) -> None:
    nobody = desktop.people.anonymous()
    led = await nobody.get(desktop.path)
    assert (led.status_code, led.headers["location"].split("?")[0]) == (303, "/sign-in")
    lead = _browser(desktop, "lead")
    form = await _form(lead, desktop.path)
    for login in ("svc", "sh-lead", "hq-lead"):
        other = _browser(desktop, login)
        assert (await other.get(desktop.path)).status_code == 410
        answer = await other.post(desktop.path, data=form)
        assert answer.status_code in {403, 410}
    assert desktop.gateway.sent == []
    assert not desktop.used()


async def test_without_sign_in_where_the_rulebook_says_so(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    _no_sign_in(monkeypatch)
    nobody = desktop.people.anonymous()
    form = await _form(nobody, desktop.path)
    forged = await desktop.people.anonymous().post(desktop.path, data=form)
    assert forged.status_code == 403
    answer = await nobody.post(desktop.path, data=form)
    assert answer.status_code == 200
    assert [envelope.act.actor_id for envelope in desktop.gateway.sent if isinstance(envelope, UpdateEnvelope)] == [
        account_id(desktop, "lead")
    ]


@pytest.mark.parametrize("change", ["version", "round", "closed", "expired", "post"])
async def test_a_link_dies_with_what_it_is_bound_to(desktop: Desktop, change: str) -> None:
    lead = _browser(desktop, "lead")
    form = await _form(lead, desktop.path)
    with desktop.database.write() as session:
        task = session.get(Task, desktop.task_id)
        assert task is not None
        if change == "expired":
            past = datetime.now(UTC) - timedelta(seconds=1)
            session.exec(update(DecisionLink).values(expires_at=past))
        elif change == "post":
            task.assignee_id = account(session, "svc").id
        elif change == "closed":
            task.state = TaskState.DONE
        else:
            setattr(task, change, 9)
        session.add(task)
    assert (await lead.get(desktop.path)).status_code == 410
    assert (await lead.post(desktop.path, data=form)).status_code == 410
    assert desktop.gateway.sent == []


async def test_a_return_needs_its_reason_and_the_link_lives_on(desktop: Desktop) -> None:
    lead = _browser(desktop, "lead")
    form = await _form(lead, desktop.path, "return")
    answer = await lead.post(desktop.path, data=form)
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".gl-errors, .gl-strip-warn") is not None
    assert not desktop.used()
    form = await _form(lead, desktop.path, "return", "缺保单清单")
    assert (await lead.post(desktop.path, data=form)).status_code == 200
    assert desktop.used()


async def test_an_engine_that_is_away_uses_nothing_up(desktop: Desktop) -> None:
    lead = _browser(desktop, "lead")
    desktop.gateway.refusal = DomainError(ErrorCode.ENGINE_UNAVAILABLE)
    answer = await lead.post(desktop.path, data=await _form(lead, desktop.path, comment="已核对"))
    assert answer.status_code == 503
    assert "已核对" in answer.text
    assert not desktop.used()
    desktop.gateway.refusal = DomainError(ErrorCode.NOT_YET_CONFIRMED)
    answer = await lead.post(desktop.path, data=await _form(lead, desktop.path))
    assert answer.status_code == 202
    assert "等待确认" in answer.text
    assert desktop.used()


async def test_no_secret_is_stored_or_logged(desktop: Desktop, capsys: pytest.CaptureFixture[str]) -> None:
    lead = _browser(desktop, "lead")
    await lead.post(desktop.path, data=await _form(lead, desktop.path))
    out = capsys.readouterr()
    assert desktop.secret not in out.out + out.err
    with desktop.database.engine.connect() as connection:
        dump = "".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert desktop.secret not in dump
