"""Figures of the whole copy for those who watch it: how much is open, late, decided, sent and left waiting.

Counts only: no name, number or text of anybody. Each figure is one grouped query over an index of open rows, or over
a table that people fill by hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import case
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from models.tables.audit import AuditEntry
from models.tables.cases import Case, Decision, Task
from models.tables.desk import TaskAlarm
from models.tables.jobs import Job
from models.tables.messages import Delivery, IdempotencyRecord, WorkerHeartbeat
from models.types import AlarmKind, Channel, DeliveryState, JobState, TaskState

OPEN = (TaskState.OPEN, TaskState.CLAIMED, TaskState.WAITING)
PENDING = "pending"

Counts = Mapping[tuple[str, ...], int]
"""How many, by the values of what is grouped by."""


class FigureStore:
    """Reads only."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def open_cases(self) -> Counts:
        """Running cases by kind and stage."""
        return self._counted(Case.kind, Case.stage, where=(col(Case.closed_at).is_(None),))

    def open_tasks(self, now: datetime, day_end: datetime) -> Counts:
        """Open tasks by kind and standing: `in_time`, `due_today` (before `day_end`) or `overdue`."""
        standing = case((col(Task.due_at) < now, "overdue"), (col(Task.due_at) < day_end, "due_today"), else_="in_time")
        return self._counted(Task.kind, standing, where=(col(Task.state).in_(OPEN),))

    def oldest_overdue(self) -> datetime | None:
        """When the open task that has waited longest was due, in UTC."""
        return self.session.exec(select(func.min(col(Task.due_at))).where(col(Task.state).in_(OPEN))).one()

    def decisions(self) -> Counts:
        """Accepted acts by what was done and the verdict."""
        return self._counted(Decision.act, Decision.verdict)

    def alarms(self) -> Counts:
        """Reminders, breaches and escalations that went off, by kind, each of them."""
        return _zeros(AlarmKind) | self._counted(TaskAlarm.kind)

    def deliveries(self) -> Counts:
        """Messages by channel and state, each of them."""
        return _zeros(Channel, DeliveryState) | self._counted(Delivery.channel, Delivery.state)

    def jobs(self, kinds: Iterable[str]) -> Counts:
        """Imports, evaluations and batches by kind and state, each of the kinds with every state."""
        return _zeros(kinds, JobState) | self._counted(Job.kind, Job.state)

    def drift(self, kind: str) -> int:
        """How many differences the last comparison of records and engine, a job of this kind, found and left."""
        done = select(Job).where(Job.kind == kind, Job.state == JobState.DONE).order_by(col(Job.created_at).desc())
        newest = self.session.exec(done.limit(1)).first()
        result = (newest.result if newest else None) or {}
        return int(result.get("drifted", 0) - result.get("repaired", 0))

    def unanswered(self) -> tuple[int, datetime | None]:
        """Requests whose outcome is not known yet, and when the oldest came in."""
        statement = select(func.count(), func.min(col(IdempotencyRecord.created_at)))
        number, oldest = self.session.exec(statement.where(IdempotencyRecord.state == PENDING)).one()
        return number, oldest

    def newest_beat(self) -> datetime | None:
        """The last sign of life of any worker."""
        return self.session.exec(select(func.max(col(WorkerHeartbeat.at)))).one()

    def audit_entries(self) -> int:
        """Number of the newest entry of the audit trail."""
        return self.session.exec(select(func.max(col(AuditEntry.seq)))).one() or 0

    def _counted(self, *by: Any, where: Sequence[Any] = ()) -> dict[tuple[str, ...], int]:
        statement = sql_select(*by, func.count()).where(*where).group_by(*by)
        return {
            tuple(str(value or "") for value in values): number for *values, number in self.session.execute(statement)
        }


def _zeros(*labels: Iterable[str]) -> dict[tuple[str, ...], int]:
    """None of each: what appears with its first count has never grown for those who watch growth."""
    return dict.fromkeys(product(*((str(value) for value in values) for values in labels)), 0)
