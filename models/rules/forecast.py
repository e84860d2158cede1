"""逾期预测: which open tasks will be late, if everybody works at the usual pace through its own in order of due date.

A person does one task at a time, the earliest due first, in office time alone. A task of a post goes to whichever of
the post's people is free first. Who is away at the moment of the forecast is replaced by its stand-in 代理.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import NamedTuple
from uuid import UUID

from models.messages.calendar import CalendarSnapshot
from models.rules import calendar as cal
from models.rules.stand_ins import Appointment, Subject, effective
from models.types import CaseKind

MINUTE = timedelta(minutes=1)
Step = tuple[CaseKind, str]
"""Kind of case and step: what handling times are told apart by."""


class Done(NamedTuple):
    """A task that was done. `freed_at`: when whoever did it had closed its task before this one, if any is known."""

    step: Step
    opened_at: datetime
    closed_at: datetime
    freed_at: datetime | None = None


class Usual(NamedTuple):
    """Usual handling time by step in office minutes, and what stands in for a step that was done too seldom."""

    minutes: Mapping[Step, int]
    otherwise: int

    def of(self, step: Step) -> timedelta:
        """Office time of one task of the step."""
        return timedelta(minutes=self.minutes.get(step, self.otherwise))


class Waiting(NamedTuple):
    """An open task. `people`: the assignee, or everybody who holds the post; `barred`: who declared the case."""

    id: UUID
    step: Step
    due_at: datetime
    subject: Subject
    people: tuple[UUID, ...]
    barred: UUID | None = None


class Foreseen(NamedTuple):
    """A task with the instant at which it will be done; None when there is nobody to do it."""

    task: Waiting
    done_at: datetime | None

    @property
    def late(self) -> bool:
        """Whether that is past its due instant."""
        return self.done_at is None or self.done_at > self.task.due_at


class ForecastDay(NamedTuple):
    """Tasks due from a working day (Asia/Shanghai) until the next one: those that will be in time, and late."""

    day: date
    in_time: int
    late: int


class Forecast(NamedTuple):
    """What is due in the coming working days, by day, and the tasks that will be late, the earliest due first."""

    days: tuple[ForecastDay, ...]
    late: tuple[Foreseen, ...]


def usual(calendar: CalendarSnapshot, done: Iterable[Done], *, fewest: int, otherwise: int) -> Usual:
    """Median office minutes by step, of steps done at least `fewest` times; at least one minute.

    Counted from when the task was opened or, if that was later, from when its person had done the one before: a task
    that waits behind others is not being handled yet.
    """
    found: dict[Step, list[int]] = defaultdict(list)
    for item in done:
        began = item.opened_at if item.freed_at is None else max(item.opened_at, item.freed_at)
        found[item.step].append(cal.working_minutes_between(calendar, began, item.closed_at))
    enough = {step: max(1, median_low(minutes)) for step, minutes in found.items() if len(minutes) >= fewest}
    return Usual(enough, otherwise)


def coming_days(calendar: CalendarSnapshot, now: datetime, count: int) -> tuple[date, ...]:
    """So many working days, today included when it is one."""
    days = [cal.move_to_working_day(calendar, cal.local_date(now))]
    while len(days) < count:
        days.append(cal.next_working_day(calendar, days[-1]))
    return tuple(days)


def horizon(calendar: CalendarSnapshot, days: Sequence[date]) -> datetime:
    """The first instant that is not forecast: the start of the working day after the last of the days."""
    return cal.instant(cal.next_working_day(calendar, days[-1]))


def foresee(
    calendar: CalendarSnapshot,
    now: datetime,
    tasks: Iterable[Waiting],
    usual_time: Usual,
    appointments: Iterable[Appointment] = (),
) -> Iterator[Foreseen]:
    """Every task with the instant it will be done, in order of due date; `tasks` hold those that are late already."""
    away = [item for item in appointments if item.in_force(now)]
    free: dict[UUID, datetime] = {}
    for task in sorted(tasks, key=lambda each: (each.due_at, each.id)):
        hands = _hands(task, away, now)
        if not hands:
            yield Foreseen(task, None)
            continue
        who = min(hands, key=lambda person: (free.get(person, now), person))
        free[who] = cal.add_working_time(calendar, free.get(who, now), usual_time.of(task.step))
        yield Foreseen(task, free[who])


def forecast(calendar: CalendarSnapshot, now: datetime, days: Sequence[date], tasks: Iterable[Foreseen]) -> Forecast:
    """Of foreseen tasks those due after `now` and within the days; what is due on days off counts with the day before.

    Before the first of the days there is none: that counts with the first.
    """
    end = horizon(calendar, days)
    due = [item for item in tasks if now < item.task.due_at < end]
    counts = {day: [0, 0] for day in days}
    for item in due:
        counts[_day_of(days, item.task.due_at)][item.late] += 1
    return Forecast(
        days=tuple(ForecastDay(day, *counts[day]) for day in days),
        late=tuple(item for item in due if item.late),
    )


def _hands(task: Waiting, away: Sequence[Appointment], now: datetime) -> set[UUID]:
    """Who does the work of the task's people, without whom 四眼原则 keeps off it."""
    found = {effective(away, person, task.subject, now) or person for person in task.people}
    return found - {task.barred}


def _day_of(days: Sequence[date], due_at: datetime) -> date:
    due = cal.local_date(due_at)
    return max((day for day in days if day <= due), default=days[0])
