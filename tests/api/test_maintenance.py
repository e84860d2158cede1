"""While the doors are closed 维护: pages say so, nothing is written, probes and reading go on."""

import pytest
from fastapi import FastAPI

from api import middleware
from models.database import Database
from models.services import maintenance
from models.services.by import By
from models.types import Door
from tests.support.clients import Clients

BY = By("system:command", Door.CLI)


@pytest.fixture(autouse=True)
def asked_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The records are asked at each request, not once a second."""
    monkeypatch.setattr(middleware, "CLOSED_ASKED_EVERY_SECONDS", 0.0)


def _close(database: Database) -> None:
    with database.write() as session:
        maintenance.begin(session, "moving house", BY)


def _open(database: Database) -> None:
    with database.write() as session:
        assert maintenance.end(session, "done", BY)


async def test_every_page_is_one_and_says_when_it_is_over(clients: Clients, organisation: Database) -> None:
    visitor, known = clients.anonymous(), clients.browser("ops")
    _close(organisation)
    for client, path in ((visitor, "/sign-in"), (known, "/"), (known, "/inbox"), (known, "/no-such-page")):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30"), path
        assert "系统维护中，暂停提交。预计 核对完成后 恢复。" in answer.text
    sent = await known.post("/sign-out")
    assert sent.status_code == 503
    english = await visitor.get("/sign-in", headers={"Accept-Language": "en"})
    assert "Under maintenance; back about once everything is compared." in english.text
    _open(organisation)
    assert (await visitor.get("/sign-in")).status_code == 200


async def test_other_systems_read_and_do_not_write(clients: Clients, organisation: Database) -> None:
    ops = clients.token("ops")
    _close(organisation)
    assert (await ops.get("/api/v1/me")).status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = await ops.request(method, "/api/v1/tasks/bulk-decide", json={})
        assert (refused.status_code, refused.json()["code"]) == (503, "maintenance")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.headers["Retry-After"] == "30"


async def test_probes_and_what_a_page_is_drawn_with_pass(
    app: FastAPI, clients: Clients, organisation: Database
) -> None:
    visitor = clients.anonymous()
    _close(organisation)
    assert (await visitor.get("/healthz")).json() == {"status": "ok"}
    assert (await visitor.get("/readyz")).json() == {"status": "unready"}, "the engine of these tests is down"
    sheet = next(part for part in (await visitor.get("/sign-in")).text.split('"') if part.startswith("/static/"))
    assert (await visitor.get(sheet)).status_code == 200


async def test_records_that_are_away_are_not_maintenance(clients: Clients, organisation: Database) -> None:
    with organisation.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE maintenance")
        connection.commit()
    assert (await clients.anonymous().get("/sign-in")).status_code == 200
