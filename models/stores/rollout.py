"""Queries of launches 启动计划."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from models.tables.cases import Case, Decision, Task
from models.types import CaseKind

COMPLETE = "complete"


class RolloutStore:
    """Launches, their tasks, and what was handed in for them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def newest(self) -> Case | None:
        """The launch that was opened last, whether it runs or not."""
        statement = select(Case).where(Case.kind == CaseKind.ROLLOUT).order_by(col(Case.opened_at).desc())
        return self.session.exec(statement.limit(1)).first()

    def get(self, case_id: UUID) -> Case | None:
        """A launch by its case id."""
        return self.session.exec(select(Case).where(Case.kind == CaseKind.ROLLOUT, Case.id == case_id)).first()

    def earlier(self, case_id: UUID, limit: int) -> Sequence[Case]:
        """Other launches, newest first."""
        statement = select(Case).where(Case.kind == CaseKind.ROLLOUT, Case.id != case_id)
        return self.session.exec(statement.order_by(col(Case.opened_at).desc()).limit(limit)).all()

    def tasks(self, case_id: UUID) -> dict[UUID, Task]:
        """Every task of a launch by its id."""
        rows = self.session.exec(select(Task).where(Task.case_id == case_id))
        return {row.id: row for row in rows}

    def results(self, case_id: UUID) -> dict[UUID, Decision]:
        """成果: what completed each task, by task."""
        statement = select(Decision).where(Decision.case_id == case_id, Decision.act == COMPLETE)
        return {row.task_id: row for row in self.session.exec(statement) if row.task_id is not None}
