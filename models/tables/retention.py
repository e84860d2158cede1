"""Retention 留存: what is held against deletion 冻结, and how far each deletion has come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.retention_types import RecordClass
from models.tables.columns import encrypted, enum_type, new_id


class LegalHold(SQLModel, table=True):
    """冻结: nothing of a customer, or of a case, is deleted while it stands. Lifted, it stays as a record."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint("(customer_no IS NULL) <> (case_id IS NULL)", name="one_object"),
        Index(
            "ix_legal_hold_standing_customer",
            "customer_no",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
        Index(
            "ix_legal_hold_standing_case",
            "case_id",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_no: str | None = Field(default=None, foreign_key="customer.customer_no", max_length=32)
    case_id: UUID | None = Field(default=None, foreign_key="workflow_case.id")
    reason: str = Field(sa_column=encrypted("legal_hold.reason", nullable=False))
    placed_by: UUID = Field(foreign_key="account.id")
    placed_at: datetime
    lifted_by: UUID | None = Field(default=None, foreign_key="account.id")
    lifted_at: datetime | None = None
    lifted_reason: str = Field(default="", sa_column=encrypted("legal_hold.lifted_reason"))


class RetentionRun(SQLModel, table=True):
    """One class in one deletion: how many rows went so far. Without an end it was broken off and is carried on."""

    __tablename__ = "retention_run"
    __table_args__ = (
        Index(
            "ix_retention_run_open",
            "record_class",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    record_class: RecordClass = Field(sa_type=enum_type(RecordClass))
    before: datetime
    """What was over before this instant goes."""
    term_days: int
    deleted: int = 0
    actor: str = Field(max_length=64)
    started_at: datetime
    finished_at: datetime | None = None


class AuditAnchor(SQLModel, table=True):
    """Where the trail begins since its oldest part was dropped: number and hash of the last entry that went.

    `seal` is the keyed digest of both, so that nobody without the key can drop more and anchor it. One row at most.
    """

    __tablename__ = "audit_anchor"

    id: int = Field(default=1, primary_key=True)
    seq: int
    chain_hash: str = Field(max_length=64)
    seal: str = Field(max_length=64)
    at: datetime
