"""Deadlines and warnings of a service case against a count of minutes, one by one."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.service import TimeLimit
from models.messages.service_acts import AcceptService, CompleteService, ConfirmService, PauseService, ResumeService
from models.rules import service
from models.rules.alarms import used_at
from models.rules.clock import Clock, used_percent
from models.types import LimitUnit, PauseReason
from tests.rules.calendars import china
from tests.support.service_paper import CALENDAR, CUSTOMER, PaperService, green_channel

MINUTE = timedelta(minutes=1)
HOURS = ((9 * 60, 12 * 60), (13 * 60 + 30, 17 * 60 + 30))
CHINA = china("2026-01-01 00:00").tzinfo
LIMITS = st.one_of(
    st.builds(TimeLimit, unit=st.just(LimitUnit.WORKING_DAYS), value=st.integers(1, 5)),
    st.builds(TimeLimit, unit=st.just(LimitUnit.WORKING_HOURS), value=st.integers(1, 12)),
    st.builds(TimeLimit, unit=st.just(LimitUnit.ELAPSED_HOURS), value=st.integers(1, 48)),
    st.just(TimeLimit(unit=LimitUnit.SAME_DAY)),
)
SPANS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 4000)), max_size=3)
"""Minutes until the next pause, and minutes it takes."""


def worked(day: date) -> bool:
    """By the lists of the year, without the calendar's own look-up."""
    return day in CALENDAR.make_up_days or (day.weekday() < 5 and day not in CALENDAR.holidays)


def open_at(at: datetime) -> bool:
    local = at.astimezone(CHINA)
    minute = local.hour * 60 + local.minute
    return worked(local.date()) and any(first <= minute < last for first, last in HOURS)


def minutes_on(start: datetime, amount: int) -> datetime:
    """The end of the `amount`-th open minute from `start` on."""
    for number in count():
        if amount == 0:
            return start + number * MINUTE
        amount -= open_at(start + number * MINUTE)
    raise AssertionError


def brute_limit(start: datetime, limit: TimeLimit) -> datetime:
    if limit.unit is LimitUnit.ELAPSED_HOURS:
        return start + timedelta(hours=limit.value or 0)
    if limit.unit is LimitUnit.WORKING_HOURS:
        return minutes_on(start, 60 * (limit.value or 0))
    at = start
    while not open_at(at):
        at += MINUTE
    day, left = at.astimezone(CHINA).date(), limit.value or 0
    while left:
        day += timedelta(days=1)
        left -= worked(day)
    return datetime(day.year, day.month, day.day, 17, 30, tzinfo=CHINA)


def brute_due(start: datetime, limit: TimeLimit, pauses: list[tuple[datetime, datetime]]) -> datetime:
    due, natural = brute_limit(start, limit), limit.unit is LimitUnit.ELAPSED_HOURS
    paused = sum(
        natural or open_at(begin + number * MINUTE)
        for begin, end in pauses
        for number in range(int((end - begin) / MINUTE))
    )
    return due + paused * MINUTE if natural else minutes_on(due, paused)


def walked(start: datetime, limit: TimeLimit, spans: list[tuple[int, int]]) -> PaperService:
    """Paused and resumed as told; the customer's refusal is a pause too."""
    desk = green_channel(limit, at=start)
    desk.act(AcceptService, "ctr1")
    for number, (gap, length) in enumerate(spans):
        desk.now += gap * MINUTE
        if number % 2:
            desk.act(CompleteService, "ctr1", late_reason="补录")
        else:
            desk.act(PauseService, "ctr1", reason=PauseReason.WAITING_FOR_THIRD_PARTY)
        desk.now += length * MINUTE
        if number % 2:
            desk.act(ConfirmService, CUSTOMER, satisfied=False)
        else:
            desk.act(ResumeService, "ctr1")
    return desk


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60 * 24 * 40), LIMITS, SPANS)
def test_due_is_the_limit_and_the_paused_time(minute: int, limit: TimeLimit, spans: list[tuple[int, int]]) -> None:
    start = china("2026-09-10 00:00").astimezone(UTC) + minute * MINUTE
    desk = walked(start, limit, spans)
    clock, task = desk.state.clocks[0], desk.state.tasks[0]
    pauses = [(pause.paused_at, pause.resumed_at or pause.paused_at) for pause in clock.pauses]
    assert len(pauses) == len(spans)
    assert clock.deadline.due_at == brute_due(start, limit, pauses)
    assert (task.deadline, task.pauses, task.clock_from) == (clock.deadline, clock.pauses, start)
    assert service.redated(desk.state, CALENDAR) == desk.state, "the same calendar moves nothing"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60 * 24 * 40), LIMITS, SPANS, st.sampled_from([1, 33, 50, 80, 99]))
def test_a_warning_comes_when_so_much_is_used_and_no_sooner(
    minute: int, limit: TimeLimit, spans: list[tuple[int, int]], percent: int
) -> None:
    start = china("2026-09-10 00:00").astimezone(UTC) + minute * MINUTE
    desk = walked(start, limit, spans)
    state, task = desk.state.clocks[0], desk.state.tasks[0]
    base = Clock(started_at=start, due_at=brute_limit(start, limit), pauses=state.pauses, elapsed=state.elapsed)
    at = used_at(task, percent, CALENDAR)
    assert start <= at <= task.deadline.due_at
    assert used_percent(CALENDAR, base, at) >= percent
    assert used_percent(CALENDAR, base, at - MINUTE) < percent


@pytest.mark.parametrize(
    ("start", "half", "most"),
    [
        pytest.param("2026-03-02 20:00", "03-03 08:00", "03-03 15:12", id="the morning after is no night"),
        pytest.param("2026-03-02 10:00", "03-03 09:00", "03-03 09:00", id="both fall into the night"),
        pytest.param("2026-03-06 19:00", None, None, id="the office opens after the deadline"),
    ],
)
def test_a_warning_of_natural_hours_that_falls_into_the_night_waits_for_the_office(
    start: str, half: str | None, most: str | None
) -> None:
    desk = green_channel(TimeLimit(unit=LimitUnit.ELAPSED_HOURS, value=24), at=china(start).astimezone(UTC))
    desk.wait(timedelta(days=1))
    times = {alarm.key: f"{alarm.at.astimezone(CHINA):%m-%d %H:%M}" for _, alarm in desk.gone}
    assert (times.get("percent:50"), times.get("percent:80")) == (half, most)
