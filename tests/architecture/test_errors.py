"""Every refusal has its sentence in both languages, and whoever raises it gives what the sentence needs."""

import ast
import string

import pytest

from api.problem_texts import PROBLEM_TEXTS
from models.errors import ErrorCode
from tests.architecture.sources import PACKAGES, ROOT, dotted, modules, tree

FILLED_BY_THE_FRAME = frozenset({"request_id"})


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name} - FILLED_BY_THE_FRAME


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_sentence_in_both_languages(code: ErrorCode) -> None:
    text = PROBLEM_TEXTS[code]
    assert 400 <= text.status < 600 or (code is ErrorCode.NOT_YET_CONFIRMED and text.status == 202)
    assert text.zh
    assert text.en
    assert _fields(text.zh) == _fields(text.en)


def _raised() -> list[tuple[str, str, set[str]]]:
    found = []
    for path in modules(*PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and dotted(node.func) == "DomainError" and node.args:
                name = dotted(node.args[0])
                given = {keyword.arg for keyword in node.keywords}
                if name.startswith("ErrorCode.") and None not in given:
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    found.append((where, name.removeprefix("ErrorCode."), {str(item) for item in given}))
    return found


def test_whoever_raises_a_refusal_gives_the_facts_of_its_sentence() -> None:
    missing = {
        f"{where} {name}": sorted(_fields(PROBLEM_TEXTS[ErrorCode[name]].zh) - given)
        for where, name, given in _raised()
        if _fields(PROBLEM_TEXTS[ErrorCode[name]].zh) - given
    }
    assert missing == {}
