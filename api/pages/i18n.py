"""Two languages: the source strings are Chinese, the English ones come from `templates/locale/en`.

The language of a request travels in a context variable, so one Jinja environment serves everybody and
view models translate while they are built. The catalogue is read from the `.po` file at first use: a
clean checkout needs no compile step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Literal

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from templates import LOCALE

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_language: ContextVar[Language] = ContextVar("greenlane_language", default="zh")


def language() -> Language:
    """Language of the request being answered; Chinese outside a request."""
    return _language.get()


def set_language(value: Language) -> None:
    """Choose the language for the rest of this context."""
    _language.set(value)


@contextmanager
def using_language(value: Language) -> Iterator[None]:
    """Choose the language for a block (tests, mails)."""
    token = _language.set(value)
    try:
        yield
    finally:
        _language.reset(token)


def choose_language(asked: str | None, remembered: str | None, accepted: str | None) -> Language:
    """The asked language wins, then the remembered one, then English for a browser that knows no Chinese."""
    for candidate in (asked, remembered):
        known = next((value for value in LANGUAGES if value == candidate), None)
        if known:
            return known
    header = (accepted or "").lower()
    return "en" if header.startswith("en") and "zh" not in header else "zh"


@cache
def english_catalogue() -> Catalog:
    """The parsed English catalogue.

    Raises:
        babel.messages.pofile.PoFileError: the file is broken.
    """
    with (LOCALE / "en" / "LC_MESSAGES" / "greenlane.po").open("rb") as stream:
        return read_po(stream, locale="en", abort_invalid=True)


@cache
def _english(message: str, plural: int = 0, context: str | None = None) -> str:
    entry = english_catalogue().get(message, context)
    if entry is None or not entry.string:
        return message
    if isinstance(entry.string, str):
        return entry.string
    return entry.string[min(plural, len(entry.string) - 1)]


def gettext(message: str) -> str:
    """The message in the language of the request; an untranslated one stays Chinese."""
    return message if language() == "zh" else _english(message)


def pgettext(context: str, message: str) -> str:
    """As `gettext`, for a word that reads differently in one context: the outcome 驳回 is "rejected"."""
    return message if language() == "zh" else _english(message, context=context)


def ngettext(singular: str, plural: str, count: int) -> str:
    """As `gettext`, for a counted thing. Chinese has one form."""
    if language() == "zh":
        return singular if count == 1 else plural
    return _english(singular, 0 if count == 1 else 1)


def _(message: str, **values: Any) -> str:
    """Translate, then fill `%(name)s` places: the same call as in templates."""
    text = gettext(message)
    return text % values if values else text


def count_text(message: str, count: int) -> str:
    """Translate a counted message: `count_text("%(num)s 件", 3)`."""
    return ngettext(message, message, count) % {"num": f"{count:,}"}


def mark(message: str) -> str:
    """Mark a message of a constant table for the catalogue; translate it where it is used."""
    return message


def mark_context(_context: str, message: str) -> str:
    """As `mark`, for `pgettext`."""
    return message
