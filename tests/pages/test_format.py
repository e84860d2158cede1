"""Money, dates, time left and masks in both languages (pages.md section 9)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages import format as f
from api.pages.i18n import Language, using_language
from models.rules.clock import WorkingSpan

TODAY = date(2026, 2, 5)
NOW = datetime(2026, 2, 5, 2, 20, tzinfo=UTC)
amounts = st.decimals(min_value=0, max_value=10**12, places=2)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", f.money(Decimal("1234.56")), "¥1,234.56"),
        ("zh", f.money(Decimal(-5)), "-¥5.00"),
        ("zh", f.amount(Decimal("1234.565")), "1,234.57"),
        ("zh", f.percent(Decimal("0.976")), "97.6%"),
        ("zh", f.factor(Decimal("1.15")), "× 1.15"),
    ],
)
def test_numbers_read_the_same_in_both_languages(language: Language, text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (Decimal("9999.99"), "9,999.99元", "¥10,000"),
        (Decimal(10_000), "1.00万元", "¥10,000"),
        (Decimal(1234567), "123.46万元", "¥1.23 m"),
        (Decimal(2415000), "241.50万元", "¥2.42 m"),
    ],
)
def test_money_of_lists(value: Decimal, zh: str, en: str) -> None:
    assert f.money_short(value) == zh
    with using_language("en"):
        assert f.money_short(value) == en


def test_whole_yuan_and_differences() -> None:
    assert f.yuan(2_415_000) == "2,415,000 元"
    assert f.difference(92_000, "A") == "+92,000 元"
    assert f.difference(Decimal(-92_000), "A") == "-92,000 元"
    with using_language("en"):
        assert f.yuan(2_415_000) == "¥2,415,000"
        assert f.difference(0, "A") == "¥0"


def test_a_value_under_formula_b_is_points_and_never_yuan() -> None:
    assert f.value_text(83, "B") == f.value_short(Decimal(83), "B") == "83 分"
    assert f.difference(-4, "B") == "-4 分"
    assert (f.value_text(83, "A"), f.value_short(Decimal(83), "A")) == ("83 元", "83.00元")
    with using_language("en"):
        assert f.value_text(83, "B") == "83 points"


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (datetime(2026, 2, 5, 7, 0, tzinfo=UTC), "今天 15:00", "today 15:00"),
        (datetime(2026, 2, 6, 9, 30, tzinfo=UTC), "明天 17:30", "tomorrow 17:30"),
        (datetime(2026, 2, 3, 9, 30, tzinfo=UTC), "2月3日 周二 17:30", "Tue, 3 Feb 17:30"),
        (datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "2025年12月31日 周三 23:59", "Wed, 31 Dec 2025 23:59"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "1月1日 周四 00:00", "Thu, 1 Jan 00:00"),
    ],
)
def test_due_instants_name_the_year_only_when_it_differs(at: datetime, zh: str, en: str) -> None:
    assert f.instant(at, NOW) == zh
    with using_language("en"):
        assert f.instant(at, NOW) == en


def test_days_terms_and_quarters() -> None:
    assert f.day(date(2026, 2, 14), TODAY, make_up=True) == "2月14日 周六（调休上班）"
    assert f.long_day(date(2026, 3, 1)) == "2026年3月1日 周日"
    assert f.term(date(2026, 3, 1), date(2027, 2, 28)) == "2026年3月1日 – 2027年2月28日"
    assert f.quarter(2025, 4) == "2025年第四季度"
    with using_language("en"):
        assert f.long_day(date(2026, 3, 1)) == "Sun, 1 Mar 2026"
        assert f.term(date(2026, 3, 1), date(2027, 2, 28)) == "1 Mar 2026 – 28 Feb 2027"
        assert f.quarter(2025, 4) == "Q4 2025"


@pytest.mark.parametrize(
    ("days", "minutes", "zh", "en"),
    [
        (1, 200, "还剩 1 个工作日 3 小时", "1 working day 3 h left"),
        (0, 340, "还剩 5 小时 40 分", "5 h 40 min left"),
        (2, 0, "还剩 2 个工作日", "2 working days left"),
        (0, 0, "还剩 0 分", "0 min left"),
    ],
)
def test_time_left_in_at_most_two_units(days: int, minutes: int, zh: str, en: str) -> None:
    left = WorkingSpan(working_days=days, minutes=minutes)
    assert f.time_left(left) == zh
    with using_language("en"):
        assert f.time_left(left) == en


def test_overdue() -> None:
    with using_language("en"):
        assert f.overdue_by(WorkingSpan(working_days=2, minutes=0)) == "overdue by 2 working days"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        f.local(datetime(2026, 2, 5, 10, 20))  # noqa: DTZ001  # the point of the test


@given(amounts)
def test_an_amount_loses_nothing(value: Decimal) -> None:
    assert Decimal(f.amount(value).replace(",", "")) == value


@given(st.text(alphabet="0123456789", min_size=7, max_size=20))
def test_a_masked_number_shows_at_most_seven_digits(number: str) -> None:
    masked = f.mask_phone(number)
    assert masked == f"{number[:3]}****{number[-4:]}"


@pytest.mark.parametrize(("number", "masked"), [("13800002071", "138****2071"), ("95511", "****"), ("", "****")])
def test_mask_phone(number: str, masked: str) -> None:
    assert f.mask_phone(number) == masked


@pytest.mark.parametrize(("name", "masked"), [("周平", "周*"), ("欧阳海", "欧*"), (" ", "*")])
def test_mask_name(name: str, masked: str) -> None:
    assert f.mask_name(name) == masked


@pytest.mark.parametrize(("address", "masked"), [("zhou@example.com", "z***@example.com"), ("nothing", "***")])
def test_mask_email(address: str, masked: str) -> None:
    assert f.mask_email(address) == masked
