"""Reading single cells."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.services.importing import cells
from models.services.importing.cells import CellError
from models.types import BirthdayCalendar

FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.amount, "1234567.80", Decimal("1234567.80")),
        (cells.amount, "1,234,567.80", Decimal("1234567.80")),
        (cells.amount, "１，２３４．５", Decimal("1234.5")),
        (cells.integer, "5,028", 5028),
        (cells.integer, "176.0", 176),
        (cells.day, "2024-02-29", date(2024, 2, 29)),
        (cells.day, "2024/2/9", date(2024, 2, 9)),
        (cells.day, "２０２４年２月９日", date(2024, 2, 9)),
        (cells.day, "20240209", date(2024, 2, 9)),
        (cells.yes_no, "是", True),
        (cells.code(8), "Ｃ０１", "C01"),
        (cells.uscc, "91350100m000100y43", "91350100M000100Y43"),
        (cells.login, "BJ01-mgr", "bj01-mgr"),
    ],
)
def test_a_readable_cell(read: Callable[[str], Any], cell: str, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "reason"),
    [
        (cells.amount, "-5", "金额不能为负"),
        (cells.amount, "−5.00", "金额不能为负"),
        (cells.amount, "12,34", "不是数字"),
        (cells.amount, "1E6", "不是数字"),
        (cells.amount, "1.005", "金额最多两位小数"),
        (cells.amount, "nan", "不是数字"),
        (cells.amount, "99,999,999,999,999", "金额过大"),
        (cells.integer, "1.5", "应为整数"),
        (cells.integer, "-1", "不能为负"),
        (cells.integer, "2147483648", "应在"),
        (cells.region_class, "4", "应在 1 到 3 之间"),
        (cells.day, "2025-02-29", "日期不存在"),
        (cells.day, "2025-13-01", "日期不存在"),
        (cells.day, "01/02/2025", "不是日期"),
        (cells.code(8), "../etc", "只能包含"),
        (cells.code(4), "ABCDE", "超过 4 个字符"),
        (cells.text(4), "a\x07b", "控制字符"),
        (cells.uscc, "91350100M000100Y44", "校验位不对"),
        (cells.uscc, "9135", "18 位"),
        (cells.email, "nobody", "不是邮箱"),
        (cells.mobile, "call me", "不是手机"),
        (cells.yes_no, "maybe", "应为 是 或 否"),
    ],
)
def test_an_unreadable_cell_says_why(read: Callable[[str], Any], cell: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        read(cell)


@given(st.decimals(min_value=0, max_value=Decimal("9999999999999.99"), places=2))
def test_an_amount_reads_the_same_however_it_is_written(value: Decimal) -> None:
    plain, grouped = f"{value:.2f}", f"{value:,.2f}"
    assert cells.amount(plain) == cells.amount(grouped) == cells.amount(grouped.translate(FULL_WIDTH)) == value


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused_and_never_crashes(cell: str) -> None:
    for read in (cells.amount, cells.integer, cells.day, cells.code(12), cells.text(12), cells.uscc, cells.birthday):
        try:
            read(cell)
        except CellError:
            continue


@pytest.mark.parametrize(
    ("cell", "calendar", "text"),
    [
        ("1968-02-29", BirthdayCalendar.SOLAR, "1968-02-29"),
        ("02-29", BirthdayCalendar.SOLAR, "02-29"),
        ("1974-闰4-15", BirthdayCalendar.LUNAR, "1974-闰04-15"),
        ("闰06-30", BirthdayCalendar.LUNAR, "闰06-30"),
        ("1964年12月30日", BirthdayCalendar.LUNAR, "1964-12-30"),
        ("1964-2-30", BirthdayCalendar.LUNAR, "1964-02-30"),
    ],
)
def test_a_birthday_is_counted_by_its_calendar(cell: str, calendar: BirthdayCalendar, text: str) -> None:
    assert cells.birthday_text(cells.birthday(cell), calendar) == text


@pytest.mark.parametrize(
    ("cell", "calendar"),
    [
        ("1967-02-29", BirthdayCalendar.SOLAR),
        ("1964-02-30", BirthdayCalendar.SOLAR),
        ("1964-02-31", BirthdayCalendar.LUNAR),
        ("1964-13-01", BirthdayCalendar.LUNAR),
        ("1964-闰13-01", BirthdayCalendar.LUNAR),
        ("1974-闰4-15", BirthdayCalendar.SOLAR),
    ],
)
def test_an_impossible_birthday_is_refused(cell: str, calendar: BirthdayCalendar) -> None:
    with pytest.raises(CellError, match=r"日期不存在|没有闰月"):
        cells.birthday_text(cells.birthday(cell), calendar)
