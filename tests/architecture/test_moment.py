"""No clock is read while a module is imported: what it says is old when it is used."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import PACKAGES, ROOT, dotted, modules, tree

CLOCKS = frozenset({"now", "utcnow", "today", "monotonic", "time.time"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def clocks_at_import(module: ast.AST) -> list[str]:
    """Calls of a clock outside functions; what a function takes by default is reckoned at import too."""
    names = [dotted(node.func) for node in _at_import(module) if isinstance(node, ast.Call)]
    return [name for name in names if name in CLOCKS or name.split(".")[-1] in CLOCKS]


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is in it, without the bodies of functions."""
    if isinstance(node, ast.Lambda):
        return
    inside = ast.iter_child_nodes(node)
    if isinstance(node, _Function):
        inside = iter((*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)))
    yield node
    for child in inside:
        yield from _at_import(child)


def test_no_clock_is_read_at_import() -> None:
    files = list(modules(*PACKAGES, "tests", "bench"))
    assert {str(path.relative_to(ROOT)): found for path in files if (found := clocks_at_import(tree(path)))} == {}
    assert len(files) > 1000


@pytest.mark.parametrize(
    "line",
    [
        "NOW = datetime.now(UTC)",
        "TODAY = today()",
        "START = time.time()",
        "def f(at=datetime.now(UTC)): pass",
        "def f(*, at=now()): pass",
        "class A:\n    at = date.today()",
        "@mark(now())\ndef f(): pass",
    ],
)
def test_the_net_holds(line: str) -> None:
    assert clocks_at_import(ast.parse(line)) != []


def test_the_net_lets_functions_through() -> None:
    assert clocks_at_import(ast.parse("def f(): return now()\nON = lambda: now()\nAT = time(9)")) == []
