"""Service spend 服务投入, 附件七: the estimate of a customer's year, its lines, and the ledger of what became of it.

Amounts are yuan. Where a year stands against its limit is reckoned from these rows (`models.rules.spend`), not kept.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.service_types import SpendKind
from models.tables.columns import enum_type, new_id
from models.types import InstitutionLevel, Tier


class SpendPlan(SQLModel, table=True):
    """年度服务投入测算 of one customer and evaluation year; it follows the membership that counts.

    V and standard premium are those of the approval, limit and costs those of the rulebook version it is pinned to.
    """

    __tablename__ = "spend_plan"
    __table_args__ = (
        UniqueConstraint("customer_no", "year"),
        Index("ix_spend_plan_year", "year", "institution_code"),
        Index("ix_spend_plan_term", "last_on", "first_on", "institution_code"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_no: str = Field(foreign_key="customer.customer_no", max_length=32)
    year: int
    institution_code: str = Field(max_length=32)
    """The owning institution: nobody else sees the budget (regulation 2.7)."""
    membership_id: UUID = Field(foreign_key="membership.id", index=True)
    rulebook_version_id: UUID = Field(foreign_key="rulebook_version.id")
    tier: Tier = Field(sa_type=enum_type(Tier))
    value: Decimal = Field(sa_type=Numeric(18, 0))
    standard_premium: Decimal = Field(sa_type=Numeric(18, 2))
    persons: int
    """重点服务对象 that are served."""
    first_on: date
    last_on: date
    total: Decimal = Field(sa_type=Numeric(14, 2))
    spend_limit: Decimal = Field(sa_type=Numeric(18, 2))
    approved_total: Decimal | None = Field(default=None, sa_type=Numeric(14, 2))
    """Up to here the year may go, above its limit."""
    approved_by: str | None = Field(default=None, max_length=100)
    approved_at: datetime | None = None
    case_id: UUID | None = Field(default=None, foreign_key="workflow_case.id")
    """The newest approval that was asked for."""
    created_at: datetime
    updated_at: datetime


class SpendLine(SQLModel, table=True):
    """One line of the estimate: persons x frequency x unit cost."""

    __tablename__ = "spend_line"
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    plan_id: UUID = Field(foreign_key="spend_plan.id")
    position: int
    code: str = Field(max_length=16)
    item: str = Field(max_length=64)
    persons: int
    frequency: int
    unit_cost: Decimal = Field(sa_type=Numeric(12, 2))
    subtotal: Decimal = Field(sa_type=Numeric(14, 2))
    payer: InstitutionLevel = Field(sa_type=enum_type(InstitutionLevel))


class SpendEntry(SQLModel, table=True):
    """预留 / 支出 / 释放: one entry of the ledger, never changed. `source` is a life of a touchpoint.

    Unique by source and kind, so that a redelivered record changes nothing.
    """

    __tablename__ = "spend_entry"
    __table_args__ = (
        UniqueConstraint("source", "kind"),
        Index("ix_spend_entry_plan", "plan_id", "code", "kind", "extra", "yuan"),
        Index("ix_spend_entry_day", "day", "kind", "plan_id", "yuan"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    plan_id: UUID = Field(foreign_key="spend_plan.id")
    source: str = Field(max_length=80)
    touchpoint_id: UUID = Field(foreign_key="touchpoint.id", index=True)
    life: int
    kind: SpendKind = Field(sa_type=enum_type(SpendKind))
    code: str = Field(max_length=16)
    extra: bool
    """Of a touchpoint that a person added to the plan."""
    yuan: Decimal = Field(sa_type=Numeric(12, 2))
    day: date
    """The day it was done or decided, Asia/Shanghai."""
    at: datetime


class OverLimitRequest(SQLModel, table=True):
    """报超限审批: up to which total of the year it was asked for, and what came of it."""

    __tablename__ = "over_limit_request"

    case_id: UUID = Field(primary_key=True, foreign_key="workflow_case.id")
    plan_id: UUID = Field(foreign_key="spend_plan.id", index=True)
    asked_total: Decimal = Field(sa_type=Numeric(14, 2))
    over: Decimal = Field(sa_type=Numeric(14, 2))
    approved_at: datetime | None = None
    refused_at: datetime | None = None
