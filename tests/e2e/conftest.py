"""One copy of Greenlane with the sample book for every story of the browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import sync_playwright

from tests.e2e.stage import ARTIFACTS, Story
from tests.supervisor.copies import Copy
from tests.support.ports import free_port


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """`greenlane demo` on a home of its own."""
    with Copy(tmp_path_factory.mktemp("story") / "home", free_port(), "demo") as started:
        yield started.until_ready()


@pytest.fixture
def story(copy: Copy, chromium_path: str) -> Iterator[Story]:
    """The browser."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path)
        yield Story(browser, f"http://127.0.0.1:{copy.port}")
        browser.close()
