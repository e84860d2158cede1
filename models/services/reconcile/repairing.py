"""Rewrites a case's row and tasks from its workflow's state, and nothing else; the audit trail tells what was there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.ops_types import DriftKind
from models.services import audit
from models.services.by import By
from models.services.reconcile.comparing import Compared, Difference, compare
from models.services.reconcile.rows import CASE_COLUMNS, TASK_COLUMNS
from models.stores.cases import CaseStore
from models.stores.reconcile import ReconcileStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task
from models.types import TaskState

REPAIRED = "reconcile.repaired"


def repair(session: Session, case_id: UUID, seen: Compared, by: By, at: datetime) -> tuple[Difference, ...]:
    """What was mended: nothing when the record moved since it was `seen`, for then the workflow moved too."""
    case = CaseStore(session).locked(case_id)
    if case is None:
        return ()
    found = compare(session, case, seen.state)
    if found.mark != seen.mark or not found.mendable:
        return ()
    for difference in found.mendable:
        _mend(session, case, difference, at)
    _audit(session, case, found.mendable, by, at)
    return found.mendable


def _mend(session: Session, case: Case, difference: Difference, at: datetime) -> None:
    if isinstance(difference.should, Case):
        _copy(difference.should, case, CASE_COLUMNS)
        CaseStore(session).add(case)
    elif difference.should is None:
        _remove(session, difference.task_id, at)
    elif not isinstance(difference.should, Task):
        return
    elif difference.kind is DriftKind.TASK_MISSING:
        TaskStore(session).add(difference.should)
    else:
        row = TaskStore(session).get(difference.should.id)
        if row is not None:
            _copy(difference.should, row, TASK_COLUMNS)
            TaskStore(session).add(row)


def _copy(source: Case | Task, row: Case | Task, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(row, name) != getattr(source, name):
            setattr(row, name, getattr(source, name))


def _remove(session: Session, task_id: UUID | None, at: datetime) -> None:
    """A row that no workflow knows; where something refers to it, it stays and is closed."""
    row = TaskStore(session).get(task_id) if task_id else None
    if row is None:
        return
    if ReconcileStore(session).is_referred_to(row.id):
        row.state, row.closed_at = TaskState.CANCELLED, at
        TaskStore(session).add(row)
    else:
        session.delete(row)


def _audit(session: Session, case: Case, mended: tuple[Difference, ...], by: By, at: datetime) -> None:
    def side(number: int) -> dict[str, Any]:
        return {
            str(found.task_id or found.kind.value): {name: pair[number] for name, pair in found.sides.items()}
            for found in mended
        }

    audit.append(
        session,
        actor=by.actor,
        action=REPAIRED,
        object_kind="case",
        object_id=str(case.id),
        door=by.door,
        before=side(0),
        after=side(1),
        request_id=by.request_id,
        at=at,
    )
