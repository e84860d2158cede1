"""逾期预测 against a simulation minute by minute, and the cases that people ask about."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.forecast import Done, Usual, Waiting, coming_days, forecast, foresee, horizon, usual
from models.rules.stand_ins import Appointment, Reach, Subject
from models.types import CaseKind, Tier
from tests.rules.calendars import china, published_calendar
from tests.rules.forecast_oracle import Job, simulate

CALENDAR = published_calendar(2025, 2026)
PEOPLE = [UUID(int=number) for number in range(1, 5)]
STEPS = [(CaseKind.COMPLAINT, "reply"), (CaseKind.QUALIFICATION, "branch_review"), (CaseKind.COMPLAINT, "seldom")]
USUAL = Usual({STEPS[0]: 45, STEPS[1]: 200}, otherwise=70)
SUBJECT = Subject(CaseKind.COMPLAINT, Tier.GOLD, "/HQ/BJ/BJ01/")
MINUTE = timedelta(minutes=1)


def waiting(number: int, due: str, *people: UUID, barred: UUID | None = None) -> Waiting:
    return Waiting(UUID(int=100 + number), STEPS[0], china(due), SUBJECT, people, barred)


def done_at(now: datetime, tasks: list[Waiting], *away: Appointment) -> dict[int, datetime | None]:
    return {item.task.id.int - 100: item.done_at for item in foresee(CALENDAR, now, tasks, USUAL, away)}


tasks_of_people = st.lists(
    st.builds(
        lambda step, due, people, barred: (step, due, tuple(people), barred),
        st.sampled_from(STEPS),
        st.integers(-2000, 8000),
        st.sets(st.sampled_from(PEOPLE)),
        st.none() | st.sampled_from(PEOPLE),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(tasks_of_people, st.integers(0, 7 * 24 * 60))
def test_the_same_as_minute_by_minute(
    found: list[tuple[tuple[CaseKind, str], int, tuple[UUID, ...], UUID | None]], start: int
) -> None:
    now = china("2026-09-28 00:00") + start * MINUTE  # National Day follows
    tasks = [
        Waiting(UUID(int=100 + number), step, now + due * MINUTE, SUBJECT, people, barred)
        for number, (step, due, people, barred) in enumerate(found)
    ]
    jobs = [
        Job(task.id, task.due_at, USUAL.minutes.get(task.step, 70), frozenset(task.people) - {task.barred})
        for task in tasks
    ]
    expected = simulate(CALENDAR, now, jobs)
    foreseen = list(foresee(CALENDAR, now, tasks, USUAL))
    assert {item.task.id: item.done_at for item in foreseen} == {task.id: expected.get(task.id) for task in tasks}
    days = coming_days(CALENDAR, now, 3)
    result = forecast(CALENDAR, now, days, foreseen)
    end = horizon(CALENDAR, days)
    due = [task for task in tasks if now < task.due_at < end]
    late = {task.id for task in due if task.id not in expected or expected[task.id] > task.due_at}
    assert {item.task.id for item in result.late} == late
    assert sum(day.late for day in result.days) == len(late)
    assert sum(day.in_time for day in result.days) == len(due) - len(late)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 400)), max_size=25), st.integers(1, 6))
def test_usual_times_are_medians_of_what_was_done_often_enough(
    found: list[tuple[tuple[CaseKind, str], int]], fewest: int
) -> None:
    opened = china("2026-03-02 09:00")
    done = [Done(step, opened, opened + minutes * MINUTE) for step, minutes in found]
    times = usual(CALENDAR, done, fewest=fewest, otherwise=70)
    for step in STEPS:
        # The office closes from 12:00 to 13:30: minutes 180 to 270 of the day do not count.
        office = sorted(min(m, 180) + max(0, m - 270) for each, m in found if each == step)
        expected = max(1, office[(len(office) - 1) // 2]) if len(office) >= fewest else 70
        assert times.of(step) == expected * MINUTE


def test_time_behind_another_task_is_not_handling() -> None:
    opened, before = china("2026-03-02 09:00"), china("2026-03-02 11:00")
    queued = Done(STEPS[0], opened, before + 30 * MINUTE, freed_at=before)
    assert usual(CALENDAR, [queued], fewest=1, otherwise=70).of(STEPS[0]) == 30 * MINUTE
    earlier = Done(STEPS[0], before, before + 30 * MINUTE, freed_at=opened)
    assert usual(CALENDAR, [earlier], fewest=1, otherwise=70).of(STEPS[0]) == 30 * MINUTE


def test_one_person_works_in_order_of_due_date_and_rests_on_days_off() -> None:
    one = PEOPLE[0]
    dues = {1: "2026-09-25 17:00", 2: "2026-09-25 17:30", 3: "2026-09-28 10:00"}
    tasks = [waiting(number, dues[number], one) for number in (2, 1, 3)]
    now = china("2026-09-24 16:00")
    assert done_at(now, tasks) == {
        1: china("2026-09-24 16:45"),
        2: china("2026-09-24 17:30"),
        3: china("2026-09-28 09:45"),
    }


def test_a_post_is_as_quick_as_its_people_and_never_its_declarant() -> None:
    both = PEOPLE[:2]
    now = china("2026-03-02 09:00")
    tasks = [waiting(n, "2026-03-02 17:00", *both) for n in (1, 2, 3)]
    assert sorted(filter(None, done_at(now, tasks).values())) == [
        china("2026-03-02 09:45"),
        china("2026-03-02 09:45"),
        china("2026-03-02 10:30"),
    ]
    assert done_at(now, [waiting(1, "2026-03-02 17:00", both[0], barred=both[0])]) == {1: None}


def test_who_is_away_is_replaced_by_its_stand_in_within_the_reach() -> None:
    away, stand_in = PEOPLE[:2]
    now = china("2026-03-02 09:00")
    leave = Appointment(away, stand_in, now - timedelta(days=1), now + timedelta(days=9))
    tasks = [waiting(1, "2026-03-02 10:00", stand_in), waiting(2, "2026-03-02 10:10", away)]
    assert done_at(now, tasks)[2] == china("2026-03-02 09:45")
    assert done_at(now, tasks, leave)[2] == china("2026-03-02 10:30")
    other = leave._replace(reach=Reach(kinds=frozenset({CaseKind.QUALIFICATION})))
    assert done_at(now, tasks, other)[2] == china("2026-03-02 09:45")
    over = leave._replace(ends_at=now)
    assert done_at(now, tasks, over)[2] == china("2026-03-02 09:45")


def test_what_is_late_already_is_work_but_no_forecast() -> None:
    now = china("2026-03-02 09:00")
    one = PEOPLE[0]
    tasks = [waiting(1, "2026-02-27 10:00", one), waiting(2, "2026-03-02 09:50", one), waiting(3, "2026-03-07 12:00")]
    days = coming_days(CALENDAR, now, 5)
    found = forecast(CALENDAR, now, days, list(foresee(CALENDAR, now, tasks, USUAL)))
    assert [item.task.id.int - 100 for item in found.late] == [2, 3]
    assert [(day.in_time, day.late) for day in found.days] == [(0, 1), (0, 0), (0, 0), (0, 0), (0, 1)]
    assert days[-1] == china("2026-03-06 00:00").date()
