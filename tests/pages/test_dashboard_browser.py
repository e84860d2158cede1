"""看板 in a real Chromium at both widths: accessible, drawn from tables, a panel comes when seen, a bar leads on."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from api.security.sessions import cookie_name
from models.services.dashboard.figures import PanelName
from models.services.sign_in import open_session
from models.settings import Settings
from tests.pages.test_service_browser import address, browser, faults_of, settings
from tests.support import world
from tests.support.dashboard_world import fill, span_of
from tests.support.moment import now
from tests.support.world import World

__all__ = ["address", "browser", "settings"]  # fixtures

pytestmark = pytest.mark.browser


def _days() -> str:
    first, last = span_of(now())
    return f"from={first}&to={last}"


def _page() -> str:
    return f"/dashboard?{_days()}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A busy year."""
    database = world.new_database(tmp_path_factory.mktemp("dashboard"))
    yield fill(database, now())
    database.dispose()


@pytest.fixture(scope="module")
def secret(served: World) -> str:
    """The session of a branch leader."""
    with served.database.write() as session:
        return open_session(session, served.accounts["lead"], user_agent="tests", now=datetime.now(UTC))


def _context(browser: Browser, address: str, cookie: tuple[str, str], width: int) -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": address}])
    return context


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("width", "theme", "language"), [(1280, "light", "zh"), (390, "dark", "en")])
def test_accessible_and_no_wider_than_the_screen(
    browser: Browser, address: str, settings: Settings, secret: str, *, width: int, theme: str, language: str
) -> None:
    context = _context(browser, address, (cookie_name(settings), secret), width)
    for path in (_page(), f"{_page()}&panel=care", f"/dashboard/rows?panel=tiers&line=BJ01&mark=gold&{_days()}"):
        assert faults_of(context, f"{address}{path}&theme={theme}&lang={language}", width) == []
    context.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_filter_brings_panels_as_they_are_seen_and_a_number_opens_its_rows(
    browser: Browser, address: str, settings: Settings, secret: str, *, width: int
) -> None:
    context = _context(browser, address, (cookie_name(settings), secret), width)
    page = context.new_page()
    page.goto(f"{address}{_page()}&lang=zh")
    expect(page.locator(".gl-plot canvas").first).to_be_visible(timeout=60_000)
    page.locator("#filter-tier").select_option("gold")
    page.locator(".gl-filters button").click()
    page.wait_for_url("**tier=gold**", timeout=60_000)
    expect(page.locator("section.gl-panel")).to_have_count(len(PanelName))
    page.locator("#retention").scroll_into_view_if_needed()
    expect(page.locator("#retention .gl-plot canvas, #retention .gl-empty").first).to_be_visible(timeout=60_000)
    table = page.locator("#tiers details")
    expect(page.locator("#tiers .gl-plot canvas")).to_be_visible(timeout=60_000)
    table.locator("summary").click()
    cell = table.locator("td a").first
    number = int(cell.inner_text())
    cell.click()
    expect(page.locator("#list tbody tr")).to_have_count(number, timeout=60_000)
    context.close()
