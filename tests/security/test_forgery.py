"""Cross-site requests and state changes by GET, over every route there is (T31)."""

import hashlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import select

from api.pages.headers import SECURITY_HEADERS
from api.security import guard
from models.database import Database
from models.settings import Settings
from models.tables.access import SignInSession
from tests.security.route_walk import Declared, declared_routes
from tests.support.clients import ORIGIN, Clients
from tests.support.organisation import PEOPLE

CROSS_SITE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]
SOMETHING = "00000000-0000-7000-8000-000000000000"
pytestmark = pytest.mark.timeout(400)
"""Each walks over several hundred routes."""


def _path(route: Declared) -> str:
    return route.path.format_map(dict.fromkeys(route.parameters, SOMETHING))


async def test_every_unsafe_route_refuses_a_session_without_the_form_token(app: FastAPI, clients: Clients) -> None:
    """With a cookie alone nothing happens, on pages and under /api; the guard comes before the body is read."""
    browsers = {login: clients.browser(login) for login, _, _ in PEOPLE}
    for browser in browsers.values():
        del browser.headers["X-CSRF-Token"]
    reached = []
    for route in declared_routes(app):
        if route.is_safe or route.guard is None:
            continue
        statuses = {
            (await browser.request(route.method, _path(route), data={"csrf_token": "0" * 64})).status_code
            for browser in browsers.values()
        }
        if statuses != {403}:
            reached.append(f"{route}: {statuses}")
    assert reached == []


async def test_every_public_form_refuses_a_missing_token(app: FastAPI, clients: Clients) -> None:
    for route in declared_routes(app):
        if route.is_safe or route.guard is not None or route.is_api:
            continue
        client = clients.anonymous()
        assert (await client.post(_path(route))).status_code == 403, route
        await client.get("/sign-in")
        assert (await client.post(_path(route), data={"csrf_token": "0" * 64})).status_code == 403, route


@pytest.mark.parametrize("headers", CROSS_SITE)
async def test_a_cross_site_request_is_refused_even_with_the_token(clients: Clients, headers: dict[str, str]) -> None:
    browser = clients.browser("sec-admin")
    answer = await browser.post("/admin/people/no1-mgr/disable", headers=headers)
    assert answer.status_code == 403
    assert "csrf_failed" in answer.text
    assert (await browser.post("/admin/people/no1-mgr/disable")).status_code == 200


async def test_a_token_of_another_session_is_refused(clients: Clients) -> None:
    browser, other = clients.browser("sec-admin"), clients.browser("sec-admin")
    headers = {"X-CSRF-Token": other.headers["X-CSRF-Token"]}
    assert (await browser.post("/admin/people/no1-mgr/disable", headers=headers)).status_code == 403


async def test_the_records_do_not_hold_the_form_token(clients: Clients, organisation: Database) -> None:
    browser = clients.browser("sec-admin")
    with organisation.read() as session:
        row = session.exec(select(SignInSession)).one()
    assert browser.headers["X-CSRF-Token"] not in row.model_dump_json()


async def test_a_bearer_token_needs_no_form_token(clients: Clients) -> None:
    client = clients.token("sec-admin")
    assert (await client.post("/api/v1/users/no1-mgr/disable", headers={"Origin": "https://other.example"})).is_success


async def test_get_changes_nothing(
    app: FastAPI, clients: Clients, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "TOUCH_EVERY", timedelta(days=1))  # a sign-in's sign of life is no act of the page
    people = [clients.browser(login) for login, _, _ in PEOPLE] + [clients.anonymous()]
    before = _checksum(settings.home / "records.db")
    for route in declared_routes(app):
        if route.is_safe and not route.is_endless:
            for client in people:
                await client.get(_path(route))
    assert _checksum(settings.home / "records.db") == before


async def test_every_route_answers_with_the_security_headers(app: FastAPI, clients: Clients) -> None:
    client = clients.anonymous()
    for route in declared_routes(app):
        answer = await client.request(route.method, _path(route), headers={"Origin": ORIGIN})
        missing = [name for name, value in SECURITY_HEADERS.items() if answer.headers.get(name) != value]
        assert missing == [], route
        assert answer.headers["cache-control"] == "no-store", route
        assert "access-control-allow-origin" not in answer.headers, route


def _checksum(records: Path) -> str:
    with sqlite3.connect(records) as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode("utf-8", "surrogateescape")).hexdigest()
