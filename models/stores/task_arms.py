"""Whose task is it: the arms of an inbox, and the filters that narrow each of them.

A person's tasks are its own, those of each of its posts, and those of everybody it stands in for. Every arm enters
a partial index of open tasks by one equality; what else narrows it is asked row by row, in the order of the index.
No task lies in two arms, so counts of arms may be added up.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, not_, or_, true
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.rules.stand_ins import Mandate, Reach, StoodFor
from models.stores.cases import seen_in
from models.stores.scope import Scope, within
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.tables.desk import TaskSnooze
from models.types import OPEN_TASK_STATES, UNDECLARED_KINDS, CaseKind, Role, TaskState, Tier

Post = tuple[Role, str]
"""(role, institution code)."""

# Literal, not parameters: a planner cannot prove of a parameter that it is one of the states of a partial index.
_OPEN: BindParameter[list[str]] = bindparam(
    "open_states", [state.value for state in OPEN_TASK_STATES], expanding=True, literal_execute=True
)


class Person(NamedTuple):
    """Whose inbox: an account, the posts it holds, and for whom it stands in at this moment."""

    account_id: UUID
    posts: tuple[Post, ...]
    stands_for: tuple[StoodFor, ...] = ()


class TaskFilter(NamedTuple):
    """What the address asks for; None means no restriction. `under`: the customer's institution lies within.

    `awake_at`: leave out what the person put off (稍后处理) until later than this instant.
    """

    kind: CaseKind | None = None
    tier: Tier | None = None
    institution_code: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    q: str | None = None
    under: Scope | None = None
    awake_at: datetime | None = None


def is_open() -> ColumnElement[bool]:
    """The condition of the partial indexes."""
    return col(Task.state).in_(_OPEN)


def todo_arms(person: Person) -> Iterator[ColumnElement[bool]]:
    """Everything the person may act on: its own by name, its posts', and what it does for others."""
    yield col(Task.assignee_id) == person.account_id
    posts = dict.fromkeys(person.posts)
    yield from queue_arms(posts)
    for item in person.stands_for:
        if item.assigned:
            mine = _for_others(person, item.mandates)
            yield and_(col(Task.assignee_id) == item.principal_id, _of_posts(item.assigned), mine)
    for post, mandates in _posts_of_others(person.stands_for).items():
        if post not in posts:
            yield and_(_queue(post), _for_others(person, mandates))


def queue_arms(posts: Iterable[Post]) -> Iterator[ColumnElement[bool]]:
    """The tasks of some posts that were given to nobody."""
    return map(_queue, dict.fromkeys(posts))


def _queue(post: Post) -> ColumnElement[bool]:
    # "IS TRUE" keeps SQLite from entering the index of assignees, where nobody's tasks are nearly all there are.
    unassigned = col(Task.assignee_id).is_(None).is_(true())
    return and_(col(Task.role) == post[0], col(Task.institution_code) == post[1], unassigned)


def _posts_of_others(stands_for: Iterable[StoodFor]) -> dict[Post, list[Mandate]]:
    found: dict[Post, list[Mandate]] = {}
    for item in stands_for:
        for post in item.posts:
            found.setdefault(post, []).extend(item.mandates)
    return found


def _of_posts(posts: Iterable[Post]) -> ColumnElement[bool]:
    """One of several posts, again without a way into the index of posts."""
    pairs = (and_(col(Task.role) == role, col(Task.institution_code) == code) for role, code in posts)
    return or_(*pairs).is_(true())


def _for_others(person: Person, mandates: Sequence[Mandate]) -> ColumnElement[bool]:
    """Within the stand-in's scope, its turn to be signed, and no case that the stand-in declared itself.

    Who took a customer's request in may serve it: four eyes are for approvals.
    """
    declared = select(Case.id).where(
        Case.id == Task.case_id, Case.declared_by == person.account_id, col(Task.kind).not_in(UNDECLARED_KINDS)
    )
    within_scope = or_(*(_of_mandate(mandate) for mandate in mandates))
    return and_(col(Task.state) != TaskState.WAITING, within_scope, not_(declared.exists()))


def _of_mandate(mandate: Mandate) -> ColumnElement[bool]:
    return and_(_within_reach(mandate.reach), *(not_(_within_reach(part)) for part in mandate.without))


def _within_reach(reach: Reach) -> ColumnElement[bool]:
    conditions = [of_customer_in(Scope((reach.path,)))] if reach.path != "/" else []
    if reach.kinds:
        conditions.append(col(Task.kind).in_(sorted(reach.kinds)))
    if reach.tiers:
        conditions.append(col(Task.tier).in_(sorted(reach.tiers)))
    return and_(true(), *conditions)


def of_customer_in(scope: Scope) -> ColumnElement[bool]:
    """The condition that the task's case belongs to a customer of the scope, or is served there, row by row."""
    return select(Case.id).where(Case.id == Task.case_id, seen_in(scope)).exists()


def narrowed(statement: SelectOfScalar[Any], person: Person, wanted: TaskFilter) -> SelectOfScalar[Any]:
    """The statement over tasks with every wish of the filter."""
    wishes = {"kind": wanted.kind, "tier": wanted.tier, "institution_code": wanted.institution_code}
    for name, value in wishes.items():
        if value is not None:
            statement = statement.where(getattr(Task, name) == value)
    if wanted.due_before is not None:
        statement = statement.where(col(Task.due_at) < wanted.due_before)
    if wanted.due_after is not None:
        statement = statement.where(col(Task.due_at) >= wanted.due_after)
    if wanted.under is not None:
        statement = statement.where(of_customer_in(wanted.under))
    if wanted.awake_at is not None:
        statement = statement.where(col(Task.id).not_in(_asleep(person, wanted.awake_at)))
    if wanted.q:
        found = col(Task.customer_name).icontains(wanted.q, autoescape=True)
        statement = statement.where(or_(found, col(Task.customer_no).icontains(wanted.q, autoescape=True)))
    return statement


def of_cases(statement: Any, wanted: TaskFilter) -> Any:
    """The statement over cases with the wishes of the filter that a case can answer."""
    if wanted.kind is not None:
        statement = statement.where(Case.kind == wanted.kind)
    if wanted.tier is not None:
        statement = statement.where(Case.tier == wanted.tier)
    if wanted.under is not None:
        statement = statement.where(within(Case.institution_code, wanted.under))
    if wanted.q:
        statement = statement.where(_named(Case.customer_no, wanted.q))
    return statement


def _asleep(person: Person, at: datetime) -> SelectOfScalar[UUID]:
    return select(TaskSnooze.task_id).where(TaskSnooze.account_id == person.account_id, col(TaskSnooze.until) > at)


def _named(customer_no: Any, q: str) -> ColumnElement[bool]:
    """A part of the number, or of the name as the book has it now."""
    names = select(Customer.customer_no).where(col(Customer.name).icontains(q, autoescape=True))
    return or_(col(customer_no).icontains(q, autoescape=True), col(customer_no).in_(names))
