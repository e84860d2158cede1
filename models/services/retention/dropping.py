"""Deleting what is due: one class after the other, a few hundred rows a transaction, carried on after a kill.

How far a class has come stands in its run, in the transaction of the rows themselves; the audit entry is written with
the end of the run. Whoever starts again finds the run that was broken off, with its own cut-off, and ends it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from models.database import Database
from models.retention_types import RecordClass
from models.rules import retention as rule
from models.rules.calendar import local_date
from models.services import audit, audit_dropping
from models.services.by import By
from models.services.retention.due import terms
from models.stores.retention import RetentionStore
from models.tables.retention import RetentionRun

CHUNK = 300
Told = Callable[[RecordClass, int], None]
"""Called after each transaction with the class and how many rows of it went so far."""


def apply(database: Database, by: By, now: datetime, told: Told, *, chunk: int = CHUNK) -> dict[RecordClass, int]:
    """Delete what is due of every class that has a term; gives how many rows of each went."""
    gone: dict[RecordClass, int] = {}
    for record_class in RecordClass:
        with database.write() as session:
            run_id = begin(session, record_class, by, now)
        if run_id is not None:
            gone[record_class] = _carry_on(database, run_id, by, told, chunk)
    return gone


def _carry_on(database: Database, run_id: UUID, by: By, told: Told, chunk: int) -> int:
    while True:
        with database.write() as session:
            run, more = step(session, run_id, by, chunk)
        told(run.record_class, run.deleted)
        if not more:
            return run.deleted


def begin(session: Session, record_class: RecordClass, by: By, now: datetime) -> UUID | None:
    """The run of a class: the one that was broken off, else a new one; None for a class that is kept for good."""
    store = RetentionStore(session)
    standing = store.open_run(record_class)
    if standing is not None:
        return standing.id
    term = terms(session, now).term(record_class)
    if term is None:
        return None
    run = RetentionRun(
        record_class=record_class,
        before=rule.cut_off(local_date(now), term.days),
        term_days=term.days,
        actor=by.actor,
        started_at=now,
    )
    store.add(run)
    return run.id


def step(session: Session, run_id: UUID, by: By, chunk: int = CHUNK) -> tuple[RetentionRun, bool]:
    """Delete at most `chunk` rows of a run; whether there may be more. Raises LookupError for an unknown run."""
    store = RetentionStore(session)
    run = store.run(run_id)
    if run is None:
        raise LookupError(f"no run {run_id}")
    number = _drop(session, run, chunk)
    run.deleted += number
    if number == 0:
        _finish(session, run, by)
    store.add(run)
    return run, number > 0


def _drop(session: Session, run: RetentionRun, chunk: int) -> int:
    if run.record_class is RecordClass.AUDIT:
        return audit_dropping.drop(session, run.before, chunk)
    return RetentionStore(session).drop(run.record_class, run.before, chunk)


def _finish(session: Session, run: RetentionRun, by: By) -> None:
    run.finished_at = datetime.now(UTC)
    audit.append(
        session,
        actor=by.actor,
        action="retention.applied",
        object_kind="retention",
        object_id=run.record_class.value,
        door=by.door,
        after={"deleted": run.deleted, "before": run.before.isoformat(), "term_days": run.term_days},
        request_id=by.request_id,
    )
