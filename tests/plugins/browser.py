"""Tests marked `browser` need Chromium; where it is missing they are left out and the summary says so.

`GREENLANE_REQUIRE_BROWSER=1` (set by `.ci/run`) makes a missing Chromium a failure instead.
"""

import os
import shutil

import pytest

PACKAGES = "chromium fonts-noto-cjk"
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_left_out = pytest.StashKey[int]()


def find_chromium() -> str | None:
    """Path of the browser, None when there is none."""
    return next((path for name in _PROGRAMS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Path of the browser for `launch(executable_path=...)`."""
    path = find_chromium()
    assert path is not None, "only tests marked `browser` may use this"
    return path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out when there is no browser. Raises UsageError when one is required."""
    marked = [item for item in items if item.get_closest_marker("browser")]
    if not marked or find_chromium() is not None:
        return
    if os.environ.get("GREENLANE_REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(f"{len(marked)} browser tests cannot run: apt-get install {PACKAGES}")
    config.hook.pytest_deselected(items=marked)
    items[:] = [item for item in items if not item.get_closest_marker("browser")]
    config.stash[_left_out] = len(marked)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out."""
    if count := config.stash.get(_left_out, 0):
        terminalreporter.write_line(f"{count} browser tests NOT RUN: apt-get install {PACKAGES}", yellow=True)
