"""Every query stands in `models/stores` (house.md 2): what the tables mean is read in one room."""

import ast
from pathlib import Path

from tests.architecture.sources import PACKAGES, ROOT, modules, tree

QUERY_ROOMS = ("models/stores", "models/tables")
QUERY_FILES = {"models/database.py", "models/copies.py"}
BUILDERS = {"select", "insert", "update", "delete", "text"}
RUNNERS = {"exec", "execute", "scalar", "scalars", "exec_driver_sql"}


def _elsewhere() -> list[Path]:
    rooms = tuple(ROOT / room for room in QUERY_ROOMS)
    return [
        path
        for path in modules(*PACKAGES)
        if not any(path.is_relative_to(room) for room in rooms) and str(path.relative_to(ROOT)) not in QUERY_FILES
    ]


def _builds(node: ast.AST) -> bool:
    from_sql = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"sqlmodel", "sqlalchemy"}
    return from_sql and any(name.name in BUILDERS for name in getattr(node, "names", ()))


def _runs(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNNERS


def test_the_room_of_queries_is_seen() -> None:
    nodes = [node for path in modules(QUERY_ROOMS[0]) for node in ast.walk(tree(path))]
    assert any(map(_builds, nodes))
    assert any(map(_runs, nodes))


def test_no_statement_is_built_elsewhere() -> None:
    assert [str(path) for path in _elsewhere() if any(map(_builds, ast.walk(tree(path))))] == []


def test_no_statement_is_run_elsewhere() -> None:
    assert [str(path) for path in _elsewhere() if any(map(_runs, ast.walk(tree(path))))] == []
