"""运行总览 and 卡住清单: what runs and waits, how much came and went, and what to mend first."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.ops_types import StuckReason
from models.rules import calendar as cal
from models.services.reconcile.runs import watch
from models.stores.cases import CaseStore
from models.stores.institutions import institution_names
from models.stores.watching import Hours, Position, TaskCount, WatchStore
from models.tables.cases import Case, Task
from models.tables.reconcile import Drift
from models.types import CaseKind, Stage

FLOW_WORKING_DAYS = 10
AGE_WORKING_DAYS = (1, 3, 10, 30)
FIRST = 5
"""最先要处理的: so many."""


@dataclass(frozen=True)
class Stuck:
    """One thing that is stuck: a task, or a run as the last comparison saw it."""

    reason: StuckReason
    id: UUID
    workflow_id: str
    due_at: datetime
    """Since when, or until when, whatever the reason counts from; the sort key of a task."""
    case: Case | None = None
    task: Task | None = None
    seen: Drift | None = None

    @property
    def position(self) -> Position:
        """Its place in the list."""
        return self.due_at, self.id


@dataclass(frozen=True)
class KindLine:
    """One kind of case."""

    kind: CaseKind
    running: int = 0
    waiting: int = 0
    today: int = 0
    overdue: int = 0
    failing: int = 0
    nobody: int = 0
    stages: dict[Stage, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceLine:
    """One institution with open tasks."""

    institution_code: str
    name: str
    waiting: int
    today: int
    overdue: int
    nobody: int


@dataclass(frozen=True)
class DayFlow:
    """What was opened and closed from a working day (Asia/Shanghai) until the next one."""

    day: date
    opened: int
    closed: int


@dataclass(frozen=True)
class Overview:
    """运行总览 at one moment. `ages`: open cases by working days since they were opened, the last without an end."""

    kinds: tuple[KindLine, ...]
    places: tuple[PlaceLine, ...]
    days: tuple[DayFlow, ...]
    ages: tuple[tuple[int | None, int], ...]
    stuck: dict[StuckReason, int]
    first: tuple[Stuck, ...]

    def total(self, name: str) -> int:
        """A number over all kinds."""
        return sum(getattr(line, name) for line in self.kinds)


def hours(session: Session, calendar: CalendarSnapshot, now: datetime) -> Hours:
    """The instants that everything here is told by."""
    today = cal.local_date(now)
    days = watch(session, now).paused_too_long_working_days
    return Hours(now, cal.instant(today + cal.ONE_DAY), cal.subtract_working_days(calendar, now, days))


def overview(session: Session, calendar: CalendarSnapshot, now: datetime) -> Overview:
    """Everything the first page of operations says."""
    at, store = hours(session, calendar, now), WatchStore(session)
    waiting = store.waiting(at)
    failing = stuck(session, StuckReason.FAILING, at, None, 1000)
    return Overview(
        kinds=_kinds(store, waiting, failing),
        places=_places(session, waiting),
        days=_days(store, calendar, cal.local_date(now)),
        ages=_ages(store, calendar, now),
        stuck={reason: store.stuck_count(reason, at) for reason in StuckReason},
        first=_first(session, at),
    )


def stuck(session: Session, reason: StuckReason, at: Hours, after: Position | None, limit: int) -> list[Stuck]:
    """What is stuck by one reason, from a keyset position on."""
    store = WatchStore(session)
    if reason in {StuckReason.FAILING, StuckReason.ORPHAN}:
        rows = store.seen(reason, after, limit)
        cases = CaseStore(session).by_ids({row.case_id for row in rows if row.case_id})
        return [_seen(reason, row, cases.get(row.case_id) if row.case_id else None) for row in rows]
    tasks = store.tasks(reason, at, after, limit)
    cases = CaseStore(session).by_ids({task.case_id for task in tasks})
    return [_waiting(reason, task, cases.get(task.case_id)) for task in tasks]


def _seen(reason: StuckReason, row: Drift, case: Case | None) -> Stuck:
    return Stuck(reason, row.id, row.workflow_id, row.found_at, case=case, seen=row)


def _waiting(reason: StuckReason, task: Task, case: Case | None) -> Stuck:
    return Stuck(reason, task.id, case.workflow_id if case else "", task.due_at, case=case, task=task)


def _first(session: Session, at: Hours) -> tuple[Stuck, ...]:
    """By reason, the most pressing one first; a deadline that is provisional can wait."""
    found: list[Stuck] = []
    for reason in StuckReason:
        if reason is not StuckReason.PROVISIONAL and len(found) < FIRST:
            found += stuck(session, reason, at, None, FIRST - len(found))
    return tuple(found)


def _kinds(store: WatchStore, waiting: Iterable[TaskCount], failing: Iterable[Stuck]) -> tuple[KindLine, ...]:
    """Every kind that has cases or tasks, in the order of the types."""
    numbers: dict[CaseKind, Counter[str]] = {}
    stages: dict[CaseKind, dict[Stage, int]] = {}
    for row in store.running():
        numbers.setdefault(row.kind, Counter())["running"] += row.number
        stages.setdefault(row.kind, {})[row.stage] = row.number
    for count in waiting:
        numbers.setdefault(count.kind, Counter()).update(_numbers(count))
    for item in failing:
        if item.case is not None:
            numbers.setdefault(item.case.kind, Counter())["failing"] += 1
    return tuple(
        KindLine(kind=kind, stages=stages.get(kind, {}), **numbers[kind]) for kind in CaseKind if kind in numbers
    )


def _numbers(count: TaskCount) -> dict[str, Any]:
    return {name: getattr(count, name) for name in ("waiting", "today", "overdue", "nobody")}


def _places(session: Session, waiting: Iterable[TaskCount]) -> tuple[PlaceLine, ...]:
    """Institutions with open tasks, those with most overdue first."""
    numbers: dict[str, Counter[str]] = {}
    for count in waiting:
        numbers.setdefault(count.institution_code, Counter()).update(_numbers(count))
    names = institution_names(session, set(numbers))
    lines = [
        PlaceLine(code, names.get(code, code), found["waiting"], found["today"], found["overdue"], found["nobody"])
        for code, found in numbers.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.overdue, -line.waiting, line.institution_code)))


def _days(store: WatchStore, calendar: CalendarSnapshot, today: date) -> tuple[DayFlow, ...]:
    """The last working days, today included; what came on days off counts with the working day before them."""
    days = [today]
    while len(days) < FLOW_WORKING_DAYS:
        days.insert(0, cal.previous_working_day(calendar, days[0]))
    starts = [cal.instant(day) for day in (*days, today + cal.ONE_DAY)]
    spans = list(pairwise(starts))
    return tuple(DayFlow(day, *numbers) for day, numbers in zip(days, store.flow(spans), strict=True))


def _ages(store: WatchStore, calendar: CalendarSnapshot, now: datetime) -> tuple[tuple[int | None, int], ...]:
    bounds = [cal.subtract_working_days(calendar, now, days) for days in AGE_WORKING_DAYS]
    found = store.ages(bounds)
    parts = [found[0], *(later - before for before, later in pairwise(found))]
    return tuple(zip((*AGE_WORKING_DAYS, None), parts, strict=True))
