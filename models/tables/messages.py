"""Bookkeeping around requests and people: idempotency, drafts, notifications, worker heartbeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted, json_column, new_id


class IdempotencyRecord(SQLModel, table=True):
    """One unsafe request under its key. `pending` with its message until an answer was seen (decisions.md 2)."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    key: str = Field(max_length=100)
    route: str = Field(max_length=100)
    body_hash: str = Field(max_length=64)
    state: str = Field(default="pending", index=True, max_length=16)
    message: str | None = Field(default=None, sa_column=encrypted("idempotency_record.message"))
    status: int | None = None
    answer: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    created_at: datetime
    sent_at: datetime | None = None


class Draft(SQLModel, table=True):
    """What a person typed and has not sent; kept on the server so that nothing typed is lost."""

    __tablename__ = "draft"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    subject: str = Field(primary_key=True, max_length=100)
    content: str = Field(sa_column=encrypted("draft.content", nullable=False))
    updated_at: datetime


class Notification(SQLModel, table=True):
    """A message to a person or a customer; `dedupe_key` makes a redelivered activity write it once."""

    __tablename__ = "notification"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    dedupe_key: str = Field(unique=True, max_length=200)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    customer_no: str | None = Field(default=None, max_length=32)
    template: str = Field(max_length=64)
    content: str = Field(sa_column=encrypted("notification.content", nullable=False))
    created_at: datetime
    sent_at: datetime | None = None
    read_at: datetime | None = None


class WorkerHeartbeat(SQLModel, table=True):
    """Sign of life of one worker process; `/readyz` reads the newest."""

    __tablename__ = "worker_heartbeat"

    worker: str = Field(primary_key=True, max_length=100)
    at: datetime
