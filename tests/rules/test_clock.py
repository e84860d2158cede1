"""The clock ledger adds up, time left reads as people count it, and the pill says how pressing it is."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import DomainError, ErrorCode
from models.messages.calendar import Pause
from models.rules import calendar as cal
from models.rules.clock import (
    Clock,
    ClockState,
    IntervalKind,
    PillLevel,
    close_pause,
    due_with_pauses,
    ledger,
    open_pause,
    read_clock,
    time_left,
    working_span,
)
from models.rules.due_reason import DueRowKind, why_due
from tests.rules.calendars import china, published_calendar

CALENDAR = published_calendar(2025, 2026)


def clock(start: str, days: int = 5, **facts: object) -> Clock:
    started = china(start)
    due = cal.add_working_days(CALENDAR, started, days).due_at
    return Clock(started_at=started, due_at=due).model_copy(update=facts)


def paused(start: str, end: str | None = None) -> Pause:
    return Pause(paused_at=china(start), resumed_at=china(end) if end else None, reason="waiting_for_customer")


@pytest.mark.parametrize(
    ("now", "due", "days", "minutes"),
    [
        pytest.param("2026-03-02 10:00", "2026-03-04 17:30", 2, 360, id="Tuesday and Wednesday, six hours of today"),
        pytest.param("2026-03-02 10:00", "2026-03-04 11:00", 1, 480, id="due within the day: its hours are partial"),
        pytest.param("2026-03-02 10:00", "2026-03-02 17:30", 0, 360, id="due today"),
        pytest.param("2026-03-02 07:00", "2026-03-02 17:30", 0, 420, id="due today, before the opening"),
        pytest.param("2026-02-28 18:00", "2026-03-02 17:30", 1, 0, id="evening before: one whole day"),
        pytest.param("2026-09-30 10:00", "2026-10-13 17:30", 5, 360, id="across National Day"),
        pytest.param("2026-03-02 10:00", "2026-03-07 22:00", 4, 360, id="due on a closed Saturday"),
    ],
)
def test_working_days_left(now: str, due: str, days: int, minutes: int) -> None:
    left = time_left(CALENDAR, china(due), china(now))
    assert (left.overdue, left.working_days, left.minutes) == (False, days, minutes)


@pytest.mark.parametrize(
    ("now", "days", "minutes"),
    [
        ("2026-03-02 17:31", 0, 0),
        ("2026-03-03 10:00", 0, 60),
        ("2026-03-03 17:30", 1, 0),
        ("2026-03-05 09:00", 2, 0),
    ],
)
def test_overdue_is_rounded_down_too(now: str, days: int, minutes: int) -> None:
    left = time_left(CALENDAR, china("2026-03-02 17:30"), china(now))
    assert (left.overdue, left.working_days, left.minutes) == (True, days, minutes)


def test_at_the_due_instant_it_is_not_yet_overdue() -> None:
    assert not time_left(CALENDAR, china("2026-03-02 17:30"), china("2026-03-02 17:30")).overdue


def test_the_ledger_names_every_stretch() -> None:
    facts = clock("2026-03-06 16:30", pauses=(paused("2026-03-09 10:00", "2026-03-09 11:00"),))
    lines = ledger(CALENDAR, facts, china("2026-03-09 11:30")).intervals
    assert [(line.kind, line.reason) for line in lines] == [
        ("running", ""),
        ("closed", "outside_hours"),
        ("closed", "weekend"),
        ("closed", "outside_hours"),
        ("running", ""),
        ("paused", "waiting_for_customer"),
        ("running", ""),
    ]
    assert {line.calendar_version for line in lines} == {CALENDAR.version}


def test_a_pause_moves_the_due_time_by_its_office_minutes() -> None:
    facts = clock("2026-03-02 10:00", 3, pauses=(paused("2026-03-03 10:00", "2026-03-04 10:00"),))
    due = due_with_pauses(CALENDAR, facts, china("2026-03-04 12:00"))
    assert due is not None
    assert due.due_at == china("2026-03-06 17:30")
    short = clock("2026-03-02 10:00", 3, pauses=(paused("2026-03-03 11:00", "2026-03-03 14:00"),))
    due = due_with_pauses(CALENDAR, short, china("2026-03-04 12:00"))
    assert due is not None
    assert due.due_at == china("2026-03-06 10:30")


def test_a_natural_clock_is_moved_by_natural_time() -> None:
    facts = Clock(
        started_at=china("2026-03-06 16:00"),
        due_at=china("2026-03-07 16:00"),
        pauses=(paused("2026-03-06 20:00", "2026-03-06 23:00"),),
        elapsed=True,
    )
    due = due_with_pauses(CALENDAR, facts, china("2026-03-07 10:00"))
    assert due is not None
    assert due.due_at == china("2026-03-07 19:00")


def test_two_pauses_at_once_are_refused() -> None:
    pauses = open_pause((), china("2026-03-02 10:00"), "waiting_for_customer")
    with pytest.raises(DomainError) as refused:
        open_pause(pauses, china("2026-03-02 11:00"), "waiting_for_third_party")
    assert refused.value.code is ErrorCode.CLOCK_ALREADY_PAUSED
    ended = close_pause(pauses, china("2026-03-02 11:00"))
    assert ended[0].resumed_at == china("2026-03-02 11:00")
    assert close_pause(ended, china("2026-03-02 12:00")) == ended


@pytest.mark.parametrize(
    ("facts", "now", "state", "level"),
    [
        (clock("2026-03-02 09:00", 9), "2026-03-03 10:00", ClockState.RUNNING, PillLevel.CALM),
        (clock("2026-03-02 09:00", 9), "2026-03-09 10:00", ClockState.RUNNING, PillLevel.SOON),
        (clock("2026-03-02 09:00", 9), "2026-03-12 10:00", ClockState.RUNNING, PillLevel.TODAY),
        (clock("2026-03-02 09:00", 1), "2026-03-02 09:05", ClockState.RUNNING, PillLevel.SOON),
        (clock("2026-03-02 09:00", 1), "2026-03-03 09:05", ClockState.RUNNING, PillLevel.TODAY),
        (clock("2026-03-02 09:00", 1), "2026-03-03 17:31", ClockState.OVERDUE, PillLevel.LATE),
        (clock("2026-03-02 09:00", 9), "2026-03-01 09:00", ClockState.NOT_STARTED, PillLevel.CALM),
        (
            clock("2026-03-02 09:00", 9, pauses=(paused("2026-03-02 10:00"),)),
            "2026-03-12 10:00",
            ClockState.PAUSED,
            PillLevel.PAUSED,
        ),
        (clock("2026-03-02 09:00", 1, due_at=None), "2026-03-20 09:00", ClockState.NO_LIMIT, PillLevel.NO_LIMIT),
        (
            clock("2026-03-02 09:00", 1, finished_at=china("2026-03-03 17:30")),
            "2026-03-20 09:00",
            ClockState.MET,
            PillLevel.MET,
        ),
        (
            clock("2026-03-02 09:00", 1, finished_at=china("2026-03-03 17:31")),
            "2026-03-20 09:00",
            ClockState.MISSED,
            PillLevel.MISSED,
        ),
        (clock("2026-12-25 09:00", 9), "2026-12-25 10:00", ClockState.RUNNING, PillLevel.PROVISIONAL),
        (clock("2026-12-25 09:00", 9), "2027-01-07 10:00", ClockState.RUNNING, PillLevel.TODAY),
    ],
)
def test_state_and_look(facts: Clock, now: str, state: ClockState, level: PillLevel) -> None:
    reading = read_clock(CALENDAR, facts, china(now))
    assert (reading.state, reading.level) == (state, level)


def test_the_marks_are_the_callers() -> None:
    facts = clock("2026-03-02 09:00", 9)
    now = china("2026-03-05 10:00")
    assert read_clock(CALENDAR, facts, now).level is PillLevel.CALM
    assert read_clock(CALENDAR, facts, now, soon_percent=20).level is PillLevel.SOON


def test_why_it_is_due_then() -> None:
    rows = why_due(CALENDAR, clock("2026-09-30 10:00", 5), china("2026-09-30 11:00"))
    assert [(row.kind, row.first.isoformat()[5:], row.last.isoformat()[5:], row.number) for row in rows] == [
        (DueRowKind.RECEIVED, "09-30", "09-30", None),
        (DueRowKind.DAY_ZERO, "09-30", "09-30", None),
        (DueRowKind.HOLIDAY, "10-01", "10-02", None),
        (DueRowKind.WEEKEND, "10-03", "10-04", None),
        (DueRowKind.HOLIDAY, "10-05", "10-07", None),
        (DueRowKind.COUNTED, "10-08", "10-08", 1),
        (DueRowKind.COUNTED, "10-09", "10-09", 2),
        (DueRowKind.MAKE_UP_DAY, "10-10", "10-10", 3),
        (DueRowKind.WEEKEND, "10-11", "10-11", None),
        (DueRowKind.COUNTED, "10-12", "10-12", 4),
        (DueRowKind.COUNTED, "10-13", "10-13", 5),
        (DueRowKind.DUE, "10-13", "10-13", None),
    ]


def test_why_it_is_due_then_names_pauses_and_unpublished_days() -> None:
    facts = clock("2026-12-30 10:00", 3, pauses=(paused("2026-12-30 11:00", "2026-12-30 14:00"),))
    rows = why_due(CALENDAR, facts, china("2026-12-30 15:00"))
    assert [row.minutes for row in rows if row.kind is DueRowKind.PAUSED] == [90]
    assert {row.first.year for row in rows if row.provisional} == {2027}
    assert why_due(CALENDAR, clock("2026-12-30 10:00", due_at=None), china("2026-12-30 15:00")) == ()


START = china("2026-09-20 00:00")
offsets = st.integers(0, 30 * 24 * 60)


def _pauses(minutes: list[int]) -> tuple[Pause, ...]:
    moments = [START + timedelta(minutes=minute) for minute in sorted(minutes)]
    pairs = list(zip(moments[::2], moments[1::2], strict=False))
    return tuple(Pause(paused_at=begin, resumed_at=end, reason="waiting_for_customer") for begin, end in pairs)


@settings(max_examples=80, deadline=None)
@given(begin=offsets, length=offsets, marks=st.lists(offsets, max_size=6))
def test_the_lines_join_and_their_office_time_adds_up(begin: int, length: int, marks: list[int]) -> None:
    started = START + timedelta(minutes=begin)
    now = started + timedelta(minutes=length)
    facts = Clock(started_at=started, due_at=None, pauses=_pauses(marks))
    book = ledger(CALENDAR, facts, now)
    edges: list[datetime] = [line.start for line in book.intervals] + [now]
    assert all(line.end == edges[n + 1] and line.length > timedelta() for n, line in enumerate(book.intervals))
    assert not book.intervals or edges[0] == started
    office = book.total(IntervalKind.RUNNING) + book.total(IntervalKind.PAUSED)
    assert office == cal.working_time_between(CALENDAR, started, now)
    assert office + book.total(IntervalKind.CLOSED) == now - started


@settings(max_examples=80, deadline=None)
@given(begin=offsets, length=offsets)
def test_days_and_minutes_left_never_promise_more_than_there_is(begin: int, length: int) -> None:
    now = START + timedelta(minutes=begin)
    due = now + timedelta(minutes=length)
    span = working_span(CALENDAR, now, due)
    assert span.working_days * 420 + span.minutes == cal.working_minutes_between(CALENDAR, now, due)
    assert not span.working_days or span.minutes < 2 * 420


@settings(max_examples=60, deadline=None)
@given(length=offsets, marks=st.lists(offsets, max_size=4))
def test_paused_time_is_given_back_exactly(length: int, marks: list[int]) -> None:
    facts = Clock(started_at=START, due_at=cal.add_working_days(CALENDAR, START, 3).due_at, pauses=_pauses(marks))
    now = START + timedelta(minutes=length) + timedelta(days=31)
    due = due_with_pauses(CALENDAR, facts, now)
    assert due is not None
    assert facts.due_at is not None
    paused_time = sum(
        (cal.working_time_between(CALENDAR, p.paused_at, p.resumed_at or now) for p in facts.pauses), timedelta()
    )
    assert cal.working_time_between(CALENDAR, facts.due_at, due.due_at) == paused_time
