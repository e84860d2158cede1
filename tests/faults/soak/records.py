"""What the records hold after a run, read once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, select

from models.database import Database
from models.identifiers import touchpoint_workflow_id
from models.rules.alarms import BREACH
from models.services import audit
from models.stores.audit import AuditStore
from models.stores.idempotency import PENDING
from models.tables.audit import AuditEntry
from models.tables.care import Touchpoint
from models.tables.cases import Case, Decision, Task
from models.tables.desk import TaskAlarm
from models.tables.messages import IdempotencyRecord
from models.types import OPEN_TASK_STATES, SERVICE_KINDS

T = TypeVar("T", bound=SQLModel)
VISIT = "soak"
"""How the key of a visit begins that is there when a run begins."""


@dataclass(frozen=True)
class Records:
    """Rows of the tables that acts leave a trace in."""

    cases: dict[UUID, Case]
    decisions: Sequence[Decision]
    tasks: dict[UUID, Task]
    alarms: Sequence[TaskAlarm]
    entries: Sequence[AuditEntry]
    requests: Sequence[IdempotencyRecord]
    touchpoints: Sequence[Touchpoint]
    broken_at: int | None

    def of_case(self) -> dict[UUID, list[Decision]]:
        """Decisions by case, in order of their steps."""
        found: dict[UUID, list[Decision]] = defaultdict(list)
        for row in sorted(self.decisions, key=lambda row: row.step_no):
            found[row.case_id].append(row)
        return found

    def open_tasks(self) -> list[Task]:
        """Tasks that wait for somebody."""
        return [task for task in self.tasks.values() if task.state in OPEN_TASK_STATES]

    def overdue(self, at: datetime) -> list[Task]:
        """Open tasks due before an instant that nobody was told of: of a service its clock is escalated, once, whoever
        held the task then."""
        told = [row for row in self.alarms if row.key == BREACH]
        tasks, clocks = {row.task_id for row in told}, {(row.case_id, row.due_at) for row in told}
        return [
            task
            for task in self.open_tasks()
            if task.due_at < at
            and task.id not in tasks
            and not (task.kind in SERVICE_KINDS and (task.case_id, task.due_at) in clocks)
        ]

    def visits(self) -> list[Touchpoint]:
        """What a sweep has to make somebody's task: due from the beginning."""
        return [row for row in self.touchpoints if row.key.startswith(f"{VISIT}:")]

    def first_tasks(self, touchpoint: Touchpoint) -> list[Task]:
        """What the case of a touchpoint asked somebody to do at its beginning; several of them are too many."""
        name = touchpoint_workflow_id(touchpoint.id)
        ids = {case.id for case in self.cases.values() if case.workflow_id == name}
        own = sorted((task for task in self.tasks.values() if task.case_id in ids), key=lambda task: task.opened_at)
        return [task for task in own if task.step == own[0].step]

    def unanswered(self) -> list[IdempotencyRecord]:
        """Requests that were kept and have no definite answer yet."""
        return [row for row in self.requests if row.state == PENDING]


def read(database: Database) -> Records:
    """The records as they stand."""
    with database.read() as session:
        return seen_in(session)


def seen_in(session: Session) -> Records:
    """The records as a transaction sees them."""
    entries = list(AuditStore(session).all())
    return Records(
        # A case without a state was put there by the set-up, for a member of before.
        cases={row.id: row for row in _all(session, Case) if row.state},
        decisions=_all(session, Decision),
        tasks={row.id: row for row in _all(session, Task)},
        alarms=_all(session, TaskAlarm),
        entries=entries,
        requests=_all(session, IdempotencyRecord),
        touchpoints=_all(session, Touchpoint),
        broken_at=audit.verify(entries).broken_at,
    )


def _all(session: Session, table: type[T]) -> Sequence[T]:
    return session.exec(select(table)).all()
