"""Serving customers: green-channel records 附件三, inquiries and complaints 附件五, links for confirming."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, text
from sqlmodel import Field, SQLModel

from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView, GreenService, IntakeChannel
from models.tables.columns import encrypted, enum_type, json_column


class GreenChannelRecord(SQLModel, table=True):
    """附件三: one request on the green channel. `in_time` is reckoned when it is finished; None while it is open."""

    __tablename__ = "green_channel_record"
    __table_args__ = (
        Index("ix_green_channel_reference", "service", "reference_no"),
        Index("ix_green_channel_finished", "institution_code", "finished_at"),
        Index("ix_green_channel_received", "received_at"),
        Index("ix_green_channel_due", "due_at"),
    )

    case_id: UUID = Field(primary_key=True, foreign_key="workflow_case.id")
    record_no: str = Field(unique=True, max_length=32)
    """记录号: `GC-{institution}-{year}-{running number}`."""
    customer_no: str = Field(foreign_key="customer.customer_no", index=True, max_length=32)
    institution_code: str = Field(max_length=32)
    """Where it is served; the owning institution is the customer's (article 17 item 8)."""
    service: GreenService = Field(sa_type=enum_type(GreenService))
    reference_no: str = Field(max_length=64)
    policy_no: str | None = Field(default=None, max_length=64)
    channel: IntakeChannel = Field(sa_type=enum_type(IntakeChannel))
    contact_id: UUID | None = None
    contact_name: str = Field(default="", sa_column=encrypted("green_channel_record.contact_name"))
    undisputed_amount: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    """无争议金额 in yuan, of an advance payment (C8)."""
    advance_amount: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    """预付金额 in yuan, of an advance payment (C8)."""
    code: str = Field(max_length=16)
    """Catalogue entry that gave the limit: `Z03`, `17(2)`."""
    limit_unit: str = Field(max_length=32)
    limit_value: int | None = None
    received_at: datetime
    accepted_at: datetime | None = None
    due_at: datetime
    finished_at: datetime | None = None
    in_time: bool | None = None
    late_reason: str | None = Field(default=None, max_length=500)
    handler_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    handler_name: str | None = Field(default=None, max_length=100)
    remark: str = Field(default="", sa_column=encrypted("green_channel_record.remark"))
    result: str = Field(default="", sa_column=encrypted("green_channel_record.result"))
    confirmed_at: datetime | None = None
    confirmed_by: str | None = Field(default=None, max_length=100)
    """`customer:link`, or the name of the person who entered the proof."""
    satisfied: bool | None = None
    confirmation: str = Field(default="", sa_column=encrypted("green_channel_record.confirmation"))


class ComplaintRecord(SQLModel, table=True):
    """附件五: an inquiry 咨询 or a complaint 投诉. What people said is personal data and encrypted."""

    __tablename__ = "complaint_record"
    __table_args__ = (
        Index("ix_complaint_record_list", "institution_code", "received_at"),
        Index("ix_complaint_record_received", "received_at"),
        Index("ix_complaint_record_reply_due", "reply_due_at"),
        Index("ix_complaint_record_close_due", "close_due_at"),
        Index(
            "ix_complaint_record_open",
            "reply_due_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    case_id: UUID = Field(primary_key=True, foreign_key="workflow_case.id")
    record_no: str = Field(unique=True, max_length=32)
    customer_no: str = Field(foreign_key="customer.customer_no", index=True, max_length=32)
    institution_code: str = Field(max_length=32)
    sheet: ComplaintSheet = Field(sa_type=enum_type(ComplaintSheet))
    grade: ComplaintGrade = Field(sa_type=enum_type(ComplaintGrade))
    channel: IntakeChannel = Field(sa_type=enum_type(IntakeChannel))
    contact_id: UUID | None = Field(default=None, index=True)
    complainant: str = Field(default="", sa_column=encrypted("complaint_record.complainant"))
    phone: str = Field(default="", sa_column=encrypted("complaint_record.phone"))
    subject: str = Field(default="", sa_column=encrypted("complaint_record.subject"))
    matter: str = Field(default="", sa_column=encrypted("complaint_record.matter"))
    received_at: datetime
    reply_due_at: datetime
    close_due_at: datetime | None = None
    """None for an inquiry: its answer closes it."""
    first_reply_at: datetime | None = None
    first_reply: str = Field(default="", sa_column=encrypted("complaint_record.first_reply"))
    reply_in_time: bool | None = None
    investigation: str = Field(default="", sa_column=encrypted("complaint_record.investigation"))
    justified: bool | None = None
    handling: str = Field(default="", sa_column=encrypted("complaint_record.handling"))
    closed_at: datetime | None = None
    closed_in_time: bool | None = None
    late_reason: str | None = Field(default=None, max_length=500)
    customer_view: CustomerView | None = Field(default=None, sa_type=enum_type(CustomerView))
    view_text: str = Field(default="", sa_column=encrypted("complaint_record.view_text"))
    leader_opinion: str = Field(default="", sa_column=encrypted("complaint_record.leader_opinion"))
    handler_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    handler_name: str | None = Field(default=None, max_length=100)
    lives: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """Earlier lives of a reopened complaint: instants and results, no text that people typed."""


class ConfirmationLink(SQLModel, table=True):
    """One-use link by which a customer confirms a finished request. Only the hash is stored."""

    __tablename__ = "confirmation_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    case_id: UUID = Field(foreign_key="workflow_case.id", index=True)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class RecordNumber(SQLModel, table=True):
    """记录号 running number of one series, form and institution and year; taken under a lock."""

    __tablename__ = "record_number"

    series: str = Field(primary_key=True, max_length=64)
    last: int = 0


class DutySweep(SQLModel, table=True):
    """巡检 of one branch on one day: what it found. Everything it does is idempotent without this row."""

    __tablename__ = "duty_sweep"

    day: date = Field(primary_key=True)
    institution_code: str = Field(primary_key=True, max_length=32)
    started_at: datetime
    finished_at: datetime | None = None
    counts: dict[str, int] = Field(default_factory=dict, sa_column=json_column())
