"""A machine without Chromium: browser tests are counted and named, or fail where a browser is required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.browser
def test_in_a_browser(chromium_path):
    assert chromium_path

def test_without():
    pass
"""


def run(folder: Path, *more: str, chromium: bool, required: bool) -> subprocess.CompletedProcess[str]:
    """pytest on two tests, with a path that holds a browser or none."""
    (folder / "test_two.py").write_text(TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser: x\n", encoding="utf-8")
    (folder / "bin").mkdir()
    if chromium:
        (folder / "bin" / "chromium").symlink_to("/bin/true")
    environment = os.environ | {
        "PATH": str(folder / "bin"),
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "GREENLANE_REQUIRE_BROWSER": str(int(required)),
    }
    program = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.plugins.browser",
        "-p",
        "no:cacheprovider",
        str(folder),
        *more,
    ]
    return subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("processes", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "two"])
def test_missing_browser_is_named_and_pytest_still_has_the_last_word(
    tmp_path: Path, processes: tuple[str, ...]
) -> None:
    done = run(tmp_path, *processes, chromium=False, required=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[-2] == "1 browser tests NOT RUN: apt-get install chromium fonts-noto-cjk"
    assert "1 passed" in lines[-1]


@pytest.mark.parametrize(("chromium", "code"), [(True, 0), (False, 4)])
def test_required_browser(tmp_path: Path, chromium: bool, code: int) -> None:
    done = run(tmp_path, chromium=chromium, required=True)
    assert done.returncode == code, done.stdout + done.stderr
    assert "NOT RUN" not in done.stdout
