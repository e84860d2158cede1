"""Tests marked `browser` need Chromium; where it is missing they are left out and the summary says so.

`GREENLANE_REQUIRE_BROWSER=1` (set by `.ci/run`) makes a missing Chromium a failure instead.
"""

import os
import shutil
from typing import Any

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


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to begin without a browser where one is required. Raises UsageError."""
    config.stash[_left_out] = 0
    if os.environ.get("GREENLANE_REQUIRE_BROWSER") == "1" and find_chromium() is None:
        raise pytest.UsageError(f"browser tests cannot run: apt-get install {PACKAGES}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave browser tests out when there is no browser."""
    marked = [item for item in items if item.get_closest_marker("browser")]
    if not marked or find_chromium() is not None:
        return
    config.hook.pytest_deselected(items=marked)
    items[:] = [item for item in items if not item.get_closest_marker("browser")]
    config.stash[_left_out] = len(marked)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of several tells the one that writes the summary; each of them left out the same tests."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["browser_left_out"] = session.config.stash[_left_out]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of several processes has ended: keep what it left out."""
    count = getattr(node, "workeroutput", {}).get("browser_left_out", 0)
    node.config.stash[_left_out] = max(node.config.stash[_left_out], count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out."""
    if count := config.stash[_left_out]:
        terminalreporter.write_line(f"{count} browser tests NOT RUN: apt-get install {PACKAGES}", yellow=True)
