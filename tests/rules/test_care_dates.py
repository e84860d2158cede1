"""Birthdays and festivals come round on the very days that a walk through every day finds."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rulebook import load_builtin
from models.rulebook.schema.common import MonthDay
from models.rules.care.dates import YearlyDay, birthday_of, festival_day, occurrences
from models.rules.care.periods import add_months, parts_of
from models.types import BirthdayCalendar
from tests.rules.care_oracle import days, is_it

CARE = load_builtin().care
LEAP_DAY = CARE.leap_day_birthday


def _on(day: YearlyDay, first: date, last: date, leap_day: MonthDay = LEAP_DAY) -> list[date]:
    return [found.on for found in occurrences(day, first, last, leap_day)]


@pytest.mark.parametrize(
    ("written", "counted_by", "first", "last", "expected"),
    [
        ("1988-05-06", "solar", "2026-03-01", "2027-02-28", ["2026-05-06"]),  # summer time in Shanghai that year
        ("02-29", "solar", "2026-03-01", "2029-02-28", ["2027-02-28", "2028-02-29", "2029-02-28"]),
        ("12-30", "lunar", "2026-03-01", "2028-02-29", ["2027-02-05", "2028-01-25"]),  # 腊月 has 29 days, then 29
        ("1974-闰06-15", "lunar", "2025-03-01", "2027-02-28", ["2025-08-08", "2026-07-28"]),
        ("1974-06-15", "lunar", "2025-03-01", "2026-02-28", ["2025-07-09"]),  # the ordinary month of a leap year
        ("01-20", "lunar", "2026-03-01", "2027-02-28", ["2026-03-08", "2027-02-25"]),  # twice in one term
        ("01-20", "lunar", "2027-03-01", "2028-02-10", []),  # and not at all in the next
    ],
)
def test_birthdays_of_every_kind(written: str, counted_by: str, first: str, last: str, expected: list[str]) -> None:
    born = birthday_of(written, BirthdayCalendar(counted_by))
    assert born is not None
    found = _on(born, date.fromisoformat(first), date.fromisoformat(last))
    assert [day.isoformat() for day in found] == expected


def test_the_leap_day_follows_the_rulebook() -> None:
    assert _on(YearlyDay(2, 29), date(2027, 1, 1), date(2027, 12, 31), MonthDay("03-01")) == [date(2027, 3, 1)]


@pytest.mark.parametrize("written", [None, "", "31-12", "02-30", "1970/01/02"])
def test_what_is_no_birthday_is_none(written: str | None) -> None:
    assert birthday_of(written, BirthdayCalendar.SOLAR) is None


def test_festivals_are_those_of_the_calendar() -> None:
    by_code = {festival.code: festival_day(festival) for festival in CARE.festivals}
    found = {code: _on(day, date(2025, 1, 1), date(2027, 12, 31)) for code, day in by_code.items()}
    assert found == {
        "spring_festival": [date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6)],
        "mid_autumn": [date(2025, 10, 6), date(2026, 9, 25), date(2027, 9, 15)],
        "national_day": [date(2025, 10, 1), date(2026, 10, 1), date(2027, 10, 1)],
    }


@settings(max_examples=60, deadline=None)
@given(
    month=st.integers(1, 12),
    day=st.integers(1, 30),
    leap=st.booleans(),
    first=st.dates(date(2020, 2, 1), date(2028, 10, 1)),
)
def test_a_lunar_day_is_where_a_walk_through_the_year_finds_it(month: int, day: int, leap: bool, first: date) -> None:
    born, last = YearlyDay(month, day, lunar=True, leap_month=leap), first + timedelta(days=399)
    assert _on(born, first, last) == [found for found in days(first, last) if is_it(born, found)]


@settings(max_examples=100, deadline=None)
@given(born=st.dates(date(2000, 1, 1), date(2000, 12, 31)), first=st.dates(date(1995, 1, 1), date(2095, 1, 1)))
def test_a_solar_day_is_where_a_walk_through_the_year_finds_it(born: date, first: date) -> None:
    day, last = YearlyDay(born.month, born.day), first + timedelta(days=800)
    assert _on(day, first, last) == [found for found in days(first, last) if is_it(day, found)]


@given(first=st.dates(date(2000, 1, 1), date(2090, 1, 1)), count=st.integers(1, 12))
def test_the_parts_of_a_term_cover_every_day_once(first: date, count: int) -> None:
    last = add_months(first, 12) - timedelta(days=1)
    parts = parts_of(first, last, count)
    assert [day for part in parts for day in days(part.first, part.last)] == list(days(first, last))
    assert len(parts) == count


def test_a_month_that_lacks_the_day_takes_its_last_one() -> None:
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    with pytest.raises(ValueError, match="at least once"):
        parts_of(date(2026, 3, 1), date(2027, 2, 28), 0)
