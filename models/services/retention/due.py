"""What of each class of record would go, by the terms of the rulebook in force. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models.retention_types import RecordClass
from models.rulebook.schema.retention import DEFAULT_RETENTION, Retention, RetentionTerm
from models.rules import retention as rule
from models.rules.calendar import local_date
from models.services import audit_dropping
from models.services.rulebooks import rulebook_in_force
from models.stores.retention import Due, RetentionStore
from models.stores.rulebooks import RulebookStore
from models.tables.retention import RetentionRun


@dataclass(frozen=True)
class ClassDue:
    """A class of record today. Without a term it is kept for good, and nothing of it is due."""

    record_class: RecordClass
    term: RetentionTerm | None
    kept_from: date | None
    rows: int
    oldest: datetime | None
    last_run: RetentionRun | None


def terms(session: Session, now: datetime) -> Retention:
    """The terms in force; a copy without a rulebook keeps everything."""
    if RulebookStore(session).in_force(local_date(now)) is None:
        return DEFAULT_RETENTION
    return rulebook_in_force(session, local_date(now)).rulebook.keeping.retention


def due(session: Session, now: datetime) -> tuple[ClassDue, ...]:
    """Every class, in the order of its definition."""
    in_force, runs = terms(session, now), RetentionStore(session).last_runs()
    return tuple(_class_due(session, one, in_force.term(one), now, runs.get(one)) for one in RecordClass)


def _class_due(
    session: Session, record_class: RecordClass, term: RetentionTerm | None, now: datetime, last: RetentionRun | None
) -> ClassDue:
    if term is None:
        return ClassDue(record_class, None, None, 0, None, last)
    today = local_date(now)
    found = due_before(session, record_class, rule.cut_off(today, term.days))
    return ClassDue(record_class, term, rule.kept_from(today, term.days), found.rows, found.oldest, last)


def due_before(session: Session, record_class: RecordClass, before: datetime) -> Due:
    """What of a class was over before an instant and may go."""
    if record_class is RecordClass.AUDIT:
        return audit_dropping.due(session, before)
    return RetentionStore(session).due(record_class, before)
