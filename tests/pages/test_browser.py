"""Every page in a real Chromium: accessible, no wider than the screen, nothing against the policy, keys work."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.responses import Response

from api.pages.assets import PREFIX, static_app
from api.pages.headers import PreferencesMiddleware, SecurityHeadersMiddleware
from api.pages.render import render
from tests.pages.desk_samples import every_page

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor" / "axe" / "axe.min.js").read_text("utf-8")
NAMES = sorted(every_page())
MAIN = ["inbox", "task"]
LOOKS = (
    ("1280", "light", "zh", NAMES),
    ("390", "dark", "en", NAMES),
    ("390", "light", "zh", MAIN),
    ("1280", "dark", "en", MAIN),
)
SERIOUS = {"serious", "critical"}


def sample_app() -> FastAPI:
    """The sample pages under the real middleware; posts are counted and answered like a decision."""
    app = FastAPI()
    app.mount(PREFIX, static_app())
    app.state.posts = []

    @app.get("/page/{name}")
    def page(request: Request, name: str) -> Response:
        template, model = every_page(request.state.theme)[name]
        return render(request, template, model)

    @app.post("/tasks/t2/{act}")
    async def act(request: Request, act: str) -> Response:
        form = await request.form()
        app.state.posts.append((act, dict(form), request.headers.get("X-CSRF-Token")))
        if act == "draft":
            return Response(status_code=204)
        template, model = every_page()["task-422" if form.get("verdict") == "return" else "task-done"]
        return render(request, template, model, 422 if form.get("verdict") == "return" else 200)

    @app.get("/api/v1/events")
    def events() -> Response:
        return Response(": nothing happens here\n\n", media_type="text/event-stream")

    app.add_middleware(PreferencesMiddleware)
    app.add_middleware(SecurityHeadersMiddleware)
    return app


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The application of this module."""
    return sample_app()


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    """Address of the running application."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the sample server did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One Chromium for the module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser: Browser, url: str, width: int = 1280, **context: Any) -> Page:
    """A fresh page of a Chinese reader."""
    page = browser.new_context(viewport={"width": width, "height": 844}, locale="zh-CN", **context).new_page()
    page.set_default_timeout(8000)
    page.goto(url)
    return page


@pytest.mark.parametrize(
    ("width", "theme", "language", "names"),
    LOOKS,
    ids=lambda value: value if isinstance(value, str) else f"{len(value)}-pages",
)
def test_accessible_and_no_wider_than_the_screen(
    browser: Browser, address: str, *, width: str, theme: str, language: str, names: list[str]
) -> None:
    context = browser.new_context(viewport={"width": int(width), "height": 844}, bypass_csp=True)
    page = context.new_page()
    found: list[str] = []
    for name in names:
        page.goto(f"{address}/page/{name}?theme={theme}&lang={language}")
        if page.evaluate("document.documentElement.scrollWidth") > int(width):
            found.append(f"{name}: wider than {width}")
        page.evaluate(AXE)
        report = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{name}: {violation['id']} {violation['nodes'][0]['html'][:120]}"
            for violation in report["violations"]
            if violation["impact"] in SERIOUS
        ]
    context.close()
    assert found == []


def test_nothing_breaks_the_content_policy(browser: Browser, address: str) -> None:
    page = browser.new_context().new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name in NAMES:
        page.goto(f"{address}/page/{name}")
    page.context.close()
    assert complaints == []


def test_a_click_decides_without_a_reload_and_the_focus_goes_to_the_result(
    browser: Browser, address: str, app: FastAPI
) -> None:
    page = open_page(browser, f"{address}/page/task")
    page.evaluate("window.stillHere = true")
    page.get_by_role("button", name="同意", exact=True).click()
    page.wait_for_selector(".gl-strip-ok")
    act, form, header = app.state.posts[-1]
    assert (act, form["verdict"], form["version"], form["csrf_token"]) == ("decide", "approve", "3", "sample-token")
    assert header == "sample-token"
    assert page.evaluate("window.stillHere") is True
    assert page.evaluate("document.activeElement.classList.contains('gl-strip-ok')")
    page.context.close()


def test_a_refusal_is_swapped_in_and_read_first(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/page/task")
    page.get_by_role("button", name="退回", exact=True).click()
    page.wait_for_selector(".gl-errors")
    assert page.evaluate("document.activeElement.classList.contains('gl-errors')")
    assert page.title().startswith("错误：")
    page.context.close()


def test_decides_without_scripts(browser: Browser, address: str, app: FastAPI) -> None:
    page = open_page(browser, f"{address}/page/task", java_script_enabled=False)
    page.locator("summary", has_text="更多").click()
    page.select_option("#return_to", "branch_review")
    page.fill("#comment", "请核对保费")
    page.get_by_role("button", name="退回", exact=True).click()
    assert page.locator(".gl-errors").count() == 1
    _act, form, _header = app.state.posts[-1]
    assert (form["verdict"], form["return_to"], form["comment"]) == ("return", "branch_review", "请核对保费")
    page.context.close()


def test_an_unreachable_service_keeps_the_text(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/page/task")
    page.fill("#comment", "请核对保费")
    page.route("**/decide", lambda route: route.abort())
    page.get_by_role("button", name="同意", exact=True).click()
    page.wait_for_selector("#gl-offline:not([hidden])")
    assert page.input_value("#comment") == "请核对保费"
    page.context.close()


def test_a_draft_is_saved_after_typing(browser: Browser, address: str, app: FastAPI) -> None:
    page = open_page(browser, f"{address}/page/task")
    page.locator("#comment").press_sequentially("ok")
    expect(page.locator("[data-gl-draft-state]")).to_have_text("草稿已自动保存。")
    act, saved = app.state.posts[-1][:2]
    assert (act, saved["comment"], saved["return_to"]) == ("draft", "ok", "declared")
    page.context.close()


def test_keys(browser: Browser, address: str, app: FastAPI) -> None:
    page = open_page(browser, f"{address}/page/inbox")
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = "document.activeElement.getAttribute('href')"
    assert page.evaluate(focused) == "/tasks/t2"
    page.keyboard.press("k")
    assert page.evaluate(focused) == "/tasks/t1"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "gl-q"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.context.close()


def test_alt_a_needs_the_focus_in_the_form(browser: Browser, address: str, app: FastAPI) -> None:
    page = open_page(browser, f"{address}/page/task")
    before = len(app.state.posts)
    page.keyboard.press("Alt+a")
    page.wait_for_timeout(200)
    assert len(app.state.posts) == before
    page.focus("#comment")
    page.keyboard.press("Alt+a")
    page.wait_for_selector(".gl-strip-ok")
    page.context.close()


def test_a_failed_service_keeps_the_text_and_the_next_answer_takes_the_warning_away(
    browser: Browser, address: str
) -> None:
    page = open_page(browser, f"{address}/page/task")
    page.fill("#comment", "请核对保费")
    page.route("**/decide", lambda route: route.fulfill(status=500, body="failed"), times=1)
    page.get_by_role("button", name="同意", exact=True).click()
    page.wait_for_selector("#gl-failed:focus")
    assert page.input_value("#comment") == "请核对保费"
    page.get_by_role("button", name="同意", exact=True).click()
    page.wait_for_selector(".gl-strip-ok:focus")
    assert page.locator("#gl-failed").is_hidden()
    page.context.close()


def test_a_page_asked_again_leaves_the_keyboard_where_it_was(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/page/inbox")
    swap = "document.querySelector('h1').remove(); htmx.ajax('GET', '/page/inbox', '#gl-content')"
    gone = "document.activeElement.setAttribute('href', '/tasks/gone')"
    for first, stands in (("", "a[href='/tasks/t2']:focus"), (gone, "#main:focus")):
        page.focus("a[href='/tasks/t2']")
        page.evaluate(f"{first}; {swap}")
        page.wait_for_selector("h1")
        page.wait_for_selector(stands)
    page.context.close()


def test_another_page_of_a_list_is_read_from_its_head(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/page/inbox", width=390)
    page.route("**/inbox?*", lambda route: route.fulfill(response=route.fetch(url=f"{address}/page/inbox")))
    page.evaluate("scrollTo(0, 300)")
    assert page.evaluate("scrollY") > 0
    page.locator(".gl-chip").first.evaluate("(chip) => chip.click()")
    page.wait_for_url("**/inbox?*")
    page.wait_for_function("() => scrollY === 0")
    page.context.close()


def test_the_frame_follows_a_swap(browser: Browser, address: str) -> None:
    """The other language of what one looks at, and on the phone the title of it."""
    page = open_page(browser, f"{address}/page/inbox", width=390)
    page.evaluate("htmx.ajax('GET', '/page/task', '#gl-content')")
    expect(page.locator("#gl-phone-title")).not_to_contain_text("待办")
    page.evaluate("history.pushState(null, '', '/page/inbox?box=done')")
    page.locator("a[data-gl-here=lang]").evaluate("(link) => link.click()")
    page.wait_for_url("**/page/inbox?box=done&lang=en")
    page.context.close()
