"""The English catalogue: complete, with the same places to fill, and Chinese written with Chinese punctuation."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.extract import extract_from_dir

from api.pages.i18n import choose_language, count_text, english_catalogue, using_language
from api.pages.words import word
from models.types import Outcome, Tier, Verdict
from templates import ROOT
from tests.pages.sources import MODULES, PAGES

KEYWORDS = {
    "_": None,
    "_m": None,
    "mark": None,
    "gettext": None,
    "ngettext": (1, 2),
    "count_text": None,
    "pgettext": ((1, "c"), 2),
    "_c": ((1, "c"), 2),
}
PLAIN_CALLS = {"_", "_m", "mark", "gettext", "count_text"}
PLACE = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;?!()][\u4e00-\u9fff]")


@cache
def messages() -> frozenset[tuple[str, str | None]]:
    """Every message of the templates and of the page code, with its context."""
    return frozenset({*_extracted(), *_called()})


def _called() -> Iterator[tuple[str, str | None]]:
    """What Babel's extractor does not see: calls inside f-strings, and the modules beside the pages."""
    for path in (*MODULES, *PAGES.parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PLAIN_CALLS:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, None


def _extracted() -> Iterator[tuple[str, str | None]]:
    methods = [("**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
    options = {"**.html": {"newstyle_gettext": "true"}}
    for folder in (ROOT, PAGES):
        found = extract_from_dir(folder, method_map=methods, options_map=options, keywords=KEYWORDS)
        for _file, _line, message, _comments, context in found:
            yield (message[0] if isinstance(message, tuple) else message), context


def test_there_is_something_to_translate() -> None:
    assert len(messages()) > 100


def _wrong_with(message: str, context: str | None) -> str | None:
    """What is wrong with the English of a message; None when nothing is."""
    entry = english_catalogue().get(message, context)
    if entry is None or not entry.string:
        return "add it to templates/locale/en/LC_MESSAGES/greenlane.po"
    forms = [entry.string] if isinstance(entry.string, str) else list(entry.string)
    if not all(forms):
        return "a form is empty"
    if any(set(PLACE.findall(text)) != set(PLACE.findall(message)) for text in forms):
        return "other places to fill"
    return "Chinese in the English" if any(CHINESE.search(text) for text in forms) else None


def test_every_message_is_translated() -> None:
    # One test, not one a message: thousands of them would take longer to count than to check.
    wrong = {pair: reason for pair in messages() if (reason := _wrong_with(*pair))}
    assert wrong == {}


def test_what_is_wrong_is_seen() -> None:
    assert _wrong_with("没有这样一句话", None) is not None
    assert HALF_WIDTH.search("中文,标点")


def test_chinese_has_full_width_punctuation() -> None:
    assert [message for message, _context in messages() if HALF_WIDTH.search(PLACE.sub("", message))] == []


def test_the_context_decides_between_verb_and_outcome() -> None:
    assert word(Outcome.REJECTED) == word(Verdict.REJECT) == "驳回"
    with using_language("en"):
        assert (word(Outcome.REJECTED), word(Verdict.REJECT)) == ("rejected", "Reject")


def test_english_counts() -> None:
    assert count_text("%(num)s 件", 1200) == "1,200 件"
    with using_language("en"):
        assert [count_text("%(num)s 件", n) for n in (0, 1, 2)] == ["0 items", "1 item", "2 items"]


def test_an_unknown_message_stays_chinese() -> None:
    with using_language("en"):
        assert word(Tier.GOLD) == "Gold"
        assert count_text("%(num)s 只猫", 2) == "2 只猫"


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "chosen"),
    [
        ("en", "zh", "zh-CN", "en"),
        ("xx", "en", "zh-CN", "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "en-GB,en;q=0.9", "en"),
        (None, None, "en-GB,zh;q=0.9", "zh"),
        (None, None, None, "zh"),
    ],
)
def test_language_is_chosen_by_wish_memory_browser(
    asked: str | None, remembered: str | None, accepted: str | None, chosen: str
) -> None:
    assert choose_language(asked, remembered, accepted) == chosen
