"""Alarms of a task: when each goes off, once, whatever moves the deadline; cases that broke others are named."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.alarms import AlarmPolicy, ReminderBefore, Rung
from models.messages.approval import ApprovalState, OpenTask
from models.messages.calendar import Deadline, Pause
from models.rules import calendar as cal
from models.rules.alarms import alarms_left, is_quiet, mark, next_alarm
from models.types import AlarmKind, Role, SeatKind, Stage, Tier, Verdict
from tests.rules.calendars import china, published_calendar

CALENDAR = published_calendar(2025, 2026)
POLICY = AlarmPolicy(
    before=(ReminderBefore(working_days=1), ReminderBefore(working_minutes=60)),
    repeat_every_working_days=1,
    repeat_at_most=2,
    ladder=(
        Rung(rung=1, after_working_days=0, to="holder"),
        Rung(rung=2, after_working_days=1, to="superior"),
        Rung(rung=3, after_working_days=3, to="hq"),
    ),
)
OPENED, DUE = china("2026-03-02 10:00"), china("2026-03-09 17:30")


def task(due: datetime = DUE, opened: datetime = OPENED, **facts: object) -> OpenTask:
    deadline = Deadline(due_at=due, provisional=False, calendar_version=CALENDAR.version)
    return OpenTask.model_validate(
        {
            "task_id": uuid4(),
            "step": "branch_review",
            "role": Role.BR_SVC,
            "institution_code": "BJ",
            "opened_at": opened,
            "deadline": deadline,
            **facts,
        }
    )


def case(*tasks: OpenTask) -> ApprovalState:
    return ApprovalState(
        case_id=uuid4(),
        stage=Stage.BRANCH_REVIEW,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        declared_by=uuid4(),
        declarant_institution="BJ",
        route=(),
        tasks=tasks,
    )


def run(state: ApprovalState, policy: AlarmPolicy = POLICY) -> Iterator[tuple[str, str]]:
    """Let everything go off: keys with their wall-clock time."""
    while (found := next_alarm(state, policy, CALENDAR)) is not None:
        one, alarm = found
        yield alarm.key, f"{alarm.at.astimezone(cal.CHINA):%m-%d %H:%M}"
        state = mark(state, one.task_id, alarm.key)


def test_the_whole_life_of_an_overdue_task_each_alarm_once() -> None:
    assert list(run(case(task()))) == [
        ("before:1d", "03-06 17:30"),
        ("before:60m", "03-09 16:30"),
        ("breach", "03-09 17:30"),
        ("rung:1", "03-09 17:30"),
        ("repeat:1", "03-10 17:30"),
        ("rung:2", "03-10 17:30"),
        ("repeat:2", "03-11 17:30"),
        ("rung:3", "03-12 17:30"),
    ]


def test_a_reminder_of_one_day_ahead_is_a_working_day_not_24_hours() -> None:
    """jmix-framework/jmix 790, ServiceNow: "1 day" that became three; here it crosses National Day."""
    alarms = dict(run(case(task(china("2026-10-08 17:30"), china("2026-09-25 10:00")))))
    assert alarms["before:1d"] == "09-30 17:30"
    assert alarms["repeat:2"] == "10-10 17:30"  # the make-up Saturday is a working day


def test_an_hour_ahead_is_an_office_hour_across_lunch() -> None:
    assert dict(run(case(task(china("2026-03-09 14:00")))))["before:60m"] == "03-09 11:30"


def test_reminders_whose_time_was_over_at_the_opening_are_skipped_not_fired_in_a_burst() -> None:
    late = task(opened=china("2026-03-09 17:00"))
    assert [key for key, _ in run(case(late))][:2] == ["breach", "rung:1"]


def test_a_task_that_opens_long_overdue_is_escalated_once_and_not_reminded_of_the_past() -> None:
    keys = [key for key, _ in run(case(task(opened=china("2026-03-20 10:00"))))]
    assert keys == ["breach", "rung:1", "rung:2", "rung:3"]


@pytest.mark.parametrize(
    ("due", "told"),
    [("2026-03-09 23:59", "03-10 09:00"), ("2026-03-06 22:00", "03-09 09:00"), ("2026-03-07 10:00", "03-09 09:00")],
)
def test_nobody_is_told_at_midnight_or_on_a_day_off(due: str, told: str) -> None:
    """zammad 4432: escalation mail at midnight. The breach stands at its instant, telling waits for the opening."""
    state = case(task(china(due)))
    found = next_alarm(state, AlarmPolicy(), CALENDAR)
    assert found is not None
    assert (found[1].key, found[1].silent, found[1].at) == ("breach", True, china(due))
    assert dict(run(state, AlarmPolicy()))["breach:told"] == told
    assert dict(run(state))["rung:1"] == told


def test_equal_quiet_hours_leave_only_days_off_quiet() -> None:
    policy = AlarmPolicy(quiet_from_hour=0, quiet_until_hour=0)
    assert not is_quiet(policy, CALENDAR, china("2026-03-09 23:00"))
    assert is_quiet(policy, CALENDAR, china("2026-03-08 10:00"))
    assert is_quiet(AlarmPolicy(quiet_from_hour=1, quiet_until_hour=5), CALENDAR, china("2026-03-09 03:00"))


def test_an_empty_ladder_escalates_nothing() -> None:
    """objectstack 12278: `escalation.enabled: false` still escalated, for nobody read it."""
    quiet = AlarmPolicy(at_deadline=False)
    assert [key for key, _ in run(case(task()), quiet)] == ["breach"]
    found = next_alarm(case(task()), quiet, CALENDAR)
    assert found is not None
    assert found[1].silent


def test_nothing_is_decided_automatically_unless_the_rulebook_says_so() -> None:
    assert "auto" not in dict(run(case(task())))
    policy = AlarmPolicy(auto_verdict=Verdict.RETURN, auto_after_working_days=2)
    found = dict(run(case(task()), policy))
    assert found["auto"] == "03-11 17:30"


def test_a_paused_task_has_no_alarm_until_it_runs_again() -> None:
    pause = Pause(paused_at=china("2026-03-05 10:00"), reason="waiting_for_customer")
    assert next_alarm(case(task(pauses=(pause,))), POLICY, CALENDAR) is None
    ended = pause.model_copy(update={"resumed_at": china("2026-03-06 10:00")})
    assert next_alarm(case(task(pauses=(ended,))), POLICY, CALENDAR) is not None


def test_a_deadline_moved_on_does_not_set_off_again_what_went_off() -> None:
    gone = task(alarms=("before:1d", "before:60m", "breach", "rung:1"), breach_recorded=True)
    later = gone.model_copy(update={"deadline": gone.deadline.model_copy(update={"due_at": china("2026-03-16 17:30")})})
    assert [key for key, _ in run(case(later))] == ["repeat:1", "rung:2", "repeat:2", "rung:3"]


def test_a_new_task_after_a_return_has_alarms_of_its_own() -> None:
    """The timer that never fires again after a return: alarms belong to the task, and a return opens a new one."""
    first = task()
    state = mark(case(first), first.task_id, "before:1d")
    returned = state.model_copy(update={"tasks": (task(china("2026-03-19 17:30"), china("2026-03-12 10:00")),)})
    assert dict(run(returned))["before:1d"] == "03-18 17:30"


def test_a_task_behind_another_signer_is_not_reminded_and_its_escalation_waits() -> None:
    waiting = task(waiting=True)
    assert [alarm.silent for alarm in alarms_left(waiting, POLICY, CALENDAR)] == [True, True, True]
    gone = waiting.model_copy(update={"waiting": False, "alarms": ("before:1d", "before:60m", "breach")})
    assert alarms_left(gone, POLICY, CALENDAR)[0].key == "rung:1"


def test_an_older_state_that_only_knows_its_breach_does_not_breach_again() -> None:
    assert "breach" not in dict(run(case(task(breach_recorded=True))))


def test_marking_is_once_and_leaves_other_tasks_alone() -> None:
    one, other = task(), task()
    state = mark(mark(case(one, other), one.task_id, "breach"), one.task_id, "breach")
    assert [(item.alarms, item.breach_recorded) for item in state.tasks] == [(("breach",), True), ((), False)]
    assert mark(state, UUID(int=7), "breach") == state


@settings(max_examples=60, deadline=None)
@given(
    opened=st.integers(0, 200 * 24 * 60),
    length=st.integers(0, 40),
    days=st.integers(0, 3),
    minutes=st.integers(0, 600),
    repeats=st.integers(0, 3),
)
def test_every_alarm_goes_off_once_and_telling_is_never_quiet(
    opened: int, length: int, days: int, minutes: int, repeats: int
) -> None:
    start = china("2026-01-20 00:00") + timedelta(minutes=opened)
    policy = POLICY.model_copy(
        update={
            "before": (ReminderBefore(working_days=days), ReminderBefore(working_minutes=minutes)),
            "repeat_at_most": repeats,
        }
    )
    one = task(cal.add_working_hours(CALENDAR, start, length).due_at, start)
    left = alarms_left(one, policy, CALENDAR)
    assert len({alarm.key for alarm in left}) == len(left)
    assert [alarm.at for alarm in left] == sorted(alarm.at for alarm in left)
    loud = [alarm for alarm in left if not alarm.silent]
    assert not any(is_quiet(policy, CALENDAR, alarm.at) for alarm in loud)
    assert sum(alarm.kind is AlarmKind.ESCALATION for alarm in left) == len(policy.ladder)
    assert len(list(run(case(one), policy))) == len(left)


LADDERS = st.lists(st.integers(min_value=0, max_value=12), min_size=1, max_size=5, unique=True).map(sorted)


@given(days=LADDERS, late_days=st.integers(min_value=0, max_value=40), again=st.integers(min_value=0, max_value=20))
@settings(deadline=None, max_examples=60)
def test_a_task_that_opens_overdue_stands_on_one_rung_and_climbs_from_there_each_once(
    days: list[int], late_days: int, again: int
) -> None:
    ladder = tuple(Rung(rung=n, after_working_days=day, to="superior") for n, day in enumerate(days, start=1))
    policy = AlarmPolicy(ladder=ladder, latest_rung_only=True)
    opened = DUE + timedelta(days=late_days)
    found = list(_rungs_of(case(task(opened=opened)), policy))
    past = [rung.rung for rung in ladder if _overdue_by(rung.after_working_days) <= opened]
    ahead = [rung.rung for rung in ladder if rung.rung not in past]
    assert found == past[-1:] + ahead
    # The next task of the same clock opens later and remembers what went off: no rung comes twice, none from below.
    keys = tuple(f"rung:{number}" for number in found[: again % (len(found) + 1)])
    later = opened + timedelta(days=again)
    more = list(_rungs_of(case(task(opened=later, alarms=keys)), policy))
    assert len({*keys, *(f"rung:{number}" for number in more)}) == len(keys) + len(more)
    assert more == sorted(more)
    assert not more or more[0] >= max(past[-1:], default=0)


def _rungs_of(state: ApprovalState, policy: AlarmPolicy) -> Iterator[int]:
    return (int(key.removeprefix("rung:")) for key, _ in run(state, policy) if key.startswith("rung:"))


def _overdue_by(days: int) -> datetime:
    """The hour of a rung, reckoned day by day: so many working days on, told in the morning when it falls quiet."""
    at = DUE
    while days:
        at += timedelta(days=1)
        days -= cal.is_working_day(CALENDAR, cal.local_date(at))
    return at


def test_a_request_received_long_ago_is_told_of_its_breach_and_where_it_stands_now() -> None:
    policy = POLICY.model_copy(update={"latest_rung_only": True})
    opened = china("2026-04-01 10:00")
    assert [key for key, _ in run(case(task(opened=opened)), policy)] == ["breach", "rung:3"]
    assert [key for key, _ in run(case(task(opened=china("2026-03-11 09:00"))), policy)] == [
        "breach",
        "rung:2",
        "repeat:2",
        "rung:3",
    ]
