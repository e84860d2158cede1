"""The rulebook turned round: by article, attachment or table, everything that stands in it or follows from it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import BaseModel

from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.common import Entry, NamedEntry, Provision
from models.rulebook.schema.general import Attachment, Note
from models.types import Source


class Rule(NamedTuple):
    """One entry of the rulebook as people read it; a text is empty where the entry has only numbers."""

    section: str
    text_zh: str
    text_en: str
    source: Source


ARTICLE, ATTACHMENT, TABLE, PART, OTHER = range(5)
"""The kinds that `place` tells apart: 条, 附件, 附表, a section of defaults, a convention of this system."""
_LANGUAGES = ("zh", "en")
_ARTICLE, _ATTACHMENT, _TABLE = re.compile(r"第(\d+)条"), re.compile(r"附件(.)"), re.compile(r"附表(\d)")
_PART = re.compile(r"regulation (\d)\.(\d+)")
_KINDS = ("art", "annex", "table", "part", "other")
_NUMERALS = "一二三四五六七八"


def by_article(rulebook: Rulebook) -> dict[str, tuple[Rule, ...]]:
    """Every rule by the article it names, articles first, then attachments, tables and the sections of defaults."""
    found: dict[str, list[Rule]] = {}
    for name in type(rulebook).model_fields:
        for entry in _entries(getattr(rulebook, name)):
            rules = found.setdefault(_article_of(entry), [])
            rule = Rule(name, *_texts(entry), entry.source)
            # Plain values say what they are in their section; here they would be lines without words.
            if rule.text_zh and rule not in rules:
                rules.append(rule)
    return {article: tuple(found[article]) for article in sorted(found, key=place)}


def anchor(article: str) -> str:
    """A name for addresses: `art-17`, `annex-3`, `table-1`, `part-2-5`."""
    kind, *numbers = place(article)
    return "-".join((_KINDS[kind], *(str(number) for number in numbers if number)))


def place(article: str) -> tuple[int, int, int]:
    """Where an article stands among all."""
    if match := _ARTICLE.match(article):
        return ARTICLE, int(match[1]), 0
    if match := _ATTACHMENT.match(article):
        return ATTACHMENT, _NUMERALS.index(match[1]) + 1, 0
    if match := _TABLE.match(article):
        return TABLE, int(match[1]), 0
    if match := _PART.match(article):
        return PART, int(match[1]), int(match[2])
    return OTHER, sum(map(ord, article)), 0


def _entries(value: object) -> Iterator[Entry]:
    if isinstance(value, Entry):
        yield value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _entries(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _entries(item)


def _article_of(entry: Entry) -> str:
    """An attachment or table of the copy stands for itself."""
    return entry.code if isinstance(entry, Attachment) else entry.article


def _texts(entry: Entry) -> tuple[str, str]:
    if isinstance(entry, Provision | Note):
        return entry.text_zh, entry.text_en
    if isinstance(entry, NamedEntry):
        zh, en = (" ".join((_code(entry), getattr(entry, f"name_{lang}"))).strip() for lang in _LANGUAGES)
        return zh, en
    return "", ""


def _code(entry: Entry) -> str:
    """Codes that people quote, such as Z08 and 17(3); identifiers are not among them."""
    code = getattr(entry, "code", "")
    return code if isinstance(code, str) and re.fullmatch(r"[ZC]\d+|17\(\d\)|[A-F]", code) else ""
