"""Queries of the comparison of records and engine 对账, and of what it found."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, SQLModel, col, delete, func, select, update

from models.ops_types import DriftKind
from models.stores.reconcile_programme import ProgrammeStore
from models.tables.calendar import CalendarNotice
from models.tables.cases import Case, Decision, Task
from models.tables.desk import TaskAlarm
from models.tables.jobs import Job
from models.tables.reconcile import Drift
from models.types import AlarmKind, JobState

DIFFERENCES = frozenset(DriftKind) - {DriftKind.RUN_FAILING}
TASK_ID = SQLModel.metadata.tables["task"].c.id


class Standing(NamedTuple):
    """What is compared of a decision: not what people wrote with it."""

    step_no: int
    task_id: UUID | None
    actor_id: UUID | None
    effect: dict[str, Any]
    at: datetime


class ReconcileStore:
    """Cases with their rows, as they are compared; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def to_compare(self, closed_since: datetime, after: UUID | None, limit: int) -> list[Case]:
        """Open cases and those closed since an instant, by id, from a keyset position on."""
        statement = select(Case).where(_worth(closed_since))
        if after is not None:
            statement = statement.where(col(Case.id) > after)
        return list(self.session.exec(statement.order_by(col(Case.id)).limit(limit)))

    def count(self, closed_since: datetime) -> int:
        """How many cases `to_compare` gives."""
        return self.session.exec(select(func.count()).select_from(Case).where(_worth(closed_since))).one()

    def decisions(self, case_id: UUID) -> list[Standing]:
        """The acts of a case in order."""
        columns = (Decision.step_no, Decision.task_id, Decision.actor_id, Decision.effect, Decision.at)
        statement = select(*columns).where(col(Decision.case_id) == case_id)  # type: ignore[call-overload]
        return [Standing(*row) for row in self.session.exec(statement.order_by(col(Decision.step_no)))]

    def tasks(self, case_id: UUID) -> list[Task]:
        """Every task row of a case."""
        return list(self.session.exec(select(Task).where(Task.case_id == case_id)))

    def task(self, task_id: UUID) -> Task | None:
        """A task row, whichever case it is under."""
        return self.session.get(Task, task_id)

    def is_referred_to(self, task_id: UUID) -> bool:
        """Whether any record names the task: a decision, an alarm, a message, what people wrote."""
        tables = SQLModel.metadata.tables.values()
        names = (key.parent for table in tables for key in table.foreign_keys if key.column is TASK_ID)
        return any(self.session.execute(select(name).where(name == task_id).limit(1)).first() for name in names)

    def breaches(self, case_id: UUID) -> dict[UUID, datetime]:
        """When tasks of the case were overdue, as their alarms have it."""
        alarms = select(TaskAlarm.task_id, TaskAlarm.due_at).where(
            TaskAlarm.case_id == case_id, TaskAlarm.kind == AlarmKind.BREACH
        )
        return dict(self.session.exec(alarms).all())

    def followed_calendar(self, case_id: UUID) -> bool:
        """Whether the case was ever moved to a published calendar."""
        moved = select(CalendarNotice.case_id).where(
            CalendarNotice.case_id == case_id, col(CalendarNotice.acknowledged_at).is_not(None)
        )
        return self.session.exec(moved.limit(1)).first() is not None

    def known(self, workflow_ids: Collection[str]) -> set[str]:
        """Which of these workflows have a case, or records of the programme."""
        found = select(Case.workflow_id).where(col(Case.workflow_id).in_(workflow_ids))
        return {*self.session.exec(found), *ProgrammeStore(self.session).known(workflow_ids)}

    def add(self, rows: Sequence[Drift]) -> None:
        """Keep what was found."""
        self.session.add_all(rows)

    def drifts(
        self, job_id: UUID, after: UUID | None, limit: int, kinds: Collection[DriftKind] = DIFFERENCES
    ) -> list[Drift]:
        """What a run found, in order, from a keyset position on."""
        statement = select(Drift).where(Drift.job_id == job_id, col(Drift.kind).in_(kinds))
        if after is not None:
            statement = statement.where(col(Drift.id) > after)
        return list(self.session.exec(statement.order_by(col(Drift.id)).limit(limit)))

    def seen(self, kind: str, kinds: Collection[DriftKind]) -> ColumnElement[bool]:
        """The condition on what the last run that ended found of some kinds and nobody mended since."""
        ended = select(Job.id).where(Job.kind == kind, Job.state == JobState.DONE)
        last = ended.order_by(col(Job.id).desc()).limit(1).scalar_subquery()
        unmended = col(Drift.repaired_at).is_(None)
        return and_(col(Drift.job_id) == last, col(Drift.kind).in_(kinds), unmended)

    def mended(self, workflow_id: str, kinds: Collection[DriftKind], at: datetime) -> None:
        """What was found of a run is mended since: it is stuck no more."""
        found = (col(Drift.workflow_id) == workflow_id, col(Drift.kind).in_(kinds), col(Drift.repaired_at).is_(None))
        self.session.exec(update(Drift).where(*found).values(repaired_at=at))

    def newest(self, kind: str) -> Job | None:
        """The run that began last."""
        return self.session.exec(select(Job).where(Job.kind == kind).order_by(col(Job.id).desc()).limit(1)).first()

    def drop_before(self, kind: str, before: datetime) -> None:
        """Forget runs that ended before an instant, with what they found."""
        old = select(Job.id).where(Job.kind == kind, col(Job.finished_at) < before)
        self.session.exec(delete(Drift).where(col(Drift.job_id).in_(old)))
        self.session.exec(delete(Job).where(col(Job.kind) == kind, col(Job.finished_at) < before))


def _worth(closed_since: datetime) -> ColumnElement[bool]:
    """Open by either of the two columns that say so, or closed lately: one of them may be what drifted."""
    return or_(col(Case.outcome).is_(None), col(Case.closed_at).is_(None), col(Case.closed_at) >= closed_since)
