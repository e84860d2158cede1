"""Queries of idempotency rows."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, col, delete, select, update

from models.tables.messages import IdempotencyRecord

PENDING, DONE = "pending", "done"


class IdempotencyStore:
    """One row per unsafe request of an account under its key."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, account_id: UUID, key: str) -> IdempotencyRecord | None:
        """The row of a key."""
        statement = select(IdempotencyRecord).where(
            IdempotencyRecord.account_id == account_id, IdempotencyRecord.key == key
        )
        return self.session.exec(statement).first()

    def get(self, record_id: UUID) -> IdempotencyRecord | None:
        """The row by its id."""
        return self.session.get(IdempotencyRecord, record_id)

    def by_ids(self, record_ids: Collection[UUID]) -> list[IdempotencyRecord]:
        """Those of these rows that stand."""
        return list(self.session.exec(select(IdempotencyRecord).where(col(IdempotencyRecord.id).in_(record_ids))))

    def add(self, record: IdempotencyRecord) -> None:
        """Insert or change a row."""
        self.session.add(record)
        self.session.flush()

    def touch(self, record_id: UUID, now: datetime) -> None:
        """Note that a pending row is sent again."""
        statement = (
            update(IdempotencyRecord)
            .where(col(IdempotencyRecord.id) == record_id, col(IdempotencyRecord.state) == PENDING)
            .values(sent_at=now)
        )
        self.session.exec(statement)

    def delete_unsent(self, record_id: UUID) -> bool:
        """Delete a pending row that only its first request has touched; False when it is another."""
        statement = delete(IdempotencyRecord).where(
            col(IdempotencyRecord.id) == record_id,
            col(IdempotencyRecord.state) == PENDING,
            col(IdempotencyRecord.sent_at) == col(IdempotencyRecord.created_at),
        )
        return bool(self.session.exec(statement).rowcount)

    def unanswered(self, now: datetime, age: timedelta, limit: int) -> list[UUID]:
        """Pending rows last sent longer ago than `age`."""
        statement = (
            select(IdempotencyRecord.id)
            .where(IdempotencyRecord.state == PENDING, col(IdempotencyRecord.sent_at) < now - age)
            .order_by(col(IdempotencyRecord.sent_at))
            .limit(limit)
        )
        return list(self.session.exec(statement))

    def settle(self, account_id: UUID, key: str, status: int, answer: dict[str, Any]) -> None:
        """The definitive answer of a pending request, in one statement; the first one stands."""
        statement = (
            update(IdempotencyRecord)
            .where(
                col(IdempotencyRecord.account_id) == account_id,
                col(IdempotencyRecord.key) == key,
                col(IdempotencyRecord.state) == PENDING,
            )
            .values(state=DONE, status=status, answer=answer)
            .execution_options(synchronize_session=False)
        )
        self.session.exec(statement)

    def claim(self, record_id: UUID, now: datetime, age: timedelta) -> bool:
        """Take a pending row for re-sending; False when another process did."""
        statement = (
            update(IdempotencyRecord)
            .where(
                col(IdempotencyRecord.id) == record_id,
                col(IdempotencyRecord.state) == PENDING,
                or_(col(IdempotencyRecord.sent_at).is_(None), col(IdempotencyRecord.sent_at) < now - age),
            )
            .values(sent_at=now)
        )
        return bool(self.session.exec(statement).rowcount)
