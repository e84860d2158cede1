"""What passes through the sandbox is outside its net: this is the net for it (decisions.md 21)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, deterministic_modules, dotted, tree

FORBIDDEN_MODULES = frozenset(
    {"random", "secrets", "time", "os", "io", "tomllib", "pathlib", "socket", "subprocess", "threading", "holidays"}
    | {"chinese_calendar", "locale", "tempfile"}
)
FORBIDDEN_CALLS = frozenset(
    {"now", "utcnow", "today", "uuid1", "uuid4", "new_id", "open", "input", "print", "getenv", "urandom"}
)
ALLOWED = frozenset({"workflow.now", "workflow.uuid4", "workflow.uuid7"})
FILES = deterministic_modules()


def faults(module: ast.Module) -> list[str]:
    """Every clock, chance, file or environment that the module reaches for."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names if name.name.split(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.ImportFrom):
            imported = {f"{node.module}.{name.name}" for name in node.names}
            found += sorted(name for name in imported if name.split(".")[0] in FORBIDDEN_MODULES)
            found += sorted(name for name in imported if name in {"uuid.uuid4", "uuid.uuid1", "uuid6.uuid7"})
        elif isinstance(node, ast.Call):
            name = dotted(node.func)
            if name.split(".")[-1] in FORBIDDEN_CALLS and name not in ALLOWED:
                found.append(name)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_clock_chance_file_or_environment(path: Path) -> None:
    assert faults(tree(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import random",
        "from time import time",
        "from uuid import uuid4",
        "datetime.now(UTC)",
        "date.today()",
        "datetime.datetime.utcnow()",
        "uuid.uuid4()",
        "open('x')",
        "import os",
        "from os import environ",
        "from pathlib import Path",
        "import tomllib",
    ],
)
def test_the_net_holds(line: str) -> None:
    assert faults(ast.parse(line)) != []


def test_the_net_lets_the_workflow_clock_through() -> None:
    assert faults(ast.parse("workflow.now(); workflow.uuid7(); from datetime import UTC, datetime")) == []
    assert len(FILES) > 20
