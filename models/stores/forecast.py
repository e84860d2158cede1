"""What a forecast of breaches 逾期预测 is reckoned from: tasks that fall due, and tasks that were done lately."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col, func

from models.rules.forecast import Done
from models.stores.task_arms import is_open
from models.tables.cases import Case, Task
from models.tables.organisation import Institution
from models.types import CaseKind, Role, TaskState, Tier


class DueTask(NamedTuple):
    """An open task, with who declared its case and the path of the institution the case belongs to."""

    id: UUID
    kind: CaseKind
    step: str
    due_at: datetime
    role: Role
    institution_code: str
    assignee_id: UUID | None
    tier: Tier
    declared_by: UUID | None
    path: str | None


class ForecastStore:
    """Open and done tasks of the whole company, as few columns of them as can be."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due_before(self, end: datetime) -> list[DueTask]:
        """Open tasks due before an instant whose clock runs; those that are late already among them."""
        task = (Task.id, Task.kind, Task.step, Task.due_at, Task.role, Task.institution_code, Task.assignee_id)
        statement: Any = (
            select(*map(col, task), col(Case.tier), col(Case.declared_by), col(Institution.path))
            .join(Case, col(Case.id) == col(Task.case_id))
            .outerjoin(Institution, col(Institution.code) == col(Case.institution_code))
            .where(is_open(), col(Task.paused_since).is_(None), col(Task.due_at) < end)
        )
        return [DueTask(*row) for row in self.session.execute(statement)]

    def done_since(self, since: datetime, limit: int) -> list[Done]:
        """The newest tasks that people did, each with when its person had closed the one before it in that time."""
        closed = col(Task.closed_at)
        before = func.lag(closed, type_=Task.__table__.c.closed_at.type)  # type: ignore[attr-defined]
        freed = before.over(partition_by=col(Task.closed_by), order_by=(closed, col(Task.id)))
        statement: Any = (
            select(col(Task.kind), col(Task.step), col(Task.opened_at), closed, freed)
            .where(col(Task.state) == TaskState.DONE, closed >= since, col(Task.closed_by).is_not(None))
            .order_by(closed.desc())
            .limit(limit)
        )
        rows = self.session.execute(statement)
        return [
            Done((kind, step), opened_at, closed_at, freed_at) for kind, step, opened_at, closed_at, freed_at in rows
        ]
