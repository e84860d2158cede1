"""Page or fragment from one template; nothing undefined, nothing unescaped."""

from dataclasses import replace

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from jinja2 import UndefinedError
from starlette.responses import Response

from api.pages.render import environment, render, see_other
from tests.pages import samples


@pytest.fixture
def client() -> TestClient:
    """An application with one page and one act."""
    app = FastAPI()

    @app.get("/inbox")
    def inbox(request: Request) -> Response:
        return render(request, "pages/inbox.html", samples.inbox(), headers={"Retry-After": "2"})

    @app.get("/wild")
    def wild(request: Request) -> Response:
        page = replace(samples.task(), subject="<script>alert(1)</script>", kind='"><b>')
        return render(request, "pages/task.html", page, 409)

    @app.post("/act")
    def act(request: Request) -> Response:
        return see_other(request, "/inbox")

    return TestClient(app, follow_redirects=False)


def test_whole_page(client: TestClient) -> None:
    answer = client.get("/inbox")
    assert answer.text.lstrip().startswith("<!doctype html>")
    assert answer.headers["Vary"] == "HX-Request"
    assert answer.headers["Link"] == '</api/v1/tasks?box=todo>; rel="alternate"; type="application/json"'
    assert answer.headers["Retry-After"] == "2"


def test_fragment_has_the_title_the_content_and_the_rail_with_its_counts(client: TestClient) -> None:
    whole, part = client.get("/inbox").text, client.get("/inbox", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.lstrip().startswith("<title>待办 - 绿道</title>")
    start = whole.index('<div id="gl-content">') + len('<div id="gl-content">')
    content, rail = part[part.index("</title>") + len("</title>") :].split('<nav class="gl-side"')
    assert whole[start:].strip().startswith(content.strip())
    assert 'id="gl-rail" hx-swap-oob="true"' in rail


def test_a_history_restore_gets_the_whole_page(client: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/inbox", headers=headers).text


def test_what_people_typed_is_escaped(client: TestClient) -> None:
    answer = client.get("/wild")
    assert answer.status_code == 409
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


def test_after_a_post(client: TestClient) -> None:
    plain = client.post("/act")
    assert (plain.status_code, plain.headers["Location"]) == (303, "/inbox")
    swapped = client.post("/act", headers={"HX-Request": "true"})
    assert swapped.status_code == 204
    assert '"path": "/inbox"' in swapped.headers["HX-Location"]


def test_undefined_names_fail() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()
    with pytest.raises(UndefinedError):
        environment().from_string("{{ page.nothing }}").render(page=samples.inbox())
