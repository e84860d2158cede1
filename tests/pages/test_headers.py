"""Headers of every answer; language and theme by address and cookie."""

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse, Response

from api.pages.assets import PREFIX, asset, static_app
from api.pages.headers import SECURITY_HEADERS, PreferencesMiddleware, SecurityHeadersMiddleware
from api.pages.i18n import _


@pytest.fixture
def client() -> TestClient:
    """A small application under both middlewares."""
    app = FastAPI()
    app.mount(PREFIX, static_app())

    @app.get("/say")
    def say(request: Request) -> Response:
        return PlainTextResponse(f"{_('待办')} {request.state.theme}")

    @app.get("/cached")
    def cached() -> Response:
        return PlainTextResponse("x", headers={"Cache-Control": "max-age=60"})

    app.add_middleware(PreferencesMiddleware)
    app.add_middleware(SecurityHeadersMiddleware)
    return TestClient(app)


@pytest.mark.parametrize("path", ["/say", "/nowhere", f"{PREFIX}/gl.css"])
def test_security_headers_are_on_every_answer(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_answers_are_not_stored_unless_a_route_says_so(client: TestClient) -> None:
    assert client.get("/say").headers["Cache-Control"] == "no-store"
    assert client.get("/cached").headers["Cache-Control"] == "max-age=60"


def test_static_files_with_a_digest_are_kept(client: TestClient) -> None:
    assert "immutable" in client.get(asset("gl.css")).headers["Cache-Control"]
    assert "immutable" not in client.get(f"{PREFIX}/gl.css").headers["Cache-Control"]


def test_a_mistyped_asset_fails() -> None:
    with pytest.raises(FileNotFoundError):
        asset("nothing.css")


def test_language_and_theme_are_asked_for_once_and_remembered(client: TestClient) -> None:
    assert client.get("/say").text == "待办 light"
    first = client.get("/say?lang=en&theme=dark")
    assert first.text == "Inbox dark"
    assert all("SameSite=Lax" in value for value in first.headers.get_list("set-cookie"))
    assert client.get("/say").text == "Inbox dark"
    assert client.get("/say?lang=zh").text == "待办 dark"


def test_nonsense_is_neither_used_nor_remembered(client: TestClient) -> None:
    answer = client.get("/say?lang=%22%3Bx&theme=pink")
    assert answer.text == "待办 light"
    assert "set-cookie" not in answer.headers
