"""The inbox in SQL: one row per task, found by who may act, never one row per person."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from models.stores.scope import Scope, scoped
from models.tables.cases import Case, Task
from models.types import OPEN_TASK_STATES, CaseKind, Role, Tier


class Person(NamedTuple):
    """Whose inbox: an account and the posts it holds as (role, institution code)."""

    account_id: UUID
    posts: tuple[tuple[Role, str], ...]


class TaskFilter(NamedTuple):
    """What the address asks for; None means no restriction."""

    kind: CaseKind | None = None
    tier: Tier | None = None
    institution_code: str | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    q: str | None = None


class TaskStore:
    """Tasks by id, by box and by case."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, task_id: UUID) -> Task | None:
        """A task by its opaque id, whoever asks."""
        return self.session.get(Task, task_id)

    def visible(self, task_id: UUID, person: Person, scope: Scope) -> Task | None:
        """The task, when it is the person's own or its case lies in the scope."""
        statement = scoped(select(Case.id), Case.institution_code, scope)
        mine = and_(self._mine(person))
        return self.session.exec(
            select(Task).where(Task.id == task_id, or_(mine, col(Task.case_id).in_(statement)))
        ).first()

    def todo(
        self, person: Person, wanted: TaskFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Task]:
        """待我处理: open tasks the person may act on, most pressing first, from a keyset position on."""
        statement = self._filtered(select(Task).where(self._mine(person)), wanted)
        if after is not None:
            statement = statement.where(
                or_(col(Task.due_at) > after[0], and_(col(Task.due_at) == after[0], col(Task.id) > after[1]))
            )
        return list(self.session.exec(statement.order_by(col(Task.due_at), col(Task.id)).limit(limit)))

    def todo_count(self, person: Person, wanted: TaskFilter) -> int:
        """How many tasks `todo` would list."""
        statement = select(func.count()).select_from(Task).where(self._mine(person))
        count: int = self.session.exec(self._filtered(statement, wanted)).one()
        return count

    def done(
        self, person: Person, wanted: TaskFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Task]:
        """已办: tasks this person closed, newest first."""
        statement = self._filtered(select(Task).where(Task.closed_by == person.account_id), wanted)
        if after is not None:
            statement = statement.where(
                or_(col(Task.closed_at) < after[0], and_(col(Task.closed_at) == after[0], col(Task.id) < after[1]))
            )
        return list(self.session.exec(statement.order_by(col(Task.closed_at).desc(), col(Task.id).desc()).limit(limit)))

    def started(
        self, person: Person, wanted: TaskFilter, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Case]:
        """我发起的: cases this person declared, newest first."""
        statement = select(Case).where(Case.declared_by == person.account_id)
        if wanted.tier is not None:
            statement = statement.where(Case.tier == wanted.tier)
        if wanted.q:
            statement = statement.where(col(Case.customer_no).contains(wanted.q, autoescape=True))
        if after is not None:
            statement = statement.where(
                or_(col(Case.opened_at) < after[0], and_(col(Case.opened_at) == after[0], col(Case.id) < after[1]))
            )
        return list(self.session.exec(statement.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(limit)))

    def of_case(self, case_id: UUID) -> list[Task]:
        """Every task of a case, oldest first."""
        return list(self.session.exec(select(Task).where(Task.case_id == case_id).order_by(col(Task.opened_at))))

    def add(self, row: Task) -> None:
        """Insert or update a task row."""
        self.session.add(row)
        self.session.flush()

    def _mine(self, person: Person) -> ColumnElement[bool]:
        by_post = [and_(col(Task.role) == role, col(Task.institution_code) == code) for role, code in person.posts]
        return and_(
            col(Task.state).in_(OPEN_TASK_STATES),
            or_(
                col(Task.assignee_id) == person.account_id,
                and_(col(Task.assignee_id).is_(None), or_(*by_post)) if by_post else col(Task.id).is_(None),
            ),
        )

    def _filtered(self, statement: SelectOfScalar[Any], wanted: TaskFilter) -> SelectOfScalar[Any]:
        wishes = {"kind": wanted.kind, "tier": wanted.tier, "institution_code": wanted.institution_code}
        for name, value in wishes.items():
            if value is not None:
                statement = statement.where(getattr(Task, name) == value)
        if wanted.due_before is not None:
            statement = statement.where(col(Task.due_at) < wanted.due_before)
        if wanted.due_after is not None:
            statement = statement.where(col(Task.due_at) >= wanted.due_after)
        if wanted.q:
            named = col(Task.customer_name).contains(wanted.q, autoescape=True)
            statement = statement.where(or_(named, col(Task.customer_no).contains(wanted.q, autoescape=True)))
        return statement
