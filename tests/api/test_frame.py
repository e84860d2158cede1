"""The frame of the API: problem documents, languages, limits, numbers, headers, probes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.pages.headers import SECURITY_HEADERS
from models.database import Database
from models.settings import Settings
from models.tables.messages import WorkerHeartbeat
from tests.support.clients import Clients

API = "/api/v1"


async def test_unknown_address_is_a_problem_document(clients: Clients) -> None:
    answer = await clients.anonymous().get(f"{API}/nothing-here")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["code"] == "not_found"
    assert document["status"] == 404
    assert document["request_id"] == answer.headers["x-request-id"]


async def test_unknown_page_is_a_page(clients: Clients) -> None:
    answer = await clients.anonymous().get("/nothing-here")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有找到，或不在您的机构范围内" in answer.text


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({}, "请登录后继续"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "Sign in to continue"),
        ({"Accept-Language": "zh-CN,en;q=0.9"}, "请登录后继续"),
        ({"Accept-Language": "zh", "Cookie": "gl_lang=en"}, "Sign in to continue"),
    ],
)
async def test_the_sentence_is_in_the_readers_language(
    clients: Clients, headers: dict[str, str], sentence: str
) -> None:
    answer = await clients.anonymous().get(f"{API}/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["detail"].startswith(sentence)


async def test_unknown_field_is_named(clients: Clients) -> None:
    body = {"login": "a", "password": "b", "is_admin": True}
    answer = await clients.anonymous().post(f"{API}/tokens", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "unknown_field"
    assert answer.json()["context"] == {"field": "is_admin"}


@pytest.mark.parametrize(
    "content",
    ["{", "[]", "null", '"text"', '{"login": "a\\u0000b", "password": "x"}', '{"login": "\\ud800", "password": "x"}'],
)
async def test_broken_bodies_are_invalid_input(clients: Clients, content: str) -> None:
    answer = await clients.anonymous().post(
        f"{API}/tokens", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["errors"]


async def test_declared_oversize_is_refused(clients: Clients) -> None:
    answer = await clients.anonymous().post(f"{API}/tokens", content=b"x" * (256 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["code"] == "file_too_large"
    assert "256 KB" in answer.json()["detail"]


async def test_undeclared_oversize_is_refused_while_it_streams(clients: Clients) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 65_536
            yield b"x" * 65_536

    answer = await clients.anonymous().post(
        f"{API}/tokens", content=body(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["code"] == "file_too_large"
    assert sent < 1_000_000


async def test_wrong_method_keeps_its_allow_header(clients: Clients) -> None:
    answer = await clients.anonymous().put(f"{API}/tokens")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["code"] == "method_not_allowed"
    page = await clients.anonymous().put("/sign-in")
    assert page.status_code == 405
    assert "此地址不接受这种请求方式" in page.text
    assert "Not Allowed" not in page.text


@pytest.mark.parametrize(
    ("left", "page"),
    [
        ("/stand-ins/rehearse?lang=en", "/stand-ins?lang=en"),
        ("/customers/Z000001/contacts/7/left", "/customers/Z000001"),
        ("/admin/people/zhang/posts/remove", "/admin/people"),
    ],
)
async def test_the_address_that_a_refused_form_left_leads_to_its_page(clients: Clients, left: str, page: str) -> None:
    """Reloaded from the address bar, or by the link to another language: the address takes forms only."""
    answer = await clients.anonymous().get(left)
    assert (answer.status_code, answer.headers.get("Location")) == (303, page)


async def test_a_bug_is_answered_with_its_number_and_headers(app: FastAPI, clients: Clients) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    app.add_api_route(f"{API}/broken", broken)
    answer = await clients.anonymous().get(f"{API}/broken", headers={"X-Request-ID": "abc-1"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "abc-1" in answer.json()["detail"]
    assert "secret detail" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_records_that_do_not_answer_are_503(app: FastAPI, clients: Clients) -> None:
    async def failing() -> None:
        raise OperationalError("select 1", {}, Exception("database is locked"))

    app.add_api_route(f"{API}/failing", failing)
    answer = await clients.anonymous().get(f"{API}/failing")
    assert answer.status_code == 503
    assert answer.json()["code"] == "records_unavailable"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_harmful_request_number_is_replaced(clients: Clients) -> None:
    answer = await clients.anonymous().get("/healthz", headers={"X-Request-ID": "a b\tc<script>"})
    assert answer.headers["x-request-id"].isalnum()


@pytest.mark.parametrize(
    "path", ["/healthz", "/nothing", f"{API}/me", "/sign-in", f"{API}/nothing", "/static/none.css"]
)
async def test_every_answer_carries_the_security_headers(clients: Clients, path: str) -> None:
    answer = await clients.anonymous().get(path)
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value


async def test_probes_say_one_word(clients: Clients, organisation: Database, app: FastAPI) -> None:
    client = clients.anonymous()
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unready"})

    class LiveGateway:
        async def healthy(self) -> bool:
            return True

    app.state.gateway = LiveGateway()
    assert (await client.get("/readyz")).status_code == 503, "no worker yet"
    with organisation.write() as session:
        session.add(WorkerHeartbeat(worker="w1", at=datetime.now(UTC)))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


async def test_the_description_needs_a_sign_in_and_covers_the_api(clients: Clients) -> None:
    assert (await clients.anonymous().get("/openapi.json")).status_code == 303
    description = (await clients.token("no1-mgr").get("/openapi.json")).json()
    assert f"{API}/me" in description["paths"]
    assert all(path.startswith(API) for path in description["paths"])


def test_plain_http_beyond_loopback_is_refused(settings: Settings) -> None:
    with pytest.raises(ValueError, match="plain http"):
        create_app(settings.model_copy(update={"public_url": "http://greenlane.example.com"}))
