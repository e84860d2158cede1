"""Counting back: so many working days or office minutes before an instant, against a brute-force minute counter."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError
from models.rules import calendar as cal
from tests.rules.calendars import china, published_calendar
from tests.rules.test_calendar import _count, whole_minutes

CALENDAR = published_calendar(2024, 2025, 2026)


@pytest.mark.parametrize(
    ("at", "days", "found"),
    [
        ("2026-03-10 17:30", 1, "2026-03-09 17:30"),
        ("2026-03-09 10:00", 1, "2026-03-06 10:00"),
        ("2026-10-09 17:30", 2, "2026-09-30 17:30"),
        ("2026-10-10 17:30", 1, "2026-10-09 17:30"),
        ("2026-03-08 10:00", 1, "2026-03-06 10:00"),
        ("2026-03-09 10:00", 0, "2026-03-09 10:00"),
    ],
)
def test_working_days_back_at_the_same_time_of_day(at: str, days: int, found: str) -> None:
    assert cal.subtract_working_days(CALENDAR, china(at), days) == china(found)


def test_a_half_day_closes_before_the_time_of_day() -> None:
    half = cal.make_snapshot(official_years=(2026,), half_days=[date(2026, 3, 10)])
    assert cal.subtract_working_days(half, china("2026-03-11 17:30"), 1) == china("2026-03-10 12:00")
    assert cal.same_time_after(half, china("2026-03-09 17:30"), 1) == china("2026-03-10 12:00")


@pytest.mark.parametrize(
    ("end", "minutes", "found"),
    [
        ("2026-03-09 17:30", 60, "2026-03-09 16:30"),
        ("2026-03-09 14:00", 30, "2026-03-09 13:30"),
        ("2026-03-09 14:00", 31, "2026-03-09 11:59"),
        ("2026-03-09 09:00", 1, "2026-03-06 17:29"),
        ("2026-03-08 03:00", 240, "2026-03-06 13:30"),
        ("2026-03-09 12:45", 0, "2026-03-09 12:45"),
    ],
)
def test_office_minutes_back(end: str, minutes: int, found: str) -> None:
    assert cal.subtract_working_minutes(CALENDAR, china(end), minutes) == china(found)


@settings(max_examples=50, deadline=None)
@given(end=whole_minutes, minutes=st.integers(1, 2000))
def test_minutes_back_are_the_latest_start_with_all_minutes_counted(end: datetime, minutes: int) -> None:
    start = cal.subtract_working_minutes(CALENDAR, end, minutes).astimezone(cal.CHINA)
    assert _count(start, end) == minutes
    assert _count(start + timedelta(minutes=1), end) == minutes - 1


@settings(max_examples=60, deadline=None)
@given(start=whole_minutes, minutes=st.integers(1, 3000))
def test_back_and_forth_ends_where_it_began(start: datetime, minutes: int) -> None:
    due = cal.add_working_minutes(CALENDAR, start, minutes).due_at
    back = cal.subtract_working_minutes(CALENDAR, due, minutes)
    assert cal.add_working_minutes(CALENDAR, back, minutes).due_at == due


def test_an_office_that_was_never_open_is_an_error_not_an_endless_search() -> None:
    off = [date(2024, 1, 1) + timedelta(days=n) for n in range(800)]
    with pytest.raises(DomainError):
        cal.subtract_working_minutes(cal.make_snapshot(days_off=off), china("2026-01-05 10:00"), 1)
