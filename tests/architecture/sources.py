"""The project's own source files, as trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("models", "activities", "workflows", "api")
NO_WORKFLOW_CODE = frozenset(
    {"client.py", "codec.py", "namespace.py", "outgoing.py", "registry.py", "sweeping.py", "worker.py"}
)
"""Files of `workflows/` that run outside the sandbox: they start, connect and wire."""


def modules(*folders: str) -> Iterator[Path]:
    """Python files below the folders of the root, migrations left out."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def deterministic_modules() -> list[Path]:
    """What a workflow runs: it must give the same answer on every replay."""
    workflows = (path for path in modules("workflows") if path.name not in NO_WORKFLOW_CODE)
    core = (ROOT / "models" / name for name in ("types.py", "errors.py", "identifiers.py"))
    return [*modules("models/rules", "models/messages"), *workflows, *core]


def dotted(node: ast.expr) -> str:
    """`datetime.now` of an attribute or name; empty for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""
