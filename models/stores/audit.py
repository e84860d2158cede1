"""Queries of the audit trail."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlmodel import Session, col, select

from models.tables.audit import AuditEntry

_CHAIN_LOCK = 7_203_114


class AuditStore:
    """Reads and appends audit entries; nothing here changes one."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def lock_head(self) -> AuditEntry | None:
        """The newest entry; on PostgreSQL other writers wait until this transaction ends."""
        if self.session.get_bind().dialect.name == "postgresql":
            self.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
        return self.session.exec(select(AuditEntry).order_by(col(AuditEntry.seq).desc()).limit(1)).first()

    def newest(self) -> AuditEntry | None:
        """The newest entry, as it stands for a reader."""
        return self.session.exec(select(AuditEntry).order_by(col(AuditEntry.seq).desc()).limit(1)).first()

    def at(self, seq: int) -> AuditEntry | None:
        """The entry of a number."""
        return self.session.get(AuditEntry, seq)

    def add(self, entry: AuditEntry) -> None:
        """Append one entry."""
        self.session.add(entry)
        self.session.flush()

    def all(self) -> Iterator[AuditEntry]:
        """Every entry in order, streamed."""
        yield from self.session.exec(select(AuditEntry).order_by(col(AuditEntry.seq)).execution_options(yield_per=1000))

    def of(self, object_kind: str, object_id: str) -> list[AuditEntry]:
        """History of one object, oldest first."""
        statement = (
            select(AuditEntry)
            .where(AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id)
            .order_by(col(AuditEntry.seq))
        )
        return list(self.session.exec(statement))
