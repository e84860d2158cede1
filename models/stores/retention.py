"""Queries of retention 留存: what is due, its deletion in small pieces, holds 冻结 and runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, tuple_, update
from sqlmodel import Session, col, delete, func, select

from models.retention_types import RecordClass
from models.stores.retention_rows import ROWS, Removal
from models.tables.cases import Case
from models.tables.retention import LegalHold, RetentionRun


class Due(NamedTuple):
    """How many rows of a class would go, and since when the oldest of them has been over."""

    rows: int
    oldest: datetime | None


class RetentionStore:
    """Rows whose time is over, and what is known of their going; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due(self, record_class: RecordClass, before: datetime) -> Due:
        """What of a class was over before an instant and is not held."""
        found = [self._counted(removal, before) for removal in ROWS[record_class]]
        return Due(sum(due.rows for due in found), min((due.oldest for due in found if due.oldest), default=None))

    def _counted(self, removal: Removal, before: datetime) -> Due:
        statement = select(func.count(), func.min(removal.over)).select_from(removal.table)
        rows, oldest = self.session.exec(statement.where(_goes(removal, before))).one()
        return Due(rows, oldest)

    def drop(self, record_class: RecordClass, before: datetime, limit: int) -> int:
        """Delete, or empty, at most so many rows of a class; gives how many, 0 when nothing is left."""
        for removal in ROWS[record_class]:
            statement = select(*removal.key).select_from(removal.table).where(_goes(removal, before))
            keys = self.session.exec(statement.order_by(*removal.key).limit(limit)).all()
            if keys:
                self._remove(removal, keys)
                return len(keys)
        return 0

    def _remove(self, removal: Removal, keys: Sequence[Any]) -> None:
        for part in removal.parts:
            self.session.execute(delete(part.class_).where(part.in_(keys)))
        chosen = _among(removal.key, keys)
        if removal.texts:
            emptied = dict.fromkeys(removal.texts, "")
            self.session.execute(update(removal.table).where(chosen).values(emptied))
        else:
            self.session.execute(delete(removal.table).where(chosen))

    def holds(self, *, standing: bool = True) -> Sequence[LegalHold]:
        """Holds, the newest first; only those that stand, or all."""
        statement = select(LegalHold).order_by(col(LegalHold.placed_at).desc(), col(LegalHold.id).desc())
        return self.session.exec(statement.where(col(LegalHold.lifted_at).is_(None)) if standing else statement).all()

    def hold(self, hold_id: UUID) -> LegalHold | None:
        """A hold by its id."""
        return self.session.get(LegalHold, hold_id)

    def standing_hold(self, *, customer_no: str | None, case_id: UUID | None) -> LegalHold | None:
        """The hold that stands on exactly this customer, or this case."""
        statement = select(LegalHold).where(col(LegalHold.lifted_at).is_(None))
        named = LegalHold.customer_no == customer_no if customer_no else LegalHold.case_id == case_id
        return self.session.exec(statement.where(named)).first()

    def holds_touching(self, customer_no: str) -> int:
        """How many holds stand on a customer or on any case of it."""
        cases = select(Case.id).where(Case.customer_no == customer_no)
        touching = or_(col(LegalHold.customer_no) == customer_no, col(LegalHold.case_id).in_(cases))
        statement = select(func.count()).select_from(LegalHold).where(col(LegalHold.lifted_at).is_(None), touching)
        return self.session.exec(statement).one()

    def open_run(self, record_class: RecordClass) -> RetentionRun | None:
        """The deletion of a class that was broken off, if there is one."""
        statement = select(RetentionRun).where(
            RetentionRun.record_class == record_class, col(RetentionRun.finished_at).is_(None)
        )
        return self.session.exec(statement).first()

    def last_runs(self) -> dict[RecordClass, RetentionRun]:
        """The newest run of each class."""
        rows = self.session.exec(select(RetentionRun).order_by(col(RetentionRun.started_at), col(RetentionRun.id)))
        return {row.record_class: row for row in rows}

    def run(self, run_id: UUID) -> RetentionRun | None:
        """A run by its id."""
        return self.session.get(RetentionRun, run_id)

    def add(self, row: LegalHold | RetentionRun) -> None:
        """Insert or change a hold or a run."""
        self.session.add(row)
        self.session.flush()


def _among(columns: tuple[Any, ...], keys: Sequence[Any]) -> ColumnElement[bool]:
    if len(columns) == 1:
        return col(columns[0]).in_(keys)
    return tuple_(*columns).in_([tuple(key) for key in keys])


def _goes(removal: Removal, before: datetime) -> ColumnElement[bool]:
    return and_(removal.over < before, removal.condition, ~_held(removal))


def _held(removal: Removal) -> ColumnElement[bool]:
    """Whether a hold stands on the customer of a row, on its case, or on the customer of its case."""
    standing = col(LegalHold.lifted_at).is_(None)
    customers = select(LegalHold.customer_no).where(standing, col(LegalHold.customer_no).is_not(None))
    cases = select(Case.id).where(
        or_(
            col(Case.customer_no).in_(customers),
            col(Case.id).in_(select(LegalHold.case_id).where(standing, col(LegalHold.case_id).is_not(None))),
        )
    )
    named = [_in(removal.customer, customers), _in(removal.case, cases)]
    return or_(false(), *(condition for condition in named if condition is not None))


def _in(column: Any, values: Any) -> ColumnElement[bool] | None:
    """A row that names none is not among them, where SQL would say that it does not know."""
    return None if column is None else func.coalesce(column.in_(values), false())
