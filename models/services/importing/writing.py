"""One chunk of rows -> the records, the audit trail and the report, within the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.encryption import keyring
from models.services import audit, jobs
from models.services.importing.checking import CustomerTarget, Errand, ExperienceTarget, PolicyTarget, Target
from models.services.importing.kinds import BookKind, RowError, Values
from models.services.importing.parsing import Row
from models.services.importing.people import ContactTarget, InstitutionTarget, StaffTarget
from models.services.jobs import JobLostError
from models.stores.jobs import JobStore
from models.tables.columns import new_id
from models.tables.jobs import ImportChange, ImportRejection
from models.types import Door

TARGETS: dict[BookKind, type[Target]] = {
    target.kind: target
    for target in (InstitutionTarget, StaffTarget, CustomerTarget, ContactTarget, PolicyTarget, ExperienceTarget)
}
_MAX_KEY = 128
_MAX_COLUMNS_TEXT = 300


@dataclass(frozen=True)
class Chunk:
    """Rows `start` to `start + len(rows)` of one file of a job."""

    file_id: UUID
    file: str
    kind: BookKind
    start: int
    rows: Sequence[Row]


@dataclass
class _Sorted:
    """The rows of a chunk by what happens to them."""

    new: list[tuple[Row, Values]] = field(default_factory=list)
    changed: list[tuple[Row, Values, Values]] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    unchanged: int = 0

    def counts(self) -> dict[str, int]:
        """The counters of the file."""
        return {
            "accepted": len(self.new),
            "changed": len(self.changed),
            "unchanged": self.unchanged,
            "rejected": len(self.refused),
        }


def write_chunk(session: Session, errand: Errand, chunk: Chunk, now: datetime) -> None:
    """Load a chunk and move the file on, both or neither. Raises JobLostError when another worker was here."""
    target = TARGETS[chunk.kind](session, errand, now)
    target.load([row for row in chunk.rows if not row.reason and not row.repeat])
    done = _sort(target, chunk.rows)
    end = chunk.start + len(chunk.rows)
    if not JobStore(session).advance(chunk.file_id, chunk.start, done.counts(), end):
        raise JobLostError(str(errand.job_id))
    target.insert([values for _, values in done.new])
    for _, before, values in done.changed:
        target.update(before, values)
    _Report(session, errand, chunk, target).write(done)
    jobs.progress(session, errand.job_id, len(chunk.rows))


def _sort(target: Target, rows: Sequence[Row]) -> _Sorted:
    done = _Sorted()
    for row in rows:
        if row.repeat:
            done.unchanged += 1
        elif row.reason or row.key is None:
            done.refused.append(row)
        else:
            _sort_good(target, row, done)
    return done


def _sort_good(target: Target, row: Row, done: _Sorted) -> None:
    before = target.stored.get(row.key or ())
    try:
        target.verify(row, before)
    except RowError as error:
        row.refuse(error.column, str(error))
        done.refused.append(row)
        return
    values = target.settle(row, before)
    if before is None:
        done.new.append((row, values))
    elif before == values:
        done.unchanged += 1
    else:
        done.changed.append((row, before, values))


class _Report:
    """What a chunk leaves for people to read: rejections, changes and audit entries."""

    def __init__(self, session: Session, errand: Errand, chunk: Chunk, target: Target) -> None:
        self.session, self.errand, self.chunk, self.target = session, errand, chunk, target
        self.personal = {column.name for column in target.layout.columns if column.personal}

    def write(self, done: _Sorted) -> None:
        """Write all of it."""
        store = JobStore(self.session)
        store.add_report([ImportRejection(**self.place(r), column=r.column, reason=r.reason) for r in done.refused])
        changes = [(row, self.target.changes(before, values)) for row, before, values in done.changed]
        store.add_report([self.change(row, changed) for row, changed in changes])
        for row, changed in changes:
            self.audit(row, changed)
        for row, values in done.new:
            if self.chunk.kind is BookKind.STAFF or self.target.is_late(values):
                self.audit_new(row, values)

    def place(self, row: Row) -> dict[str, Any]:
        """Where a row stands."""
        return {"id": new_id(), "job_id": self.errand.job_id, "file": self.chunk.file, "line": row.line}

    def change(self, row: Row, changed: dict[str, tuple[Any, Any]]) -> ImportChange:
        """A line of the list of changed rows."""
        columns = "、".join(changed)[:_MAX_COLUMNS_TEXT]
        return ImportChange(**self.place(row), key=self.key(row)[:_MAX_KEY], columns=columns)

    def key(self, row: Row) -> str:
        """The key of a row without what is personal."""
        names = [name for name in self.target.layout.key if name not in self.personal]
        return "/".join(str(self.target.value(row, name)) for name in names)

    def audit(self, row: Row, changed: dict[str, tuple[Any, Any]]) -> None:
        """Old and new value of every changed column."""
        before = {name: self.plain(name, old) for name, (old, _) in changed.items()}
        after = {name: self.plain(name, new) for name, (_, new) in changed.items()}
        late = self.target.is_late(row.values)
        self.append(row, "late_correction" if late else "changed", before, after)

    def audit_new(self, row: Row, values: Values) -> None:
        """A new account, or a row of a year whose facts were fixed."""
        after = {name: self.plain(name, new) for name, new in zip(self.target.layout.names, values, strict=True)}
        late = self.target.is_late(values)
        self.append(row, "late_correction" if late else "created", None, after)

    def append(self, row: Row, what: str, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
        """One audit entry, found again under the job's id."""
        audit.append(
            self.session,
            actor=self.errand.actor,
            action=f"import.{self.chunk.kind.value}.{what}",
            object_kind=self.chunk.kind.value,
            object_id=self.key(row)[:_MAX_KEY],
            door=Door.IMPORT,
            before=before,
            after=after,
            request_id=str(self.errand.job_id),
            at=self.target.now,
        )

    def plain(self, name: str, value: Any) -> Any:
        """A value as JSON; a personal one only as a keyed digest that shows whether it changed."""
        if value is None:
            return None
        if name in self.personal:
            return f"#{keyring().blind_index(str(value))[:16]}"
        return _plain(value)


def _plain(value: Any) -> Any:
    match value:
        case StrEnum():
            return value.value
        case tuple():
            return [_plain(item) for item in value]
        case Decimal() | date():
            return str(value)
        case _:
            return value
