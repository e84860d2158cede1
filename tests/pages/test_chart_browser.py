"""Charts in a real Chromium: drawn from their tables, wide and narrow, light and dark; a bar leads to its rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.responses import HTMLResponse, Response

from api.pages.assets import PREFIX, static_app
from api.pages.headers import PreferencesMiddleware, SecurityHeadersMiddleware
from tests.pages.chart_samples import answer, charts_page
from tests.pages.test_browser import AXE, SERIOUS, address, browser, open_page

__all__ = ["address", "browser"]  # fixtures

pytestmark = pytest.mark.browser

DRAWN = ["opened", "due", "rates", "spend"]
PLOT = ".gl-plot"
CHART = "id => echarts.getInstanceByDom(document.querySelector(`#${id} .gl-plot`))"
DATA = f"id => ({CHART})(id).getOption().series.map(one => one.data)"
AT = f"""([id, series, value]) => {{
    const [x, y] = ({CHART})(id).convertToPixel({{seriesIndex: series}}, value);
    const box = document.querySelector(`#${{id}} {PLOT}`).getBoundingClientRect();
    return [box.x + x, box.y + y];
}}"""
INK = """id => {
    const canvas = document.querySelector(`#${id} canvas`);
    const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const seen = new Set();
    for (let at = 0; at < all.length; at += 4) seen.add(all.slice(at, at + 3).join());
    return [...seen];
}"""
BRAND = {"light": "11,110,79", "dark": "76,199,154"}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The page of charts under the real middleware, a start page without one, and a place to arrive at."""
    app = FastAPI()
    app.mount(PREFIX, static_app())

    @app.get("/charts")
    def charts(request: Request) -> HTMLResponse:
        return answer(request, charts_page(request.state.theme))

    @app.get("/start")
    def start(request: Request) -> HTMLResponse:
        page = charts_page(request.state.theme)
        return answer(request, type(page)(shell=page.shell, title=page.title, charts=()))

    @app.get("/api/v1/events")
    def events() -> Response:
        return Response(": nothing happens here\n\n", media_type="text/event-stream")

    @app.get("/went")
    def went() -> HTMLResponse:
        return HTMLResponse("<title>到了</title>")

    app.add_middleware(PreferencesMiddleware)
    app.add_middleware(SecurityHeadersMiddleware)
    return app


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The charts, drawn, at 1280."""
    page = _drawn(open_page(browser, f"{address}/charts"))
    yield page
    page.context.close()


def _drawn(page: Page) -> Page:
    expect(page.locator(f"{PLOT} canvas")).to_have_count(len(DRAWN))
    return page


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_drawn_from_the_table_accessible_and_no_wider_than_the_screen(
    browser: Browser, address: str, *, width: int, theme: str
) -> None:
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": 844}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/charts?theme={theme}&lang={'zh' if width == 1280 else 'en'}")
    _drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert BRAND[theme] in page.evaluate(INK, "opened"), "the first column has the colour of the theme"
    page.evaluate(AXE)
    report: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    context.close()
    assert [found["id"] for found in report["violations"] if found["impact"] in SERIOUS] == []


def test_the_numbers_are_those_of_the_cells(page: Page) -> None:
    assert page.evaluate(DATA, "opened") == [[76, 71, 22], [70, 74, 19]]
    assert page.evaluate(DATA, "due") == [[55, 48, 61, 143, 37], [8, 5, 12, 31, 3]]
    assert page.evaluate(DATA, "rates") == [[0.912, 0.951, None, 0.976], [0.95] * 4]
    assert page.evaluate(DATA, "spend") == [[2415000.5, 1980000, 310000], [3000000, 1800000, 500000]]


def test_the_table_is_folded_and_opens(page: Page) -> None:
    table = page.locator("#due-table")
    expect(table).to_be_hidden()
    page.locator("#due summary").click()
    expect(table).to_be_visible()


def test_a_click_on_a_bar_follows_the_link_of_its_cell(page: Page) -> None:
    x, y = page.evaluate(AT, ["opened", 0, ["2/4", 30]])
    page.mouse.click(x - 15, y)  # two bars stand on the middle of the day: the first is left of it
    page.wait_for_url("**/went?n=71")


def test_a_cell_without_a_link_follows_that_of_its_row(page: Page) -> None:
    page.locator("#spend").scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(AT, ["spend", 0, [1500000, "上海分公司"]]))
    page.wait_for_url("**/went?row=1")


def test_a_narrower_window_draws_anew(page: Page) -> None:
    page.set_viewport_size({"width": 500, "height": 844})
    width = f"({CHART})('due').getWidth() <= 500"
    page.wait_for_function(f"() => {width}")


def test_drawn_after_a_swap_and_the_engine_is_fetched_only_then(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 844}).new_page()
    fetched: list[str] = []
    page.on(
        "response", lambda answer: fetched.append(answer.headers["cache-control"]) if "echarts" in answer.url else None
    )
    page.goto(f"{address}/start")
    page.wait_for_function("() => window.htmx")
    assert fetched == []
    swap = "htmx.ajax('GET', '/charts', {target: '#gl-content', swap: 'innerHTML'})"
    for _time in range(2):
        page.evaluate(swap)
        _drawn(page)
        assert page.evaluate(DATA, "opened") == [[76, 71, 22], [70, 74, 19]]
    assert fetched == ["public, max-age=31536000, immutable"]
    page.context.close()


def test_nothing_breaks_the_content_policy(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 844}).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{address}/charts")
    _drawn(page)
    page.mouse.move(*page.evaluate(AT, ["opened", 0, ["2/4", 30]]))
    page.wait_for_timeout(300)
    page.context.close()
    assert complaints == []


def test_without_scripts_and_without_the_engine_the_table_stands(browser: Browser, address: str) -> None:
    bare = open_page(browser, f"{address}/charts", java_script_enabled=False)
    expect(bare.locator("#due-table")).to_be_visible()
    expect(bare.locator(PLOT).first).to_be_hidden()
    bare.context.close()
    cut = browser.new_context().new_page()
    cut.route("**/echarts/**", lambda route: route.abort())
    with cut.expect_event("requestfailed"):
        cut.goto(f"{address}/charts")
    expect(cut.locator("#due-table")).to_be_visible()
    expect(cut.locator(PLOT).first).to_be_hidden()
    cut.context.close()
