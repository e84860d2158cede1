"""The inbox in SQL: one row per task, found by who may act, never one row per person.

The inbox of a person is its own tasks and those of each of its posts. Every such arm is read through its own partial
index in the order of the list and cut there, so that an inbox costs the same at a thousand tasks and at a million.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_, true
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from models.stores.scope import Scope, within
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES, CaseKind, Role, Tier

COUNT_CAP = 100
"""Counts stop here: "99+" is all a person needs to know, and no list costs a million rows to count."""
Position = tuple[datetime, UUID]
"""Keyset position: sort instant and id of the last row seen."""

# Literal, not parameters: a planner cannot prove of a parameter that it is one of the states of a partial index.
_OPEN: BindParameter[list[str]] = bindparam(
    "open_states", [state.value for state in OPEN_TASK_STATES], expanding=True, literal_execute=True
)


class Person(NamedTuple):
    """Whose inbox: an account and the posts it holds as (role, institution code)."""

    account_id: UUID
    posts: tuple[tuple[Role, str], ...]


class TaskFilter(NamedTuple):
    """What the address asks for; None means no restriction. `under`: the customer's institution lies within."""

    kind: CaseKind | None = None
    tier: Tier | None = None
    institution_code: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    q: str | None = None
    under: Scope | None = None


class TaskStore:
    """Tasks by id, by box and by case."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, task_id: UUID) -> Task | None:
        """A task by its opaque id, whoever asks."""
        return self.session.get(Task, task_id)

    def visible(self, task_id: UUID, person: Person, scope: Scope) -> Task | None:
        """The task, when it is the person's own or its case lies in the scope."""
        mine = (and_(_is_open(), arm) for arm in _arms(person))
        return self.session.exec(select(Task).where(Task.id == task_id, or_(*mine, _of_customer_in(scope)))).first()

    def todo(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Task]:
        """待我处理: open tasks the person may act on, most pressing first, from a keyset position on."""
        due, number = col(Task.due_at), col(Task.id)
        found = []
        for arm in _arms(person):
            statement = _filtered(select(Task).where(_is_open(), arm), wanted)
            if after is not None:
                # Not "later, or as late and then by id": only the plain bound on the instant enters the index.
                statement = statement.where(due >= after[0], or_(due > after[0], number > after[1]))
            found.append(self.session.exec(statement.order_by(due, number).limit(limit)).all())
        return list(islice(_distinct(merge(*found, key=lambda task: (task.due_at, task.id))), limit))

    def todo_counts(self, person: Person, wanted: Mapping[str, TaskFilter], cap: int = COUNT_CAP) -> dict[str, int]:
        """How many tasks `todo` would list for each of several filters, in one statement; at most `cap` each."""
        arms = list(_arms(person))
        numbers = [
            _counted(_filtered(select(col(Task.id)).where(_is_open(), arm), asked), cap)
            for asked in wanted.values()
            for arm in arms
        ]
        row: Sequence[int] = self.session.execute(select(*numbers)).one()
        sums = (sum(row[start : start + len(arms)]) for start in range(0, len(row), len(arms)))
        return {name: min(cap, total) for name, total in zip(wanted, sums, strict=True)}

    def todo_count(self, person: Person, wanted: TaskFilter, cap: int = COUNT_CAP) -> int:
        """How many tasks `todo` would list, at most `cap`."""
        return self.todo_counts(person, {"all": wanted}, cap)["all"]

    def done(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Task]:
        """已办: tasks this person closed, newest first."""
        statement = _filtered(select(Task).where(Task.closed_by == person.account_id), wanted)
        return list(self.session.exec(_newest_first(statement, Task.closed_at, Task.id, after).limit(limit)))

    def started(self, person: Person, wanted: TaskFilter, *, after: Position | None, limit: int) -> list[Case]:
        """我发起的: cases this person declared, newest first."""
        statement = select(Case).where(Case.declared_by == person.account_id)
        if wanted.kind is not None:
            statement = statement.where(Case.kind == wanted.kind)
        if wanted.tier is not None:
            statement = statement.where(Case.tier == wanted.tier)
        if wanted.under is not None:
            statement = statement.where(within(Case.institution_code, wanted.under))
        if wanted.q:
            statement = statement.where(_named(Case.customer_no, wanted.q))
        return list(self.session.exec(_newest_first(statement, Case.opened_at, Case.id, after).limit(limit)))

    def assigned_posts(self, account_id: UUID) -> list[tuple[Role, str]]:
        """(role, institution) of the open tasks that a person was given by name, each once."""
        statement = select(Task.role, Task.institution_code).where(_is_open(), Task.assignee_id == account_id)
        return [(Role(role), code) for role, code in self.session.exec(statement.distinct())]

    def add(self, row: Task) -> None:
        """Insert or update a task row, with the next flush."""
        self.session.add(row)


def _is_open() -> ColumnElement[bool]:
    return col(Task.state).in_(_OPEN)


def _arms(person: Person) -> Iterator[ColumnElement[bool]]:
    """What makes a task the person's: being its assignee, or holding the post while it has none."""
    yield col(Task.assignee_id) == person.account_id
    # "IS TRUE" keeps SQLite from entering the index of assignees, where nobody's tasks are nearly all there are.
    unassigned = col(Task.assignee_id).is_(None).is_(true())
    for role, code in person.posts:
        yield and_(col(Task.role) == role, col(Task.institution_code) == code, unassigned)


def _of_customer_in(scope: Scope) -> ColumnElement[bool]:
    """The condition that the task's case belongs to a customer of the scope, asked row by row."""
    return select(Case.id).where(Case.id == Task.case_id, within(Case.institution_code, scope)).exists()


def _distinct(rows: Iterator[Task]) -> Iterator[Task]:
    """Posts may be named twice; the rows come sorted, so the same task stands side by side."""
    last = None
    for row in rows:
        if row.id != last:
            yield row
        last = row.id


def _counted(statement: SelectOfScalar[Any], cap: int) -> Any:
    return select(func.count()).select_from(statement.limit(cap).subquery()).scalar_subquery()


def _newest_first(statement: SelectOfScalar[Any], at: Any, number: Any, after: Position | None) -> SelectOfScalar[Any]:
    if after is not None:
        statement = statement.where(col(at) <= after[0], or_(col(at) < after[0], col(number) < after[1]))
    return statement.order_by(col(at).desc(), col(number).desc())


def _named(customer_no: Any, q: str) -> ColumnElement[bool]:
    """A part of the number, or of the name as the book has it now."""
    names = select(Customer.customer_no).where(col(Customer.name).icontains(q, autoescape=True))
    return or_(col(customer_no).icontains(q, autoescape=True), col(customer_no).in_(names))


def _filtered(statement: SelectOfScalar[Any], wanted: TaskFilter) -> SelectOfScalar[Any]:
    wishes = {"kind": wanted.kind, "tier": wanted.tier, "institution_code": wanted.institution_code}
    for name, value in wishes.items():
        if value is not None:
            statement = statement.where(getattr(Task, name) == value)
    if wanted.due_before is not None:
        statement = statement.where(col(Task.due_at) < wanted.due_before)
    if wanted.due_after is not None:
        statement = statement.where(col(Task.due_at) >= wanted.due_after)
    if wanted.under is not None:
        statement = statement.where(_of_customer_in(wanted.under))
    if wanted.q:
        named = col(Task.customer_name).icontains(wanted.q, autoescape=True)
        statement = statement.where(or_(named, col(Task.customer_no).icontains(wanted.q, autoescape=True)))
    return statement
