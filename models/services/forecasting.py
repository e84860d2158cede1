"""逾期预测 of the whole company at one moment, for operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.rulebook.schema.keeping import Watch
from models.rules import calendar as cal
from models.rules.forecast import (
    Forecast,
    ForecastDay,
    Foreseen,
    Usual,
    Waiting,
    coming_days,
    forecast,
    foresee,
    horizon,
    usual,
)
from models.rules.stand_ins import Subject
from models.services.reconcile.runs import watch
from models.services.stand_ins import appointment
from models.stores.cases import CaseStore
from models.stores.forecast import DueTask, ForecastStore
from models.stores.people import PeopleStore
from models.stores.stand_ins import StandInStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import UNDECLARED_KINDS, Role, Stage

FIRST = 5
"""So many of the tasks that will be late are named."""
MEASURED = 2000
"""So many of the newest done tasks tell how long a step takes, at most."""
_ROOT = "/"


@dataclass(frozen=True)
class Expected:
    """A task that will be late, and when it will be done; None when there is nobody to do it."""

    task: Task
    case: Case
    done_at: datetime | None


@dataclass(frozen=True)
class Outlook:
    """The coming working days, how many tasks will be late in them, and the first of these."""

    days: tuple[ForecastDay, ...]
    late: int
    first: tuple[Expected, ...]
    at: datetime
    """When it was reckoned."""


def outlook(session: Session, calendar: CalendarSnapshot, now: datetime) -> Outlook:
    """What will be late if everybody works on as usual."""
    rules = watch(session, now)
    found = _forecast(session, calendar, rules, now)
    return Outlook(found.days, len(found.late), tuple(_expected(session, found.late[:FIRST])), now)


def _forecast(session: Session, calendar: CalendarSnapshot, rules: Watch, now: datetime) -> Forecast:
    days = coming_days(calendar, now, rules.forecast_working_days)
    posts = PeopleStore(session).holders_by_post()
    tasks = [_waiting(row, posts) for row in ForecastStore(session).due_before(horizon(calendar, days))]
    away = map(appointment, StandInStore(session).in_force(now))
    return forecast(calendar, now, days, foresee(calendar, now, tasks, _usual(session, calendar, rules, now), away))


def _usual(session: Session, calendar: CalendarSnapshot, rules: Watch, now: datetime) -> Usual:
    since = cal.subtract_working_days(calendar, now, rules.forecast_measured_working_days)
    done = ForecastStore(session).done_since(since, MEASURED)
    return usual(calendar, done, fewest=rules.forecast_fewest_done, otherwise=rules.forecast_handling_minutes)


def _waiting(row: DueTask, posts: dict[tuple[Role, str], list[UUID]]) -> Waiting:
    people = (row.assignee_id,) if row.assignee_id else tuple(posts.get((row.role, row.institution_code), ()))
    own = row.kind in UNDECLARED_KINDS or row.step == Stage.DECLARED
    barred = None if own else row.declared_by
    return Waiting(
        row.id, (row.kind, row.step), row.due_at, Subject(row.kind, row.tier, row.path or _ROOT), people, barred
    )


def _expected(session: Session, late: Sequence[Foreseen]) -> list[Expected]:
    tasks = [(TaskStore(session).get(item.task.id), item.done_at) for item in late]
    cases = CaseStore(session).by_ids({task.case_id for task, _done_at in tasks if task})
    return [Expected(task, cases[task.case_id], done_at) for task, done_at in tasks if task]
