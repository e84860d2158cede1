"""Numbers and lists of operations 运行监控: what runs, what waits, what is stuck; over all institutions.

Every number is one statement with the condition that also lists its rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from models.messages.approval import NOBODY_TO_ACT
from models.ops_types import DriftKind, StuckReason
from models.stores.reconcile import ReconcileStore
from models.stores.task_arms import is_open
from models.tables.book import Customer
from models.tables.cases import Case, Task
from models.tables.reconcile import Drift
from models.types import CaseKind, Stage

ORPHANS = (DriftKind.RUN_MISSING, DriftKind.RECORD_MISSING)
Position = tuple[datetime, UUID]
"""Keyset position: due instant and id of the last row seen."""


class Hours(NamedTuple):
    """The instants that conditions are told by: now, the end of today, and since when a pause is too long."""

    now: datetime
    tonight: datetime
    paused_before: datetime


class KindCount(NamedTuple):
    """Open cases of a kind at a stage."""

    kind: CaseKind
    stage: Stage
    number: int


class TaskCount(NamedTuple):
    """Open tasks of a kind at an institution, and how many of them by due instant and without anybody."""

    kind: CaseKind
    institution_code: str
    waiting: int
    today: int
    overdue: int
    nobody: int


def stuck_tasks(reason: StuckReason, at: Hours) -> ColumnElement[bool]:
    """The condition of open tasks that are stuck by a reason which the records tell."""
    unpaused = col(Task.paused_since).is_(None)
    found: Mapping[StuckReason, ColumnElement[bool]] = {
        StuckReason.NOBODY: col(Task.step) == NOBODY_TO_ACT,
        StuckReason.OVERDUE: and_(col(Task.due_at) < at.now, unpaused, col(Task.step) != NOBODY_TO_ACT),
        StuckReason.PAUSED: col(Task.paused_since) < at.paused_before,
        StuckReason.PROVISIONAL: col(Task.provisional).is_(True),
    }
    return and_(is_open(), found[reason])


class WatchStore:
    """What operations counts and lists."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def running(self) -> list[KindCount]:
        """Open cases by kind and stage."""
        statement = select(Case.kind, Case.stage, func.count()).where(col(Case.outcome).is_(None))
        rows: Any = self.session.execute(statement.group_by(col(Case.kind), col(Case.stage)))
        return [KindCount(*row) for row in rows]

    def waiting(self, at: Hours) -> list[TaskCount]:
        """Open tasks by kind and institution."""
        late = and_(col(Task.due_at) < at.now, col(Task.paused_since).is_(None))
        today = and_(col(Task.due_at) >= at.now, col(Task.due_at) < at.tonight, col(Task.paused_since).is_(None))
        marks = [_number(mark) for mark in (today, late, col(Task.step) == NOBODY_TO_ACT)]
        keys = (col(Task.kind), col(Task.institution_code))
        rows: Any = self.session.execute(sql_select(*keys, func.count(), *marks).where(is_open()).group_by(*keys))
        return [TaskCount(*row) for row in rows]

    def flow(self, days: Sequence[tuple[datetime, datetime]]) -> list[tuple[int, int]]:
        """Cases opened and closed in each of some spans [first, last)."""
        marks = [
            _number(and_(column >= first, column < last))
            for first, last in days
            for column in (col(Case.opened_at), col(Case.closed_at))
        ]
        since = days[0][0]
        lately = or_(col(Case.opened_at) >= since, col(Case.closed_at) >= since)
        row: Any = self.session.execute(sql_select(*marks).where(lately)).one()
        numbers = [int(number or 0) for number in row]
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    def ages(self, bounds: Sequence[datetime]) -> list[int]:
        """Open cases opened since each instant, newest first: each counts those of the ones before it too."""
        marks = [_number(col(Case.opened_at) >= bound) for bound in bounds]
        row: Any = self.session.execute(sql_select(*marks, func.count()).where(col(Case.outcome).is_(None))).one()
        return [int(number or 0) for number in row]

    def stuck_count(self, reason: StuckReason, at: Hours) -> int:
        """How many are stuck by a reason."""
        if reason in {StuckReason.FAILING, StuckReason.ORPHAN}:
            return self.session.exec(select(func.count()).select_from(Drift).where(self._seen(reason))).one()
        return self.session.exec(select(func.count()).select_from(Task).where(stuck_tasks(reason, at))).one()

    def tasks(self, reason: StuckReason, at: Hours, after: Position | None, limit: int) -> list[Task]:
        """Open tasks that are stuck, the longest due first."""
        statement = select(Task).where(stuck_tasks(reason, at))
        if after is not None:
            later = and_(col(Task.due_at) == after[0], col(Task.id) > after[1])
            statement = statement.where(or_(col(Task.due_at) > after[0], later))
        return list(self.session.exec(statement.order_by(col(Task.due_at), col(Task.id)).limit(limit)))

    def seen(self, reason: StuckReason, after: Position | None, limit: int) -> list[Drift]:
        """What the last comparison saw failing, or without its record or its run."""
        statement = select(Drift).where(self._seen(reason))
        if after is not None:
            statement = statement.where(col(Drift.id) > after[1])
        return list(self.session.exec(statement.order_by(col(Drift.id)).limit(limit)))

    def search(self, text: str, after: Position | None, limit: int) -> list[Case]:
        """Cases by number of customer or institution, by customer's name, or by workflow; newest first."""
        wanted = text.strip()
        named = select(Customer.customer_no).where(col(Customer.name).contains(wanted, autoescape=True))
        found = or_(
            col(Case.customer_no) == wanted,
            col(Case.institution_code) == wanted,
            col(Case.workflow_id).startswith(wanted, autoescape=True),
            col(Case.workflow_id).endswith(wanted, autoescape=True),
            col(Case.customer_no).in_(named),
        )
        statement = select(Case).where(found) if wanted else select(Case)
        if after is not None:
            earlier = and_(col(Case.opened_at) == after[0], col(Case.id) < after[1])
            statement = statement.where(or_(col(Case.opened_at) < after[0], earlier))
        return list(self.session.exec(statement.order_by(col(Case.opened_at).desc(), col(Case.id).desc()).limit(limit)))

    def _seen(self, reason: StuckReason) -> ColumnElement[bool]:
        kinds = (DriftKind.RUN_FAILING,) if reason is StuckReason.FAILING else ORPHANS
        return ReconcileStore(self.session).seen("reconcile", kinds)


def _number(mark: ColumnElement[bool]) -> Any:
    return func.sum(cast(mark, Integer))
