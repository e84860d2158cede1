"""Bookkeeping around requests and people: idempotency, drafts, notifications, worker heartbeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted, enum_type, json_column, new_id
from models.types import Channel, DeliveryState, Role


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
    __table_args__ = (Index("ix_notification_unread", "account_id", "read_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    dedupe_key: str = Field(unique=True, max_length=200)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    customer_no: str | None = Field(default=None, max_length=32)
    case_id: UUID | None = Field(default=None, foreign_key="workflow_case.id")
    task_id: UUID | None = Field(default=None, foreign_key="task.id")
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


class Delivery(SQLModel, table=True):
    """One notification on one channel: recorded before it is sent, never sent twice."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notification_id", "channel"),
        Index("ix_delivery_waiting", "state", "not_before"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    notification_id: UUID = Field(foreign_key="notification.id")
    channel: Channel = Field(sa_type=enum_type(Channel))
    state: DeliveryState = Field(default=DeliveryState.PENDING, sa_type=enum_type(DeliveryState))
    not_before: datetime
    """Quiet hours 免打扰 put it off; the digest hour for what goes into a digest."""
    attempts: int = 0
    sent_at: datetime | None = None
    error: str | None = Field(default=None, max_length=500)
    sent_with: UUID | None = None
    """The delivery whose workflow sends this one: its own, or the first of a digest; None until one was started."""


class ChannelPreference(SQLModel, table=True):
    """How one person wants to be told; without a row: mail when there is an address, no chat, no digest."""

    __tablename__ = "channel_preference"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    email: bool = True
    digest: bool = False
    chat_url: str | None = Field(default=None, sa_column=encrypted("channel_preference.chat_url"))
    quiet_from_hour: int | None = None
    quiet_until_hour: int | None = None
    updated_at: datetime


class OutboxEvent(SQLModel, table=True):
    """Something that changes an inbox; API processes read on from the last `seq` (decisions.md 28)."""

    __tablename__ = "outbox_event"

    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    )
    at: datetime
    kind: str = Field(max_length=32)
    """`task_opened`, `task_closed`, `task_changed` or `notified`."""
    case_id: UUID | None = None
    task_id: UUID | None = None
    account_id: UUID | None = None
    role: Role | None = Field(default=None, sa_type=enum_type(Role))
    institution_code: str | None = Field(default=None, max_length=32)
