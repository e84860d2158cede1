"""The order of a run: files whose tests are given the most time come first, so that the processes end together."""

from collections import defaultdict
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by the longest time limit in a file; files of the same limit keep their order."""
    longest: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        for mark in item.iter_markers("timeout"):
            longest[item.path] = max(longest[item.path], float(mark.args[0]))
    items.sort(key=lambda item: -longest[item.path])
