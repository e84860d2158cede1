"""Working-time arithmetic against dates worked out by hand, a second library and a brute-force minute counter."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from tests.rules.calendars import china, published_calendar

CALENDAR = published_calendar(2024, 2025, 2026)
instants = st.integers(0, 270 * 24 * 3600).map(lambda second: china("2026-01-20 00:00") + timedelta(seconds=second))
whole_minutes = instants.map(lambda at: at.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-09-30 10:00", 5, "2026-10-13 17:30", id="National Day and the make-up Saturday"),
        pytest.param("2026-09-30 10:00", 3, "2026-10-10 17:30", id="due on a make-up Saturday"),
        pytest.param("2026-09-24 10:00", 7, "2026-10-12 17:30", id="Mid-Autumn, then National Day"),
        pytest.param("2026-02-13 10:00", 5, "2026-02-27 17:30", id="Spring Festival, first make-up day inside"),
        pytest.param("2026-04-30 10:00", 3, "2026-05-08 17:30", id="Labour Day"),
        pytest.param("2026-10-03 10:00", 1, "2026-10-09 17:30", id="received on a holiday"),
        pytest.param("2026-03-02 17:30", 1, "2026-03-04 17:30", id="at the close counts as the next opening"),
        pytest.param("2026-03-02 17:29", 1, "2026-03-03 17:30", id="a minute before the close is still day 0"),
        pytest.param("2026-03-02 12:30", 1, "2026-03-03 17:30", id="the lunch break is the same day"),
        pytest.param("2026-03-02 03:00", 1, "2026-03-03 17:30", id="before the opening is the same day"),
        pytest.param("2026-03-06 10:00", 0, "2026-03-06 17:30", id="nothing added ends at the close"),
    ],
)
def test_working_days_end_at_the_close_of_the_nth_day(start: str, days: int, due: str) -> None:
    deadline = cal.add_working_days(CALENDAR, china(start), days)
    assert deadline.due_at == china(due)
    assert deadline.due_at.tzinfo is UTC
    assert not deadline.provisional
    assert deadline.calendar_version == CALENDAR.version


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-02 10:00", 4, "2026-03-02 15:30"),
        ("2026-03-02 13:30", 4, "2026-03-02 17:30"),
        ("2026-03-02 16:30", 4, "2026-03-03 12:00"),
        ("2026-03-06 17:00", 1, "2026-03-09 09:30"),
        ("2026-10-03 10:00", 4, "2026-10-08 14:30"),
    ],
)
def test_working_hours_are_office_minutes(start: str, hours: int, due: str) -> None:
    assert cal.add_working_hours(CALENDAR, china(start), hours).due_at == china(due)


def test_same_day_is_the_close_of_day_zero() -> None:
    assert cal.same_day(CALENDAR, china("2026-03-02 10:00")).due_at == china("2026-03-02 17:30")
    assert cal.same_day(CALENDAR, china("2026-03-06 18:00")).due_at == china("2026-03-09 17:30")


def test_elapsed_hours_run_through_the_night() -> None:
    assert cal.due_after(CALENDAR, china("2026-10-01 20:00"), "elapsed_hours", 24).due_at == china("2026-10-02 20:00")


def test_every_unit_reaches_its_own_arithmetic() -> None:
    start = china("2026-03-02 10:00")
    assert cal.due_after(CALENDAR, start, "working_days", 2) == cal.add_working_days(CALENDAR, start, 2)
    assert cal.due_after(CALENDAR, start, "working_hours", 4) == cal.add_working_hours(CALENDAR, start, 4)
    assert cal.due_after(CALENDAR, start, "same_day") == cal.same_day(CALENDAR, start)
    with pytest.raises(ValueError, match="fortnights"):
        cal.due_after(CALENDAR, start, "fortnights", 1)


def test_2026_has_248_working_days_and_six_make_up_days() -> None:
    assert cal.working_days_in_year(CALENDAR, 2026) == 248
    assert sum(day.year == 2026 for day in CALENDAR.make_up_days) == 6


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_second_library_agrees_on_every_day(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [cal.is_working_day(CALENDAR, day) for day in days] == [chinese_calendar.is_workday(day) for day in days]


def test_a_date_that_is_no_working_day_moves_to_the_next() -> None:
    assert cal.move_to_working_day(CALENDAR, date(2026, 10, 3)) == date(2026, 10, 8)
    assert cal.move_to_working_day(CALENDAR, date(2026, 10, 10)) == date(2026, 10, 10)


def test_a_step_is_due_at_its_date_or_after_the_least_allowance_whichever_is_later() -> None:
    early = cal.due_on_date(CALENDAR, date(2026, 1, 31), china("2026-01-05 09:00"), 5)
    assert early.due_at == china("2026-02-02 17:30")
    late = cal.due_on_date(CALENDAR, date(2026, 1, 31), china("2026-03-02 10:00"), 5)
    assert late.due_at == china("2026-03-09 17:30")


def test_a_year_without_a_calendar_counts_monday_to_friday_and_says_so() -> None:
    deadline = cal.add_working_days(CALENDAR, china("2026-12-30 10:00"), 3)
    assert deadline.due_at == china("2027-01-04 17:30")
    assert deadline.provisional
    assert not cal.add_working_days(CALENDAR, china("2026-12-30 10:00"), 1).provisional


def test_a_procedure_date_in_an_unpublished_year_is_provisional() -> None:
    assert cal.due_on_date(CALENDAR, date(2027, 1, 31), china("2026-12-01 10:00"), 5).provisional


def test_a_half_day_closes_at_noon() -> None:
    calendar = cal.make_snapshot(official_years=[2026], half_days=[date(2026, 12, 31)])
    assert cal.same_day(calendar, china("2026-12-31 10:00")).due_at == china("2026-12-31 12:00")
    assert cal.add_working_hours(calendar, china("2026-12-31 11:00"), 2).due_at == china("2027-01-01 10:00")
    assert cal.working_minutes_between(calendar, china("2026-12-31 00:00"), china("2027-01-01 00:00")) == 180


def test_the_snapshot_keeps_only_exceptions_and_is_small() -> None:
    assert all(day.weekday() < 5 for day in CALENDAR.holidays)
    assert all(day.weekday() >= 5 for day in CALENDAR.make_up_days)
    assert len(CALENDAR.model_dump_json()) < 2048
    assert CalendarSnapshot.model_validate_json(CALENDAR.model_dump_json()) == CALENDAR


def test_the_version_follows_the_content() -> None:
    assert published_calendar(2026).version == published_calendar(2026).version
    assert published_calendar(2026).version != published_calendar(2025).version
    assert cal.make_snapshot(official_years=[2027]).version != cal.make_snapshot().version


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        cal.add_working_days(CALENDAR, datetime(2026, 3, 2, 10), 1)  # noqa: DTZ001 - the point of the test


def test_office_spans_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="ascend"):
        cal.make_snapshot(office_hours=[(540, 720), (700, 1050)])


def test_an_office_that_never_opens_is_an_error_not_an_endless_search() -> None:
    off = [date(2026, 1, 1) + timedelta(days=n) for n in range(800)]
    with pytest.raises(DomainError) as refused:
        cal.add_working_days(cal.make_snapshot(days_off=off), china("2026-01-05 10:00"), 1)
    assert refused.value.code is ErrorCode.CALENDAR_UNKNOWN


@cache
def _works(day: int) -> bool:
    return bool(chinese_calendar.is_workday(date.fromordinal(day)))


def _open_at(day: int, minute: int) -> bool:
    """Brute force: is this minute of a day an office minute, by the second library and plain hours."""
    return _works(day) and (540 <= minute < 720 or 810 <= minute < 1050)


def _count(start: datetime, end: datetime) -> int:
    first = (start.toordinal() * 24 + start.hour) * 60 + start.minute
    return sum(_open_at(*divmod(first + n, 24 * 60)) for n in range((end - start) // timedelta(minutes=1)))


@settings(max_examples=60, deadline=None)
@given(start=whole_minutes, minutes=st.integers(0, 20 * 24 * 60))
def test_minutes_between_equal_a_count_of_minutes(start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    assert cal.working_minutes_between(CALENDAR, start, end) == _count(start, end)


@settings(max_examples=60, deadline=None)
@given(start=whole_minutes, minutes=st.integers(1, 3000))
def test_the_deadline_is_the_first_instant_with_all_minutes_counted(start: datetime, minutes: int) -> None:
    due = cal.add_working_minutes(CALENDAR, start, minutes).due_at.astimezone(cal.CHINA)
    assert _count(start, due) == minutes
    assert _count(start, due - timedelta(minutes=1)) == minutes - 1


@settings(max_examples=100, deadline=None)
@given(start=instants, days=st.integers(0, 30))
def test_n_days_leave_n_minus_one_working_dates_between(start: datetime, days: int) -> None:
    due = cal.add_working_days(CALENDAR, start, days).due_at.astimezone(cal.CHINA)
    opening = cal.next_opening(CALENDAR, start).astimezone(cal.CHINA)
    dates = [opening.date() + timedelta(days=n) for n in range(1, (due.date() - opening.date()).days + 1)]
    assert sum(map(chinese_calendar.is_workday, dates)) == days
    assert (due.hour, due.minute) == (17, 30)
    assert chinese_calendar.is_workday(due.date())


@settings(max_examples=100, deadline=None)
@given(start=instants, later=st.timedeltas(timedelta(), timedelta(days=30)), days=st.integers(0, 10))
def test_starting_later_is_never_due_earlier(start: datetime, later: timedelta, days: int) -> None:
    first, second = (cal.add_working_days(CALENDAR, at, days) for at in (start, start + later))
    assert first.due_at <= second.due_at
