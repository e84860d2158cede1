"""One cell of a book file: text -> value, or CellError with a sentence a person can act on.

Every reader takes the stripped text of a cell that is not empty. Full-width digits and letters are folded (NFKC), a
thousands separator is accepted only where it groups three digits; nothing else is guessed.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from models.types import BirthdayCalendar

Reader = Callable[[str], Any]
Member = TypeVar("Member", bound=StrEnum)

MAX_INTEGER = 2_147_483_647
_AMOUNT = re.compile(r"\d{1,13}(?:\.\d{1,2})?")
_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_CODE = re.compile(r"\w[\w.-]*")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_DATES = (
    re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?: 00:00:00)?"),
    re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?: 0{1,2}:00(?::00)?)?"),
    re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})"),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_MOBILE = re.compile(r"\+?\d{6,20}")
_BIRTHDAY = re.compile(r"(?:(\d{4})[-/.年])?(闰?)(\d{1,2})[-/.月](\d{1,2})日?")
_LEAP_YEAR = 2000
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18


class CellError(ValueError):
    """Why a cell cannot be read; the text is shown to people."""


def fold(text: str) -> str:
    """Full-width forms to plain ones, the minus sign U+2212 to a hyphen."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def text(limit: int) -> Reader:
    """Free text up to `limit` characters, kept as written."""

    def read(cell: str) -> str:
        if not cell.isprintable() and any(unicodedata.category(char) in {"Cc", "Cs"} for char in cell):
            raise CellError("含有控制字符")
        if len(cell) > limit:
            raise CellError(f"超过 {limit} 个字符")
        return cell

    return read


def code(limit: int) -> Reader:
    """A code or number of a thing: letters, digits, `.`, `-` and `_`; it becomes part of paths and ids."""

    def read(cell: str) -> str:
        folded = fold(cell)
        if not _CODE.fullmatch(folded):
            raise CellError("只能包含字母、数字、“.”、“-”和“_”")
        if len(folded) > limit:
            raise CellError(f"超过 {limit} 个字符")
        return folded

    return read


def login(cell: str) -> str:
    """登录名: small letters, digits, `.`, `_` and `-`, two characters or more; capitals are made small."""
    folded = fold(cell).lower()
    if not _LOGIN.fullmatch(folded):
        raise CellError("应为 2 到 64 个小写字母、数字、“.”、“_”或“-”")
    return folded


def _number(cell: str) -> Decimal:
    folded = fold(cell)
    if not _NUMBER.fullmatch(folded):
        raise CellError("不是数字")
    return Decimal(folded.replace(",", ""))


def amount(cell: str) -> Decimal:
    """Yuan, not negative, at most two decimals and 13 digits before them."""
    if _AMOUNT.fullmatch(cell):
        return Decimal(cell)
    value = _number(cell)
    if value < 0:
        raise CellError("金额不能为负")
    if value != round(value, 2):
        raise CellError("金额最多两位小数")
    if value >= Decimal(10) ** 13:
        raise CellError("金额过大")
    return value


def integer(cell: str, low: int = 0, high: int = MAX_INTEGER) -> int:
    """A whole number from `low` to `high`."""
    value = int(cell) if cell.isascii() and cell.isdecimal() and len(cell) < 10 else _number(cell)
    if value != int(value):
        raise CellError("应为整数")
    if value < 0 <= low:
        raise CellError("不能为负")
    if not low <= value <= high:
        raise CellError(f"应在 {low} 到 {high} 之间")
    return int(value)


def year(cell: str) -> int:
    """A calendar year."""
    return integer(cell, 1900, 2199)


def region_class(cell: str) -> int:
    """地区类别 1-3."""
    return integer(cell, 1, 3)


def day(cell: str) -> date:
    """A calendar date, written 2025-01-31, 2025/1/31, 2025.1.31, 20250131 or 2025年1月31日."""
    folded = fold(cell)
    for pattern in _DATES:
        if match := pattern.fullmatch(folded):
            return _existing_day(*(int(part) for part in match.groups()))
    raise CellError("不是日期，应如 2025-01-31")


def _existing_day(year_no: int, month: int, day_no: int) -> date:
    try:
        found = date(year_no, month, day_no)
    except ValueError:
        raise CellError("日期不存在") from None
    if found.year < 1900:
        raise CellError("日期早于 1900 年")
    return found


def one_of(words: dict[str, Member]) -> Reader:
    """A word of a fixed list, English or Chinese, in any case."""
    known = {word.casefold(): member for word, member in words.items()}
    allowed = "、".join(words)

    def read(cell: str) -> Member:
        member = known.get(cell) or known.get(fold(cell).casefold())
        if member is None:
            raise CellError(f"应为 {allowed} 之一")
        return member

    return read


def many_of(words: dict[str, Member]) -> Reader:
    """Words of a fixed list with `;` between, as a sorted tuple without repetition."""
    read_one = one_of(words)

    def read(cell: str) -> tuple[Member, ...]:
        parts = (part.strip() for part in re.split(r"[;；]", cell))
        return tuple(sorted({read_one(part) for part in parts if part}))

    return read


def yes_no(cell: str) -> bool:
    """是 / 否."""
    word = fold(cell).casefold()
    if word in {"是", "yes", "y", "true", "1", "同意"}:
        return True
    if word in {"否", "no", "n", "false", "0", "不同意"}:
        return False
    raise CellError("应为 是 或 否")


def email(cell: str) -> str:
    """An e-mail address."""
    folded = fold(cell)
    if len(folded) > 200 or not _EMAIL.fullmatch(folded):
        raise CellError("不是邮箱地址")
    return folded


def mobile(cell: str) -> str:
    """A telephone number; blanks and hyphens between digits are kept as written."""
    folded = fold(cell)
    if len(folded) > 32 or not _MOBILE.fullmatch(re.sub(r"[ -]", "", folded)):
        raise CellError("不是手机号码")
    return folded


def birthday(cell: str) -> tuple[int | None, int, int]:
    """Year (may be missing), month (negative for 闰, a leap month) and day, before it is known what counts them."""
    match = _BIRTHDAY.fullmatch(fold(cell))
    if match is None:
        raise CellError("不是生日，应如 1970-01-31 或 01-31")
    born, leap, month, day_no = match.groups()
    return (int(born) if born else None, -int(month) if leap else int(month), int(day_no))


def birthday_text(parts: tuple[int | None, int, int], calendar: BirthdayCalendar) -> str:
    """`YYYY-MM-DD` or `MM-DD`, `闰MM` for a leap month; a lunar month has 30 days at most and any may have them."""
    born, month, day_no = parts
    if calendar is BirthdayCalendar.LUNAR:
        if not (1 <= abs(month) <= 12 and 1 <= day_no <= 30):
            raise CellError("农历日期不存在")
    elif month < 0:
        raise CellError("公历没有闰月")
    else:
        _existing_day(born or _LEAP_YEAR, month, day_no)
    written = f"{'闰' if month < 0 else ''}{abs(month):02}-{day_no:02}"
    return f"{born:04}-{written}" if born else written


def uscc(cell: str) -> str:
    """统一社会信用代码, 18 characters with the check character of GB 32100-2015."""
    folded = fold(cell).upper()
    if len(folded) != _USCC_LENGTH or any(char not in _USCC_ALPHABET for char in folded):
        raise CellError("统一社会信用代码应为 18 位数字或大写字母")
    total = sum(_USCC_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(folded[:-1]))
    if _USCC_ALPHABET[(31 - total % 31) % 31] != folded[-1]:
        raise CellError("统一社会信用代码校验位不对")
    return folded
