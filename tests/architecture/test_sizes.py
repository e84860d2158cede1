"""Functions and modules stay readable at one sitting (house.md 2)."""

import ast
from statistics import median

from tests.architecture.sources import PACKAGES, ROOT, modules, tree

LONGEST_FUNCTION, LONGEST_MODULE, LONGEST_WORKFLOW, LONGEST_RUN = 50, 400, 250, 40
MEDIAN_FUNCTION = 12


def _functions() -> list[tuple[str, str, int]]:
    return [
        (str(path.relative_to(ROOT)), node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in modules(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_function_is_longer_than_a_screen() -> None:
    assert [found for found in _functions() if found[2] > LONGEST_FUNCTION] == []


def test_functions_are_short() -> None:
    assert median(lines for _, _, lines in _functions()) <= MEDIAN_FUNCTION


def test_modules_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PACKAGES)}
    assert [str(path) for path, lines in lengths.items() if lines > LONGEST_MODULE] == []
    assert [str(path) for path in modules("workflows") if lengths.get(path, 0) > LONGEST_WORKFLOW] == []


def test_run_reads_like_a_table_of_contents() -> None:
    runs = [found for found in _functions() if found[0].startswith("workflows/") and found[1] == "run"]
    assert [found for found in runs if found[2] > LONGEST_RUN] == []
