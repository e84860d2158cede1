"""Command fingerprints: which commands each function of `workflows/` issues, in source order.

A recorded history shows a broken change only where a recorded case passed; this shows it everywhere.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMITTED = Path(__file__).parent / "fingerprints.json"
NO_WORKFLOW_CODE = frozenset(
    {
        *("activity_context.py", "client.py", "codec.py", "histories.py", "namespace.py"),
        *("rebuilding.py", "registry.py", "telemetry.py", "worker.py"),
    }
)
COMMANDS = frozenset(
    {
        "continue_as_new",
        "deprecate_patch",
        "execute_activity",
        "execute_activity_class",
        "execute_activity_method",
        "execute_child_workflow",
        "execute_local_activity",
        "execute_local_activity_class",
        "execute_local_activity_method",
        "get_external_workflow_handle",
        "patched",
        "record",
        "signal",
        "sleep",
        "start_activity",
        "start_activity_method",
        "start_child_workflow",
        "start_local_activity",
        "start_local_activity_method",
        "upsert_memo",
        "upsert_search_attributes",
        "uuid4",
        "uuid7",
        "wait_condition",
    }
)


def fingerprints() -> dict[str, list[str]]:
    """`file.py:Class.function` -> its commands. A timer shows as the `timeout` of its `wait_condition`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "workflows").glob("*.py")):
        if path.name in NO_WORKFLOW_CODE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, function in _functions(tree):
            commands = [_shown(call) for call in _calls(function)]
            if commands:
                found[f"{path.name}:{name}"] = commands
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _calls(function: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and _name(node) in COMMANDS]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _name(call: ast.Call) -> str:
    target = call.func
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""


def _shown(call: ast.Call) -> str:
    first = ast.unparse(call.args[0]) if call.args and _name(call) not in {"wait_condition", "sleep"} else ""
    timer = "timer" if any(keyword.arg == "timeout" for keyword in call.keywords) else ""
    return f"{_name(call)}({' '.join(part for part in (first, timer) if part)})"
