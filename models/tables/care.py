"""Care 关怀: the plan of a VIP's year, its touchpoints 触点 with proof 附件四, and who is looked after."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.service_types import ProofKind, TouchpointOrigin
from models.tables.columns import encrypted, enum_type, json_column, new_id
from models.types import ContactKind, Role, Stage, Tier


class MembershipContact(SQLModel, table=True):
    """重点服务对象 of a membership, article 16: 1-2 leaders, 1-2 handlers. `until` None: still served."""

    __tablename__ = "membership_contact"
    __table_args__ = (UniqueConstraint("membership_id", "contact_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    membership_id: UUID = Field(foreign_key="membership.id")
    contact_id: UUID = Field(foreign_key="contact.id", index=True)
    kind: ContactKind = Field(sa_type=enum_type(ContactKind))
    since: date
    until: date | None = None


class CarePlan(SQLModel, table=True):
    """One planning 排定 or re-planning 重排 of a customer's year: why, and the one explained difference it made.

    `difference` holds `{"kept": [...], "added": [...], "cancelled": [...]}` of `{key, code, due_on, reason}`; a reason
    is as `models.rules.care.reasons` writes it.
    """

    __tablename__ = "care_plan"
    __table_args__ = (UniqueConstraint("membership_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    membership_id: UUID = Field(foreign_key="membership.id")
    customer_no: str = Field(foreign_key="customer.customer_no", index=True, max_length=32)
    number: int
    """1 for the first plan of a membership, then counting."""
    cause: str = Field(max_length=32)
    """`granted`, `tier_changed`, `contacts_changed`, `ended`, `calendar`, `manager_changed`, `by_hand`."""
    cause_key: str = Field(unique=True, max_length=200)
    """What makes a redelivered planning find itself done."""
    tier: Tier = Field(sa_type=enum_type(Tier))
    manager_id: UUID | None = Field(default=None, foreign_key="account.id")
    """客户经理 whom it gave its rows to."""
    from_on: date
    until_on: date
    difference: dict[str, Any] = Field(sa_column=json_column())
    basis: str | None = Field(default=None, max_length=64)
    """Digest of what it stands on: contacts and working days. None: of a membership that was over."""
    at: datetime


class Touchpoint(SQLModel, table=True):
    """关怀触点 or duty of article 17: one promise on one day. A row; a case only once its hour has come.

    `key` is what makes it the same touchpoint again: `{code}:{period or date}:{contact or policy}`.
    """

    __tablename__ = "touchpoint"
    __table_args__ = (
        UniqueConstraint("customer_no", "key"),
        Index(
            "ix_touchpoint_lead",
            "institution_code",
            "lead_on",
            "id",
            sqlite_where=text("stage IN ('planned', 'rescheduled', 'hushed') AND case_id IS NULL"),
            postgresql_where=text("stage IN ('planned', 'rescheduled', 'hushed') AND case_id IS NULL"),
        ),
        Index(
            "ix_touchpoint_running",
            "institution_code",
            "id",
            sqlite_where=text("stage = 'due'"),
            postgresql_where=text("stage = 'due'"),
        ),
        Index("ix_touchpoint_due", "due_on", "id"),
        Index("ix_touchpoint_month", "institution_code", "due_on", "id"),
        Index("ix_touchpoint_person", "assignee_id", "due_on", "id"),
        Index("ix_touchpoint_customer", "customer_no", "due_on"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_no: str = Field(foreign_key="customer.customer_no", max_length=32)
    membership_id: UUID | None = Field(default=None, foreign_key="membership.id", index=True)
    """None for duties of article 17 to customers without VIP status."""
    institution_code: str = Field(max_length=32)
    """The institution whose post does it."""
    key: str = Field(max_length=120)
    code: str = Field(max_length=16)
    """Catalogue entry: `Z10`, `C2`, `17(4)`."""
    item: str = Field(max_length=64)
    """Identifier of the catalogue entry: `birthday_greeting`, `renewal_reminder`."""
    article: str = Field(max_length=64)
    origin: TouchpointOrigin = Field(sa_type=enum_type(TouchpointOrigin))
    tier: Tier = Field(sa_type=enum_type(Tier))
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    policy_no: str | None = Field(default=None, max_length=64)
    title: str = Field(default="", max_length=200)
    """What it is about where the item alone does not say it: a festival, an event."""
    planned_on: date
    """The day itself: the birthday, the end of the quarter."""
    due_on: date
    """The day it is due, moved to a working day by kind."""
    lead_on: date
    """From this day on the sweep takes it up."""
    role: Role = Field(sa_type=enum_type(Role))
    assignee_id: UUID | None = Field(default=None, foreign_key="account.id")
    human: bool
    """True: a person does it, with a case and a clock. False: a message is sent and the row is closed."""
    stage: Stage = Field(sa_type=enum_type(Stage))
    merged_into: UUID | None = None
    """Clashes merged: done with another touchpoint of the same day and person."""
    hushed_by: UUID | None = None
    """Case id of the open complaint that hushes a greeting."""
    withheld: str | None = Field(default=None, max_length=64)
    """Why nothing is sent: `consent_missing`, `contact_left`, `no_address`."""
    case_id: UUID | None = Field(default=None, foreign_key="workflow_case.id", index=True)
    plan_id: UUID | None = Field(default=None, foreign_key="care_plan.id")
    rulebook_version_id: UUID | None = Field(default=None, foreign_key="rulebook_version.id")
    reason: str | None = Field(default=None, max_length=500)
    """Why it was skipped, rescheduled, cancelled or missed."""
    record_no: str | None = Field(default=None, unique=True, max_length=32)
    done_on: date | None = None
    done_at: datetime | None = None
    done_by: UUID | None = Field(default=None, foreign_key="account.id")
    done_by_name: str | None = Field(default=None, max_length=100)
    in_time: bool | None = None
    content: str = Field(default="", sa_column=encrypted("touchpoint.content"))
    gift_name: str = Field(default="", max_length=200)
    gift_value: Decimal | None = Field(default=None, sa_type=Numeric(12, 2))
    cost: Decimal | None = Field(default=None, sa_type=Numeric(12, 2))
    feedback: str = Field(default="", sa_column=encrypted("touchpoint.feedback"))
    follow_up: str = Field(default="", sa_column=encrypted("touchpoint.follow_up"))
    follow_up_on: date | None = None
    created_at: datetime
    updated_at: datetime


class TouchpointProof(SQLModel, table=True):
    """Proof of a touchpoint: photo or signature as base64 under the encryption of personal data."""

    __tablename__ = "touchpoint_proof"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    touchpoint_id: UUID = Field(foreign_key="touchpoint.id", index=True)
    kind: ProofKind = Field(sa_type=enum_type(ProofKind))
    name: str = Field(default="", max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    content: str = Field(sa_column=encrypted("touchpoint_proof.content", nullable=False))
    by_id: UUID = Field(foreign_key="account.id")
    at: datetime


class GiftClearance(SQLModel, table=True):
    """合规审批 of a gift above its cap: what was asked for and what came of it; amounts in yuan."""

    __tablename__ = "gift_clearance"

    case_id: UUID = Field(primary_key=True, foreign_key="workflow_case.id")
    touchpoint_id: UUID = Field(foreign_key="touchpoint.id", index=True)
    contact_id: UUID | None = None
    gift_name: str = Field(max_length=200)
    gift_value: Decimal = Field(sa_type=Numeric(12, 2))
    over: Decimal = Field(sa_type=Numeric(12, 2))
    cleared_at: datetime | None = None
    refused_at: datetime | None = None
