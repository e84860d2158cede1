"""Quarterly summaries 附件二: the frozen figures of a branch's quarter, and what changed after publication."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted, enum_type, new_id
from models.types import Tier


class QuarterSummary(SQLModel, table=True):
    """附件二 of one branch and quarter; its steps are those of the case. Nothing of it changes once it is published."""

    __tablename__ = "quarter_summary"
    __table_args__ = (UniqueConstraint("year", "quarter", "institution_code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    year: int
    quarter: int
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    case_id: UUID = Field(foreign_key="workflow_case.id", unique=True)
    frozen_at: datetime
    """The facts are those of this instant, read as of the quarter's last day."""
    due_on: date
    """By the close of this working day it has to lie at head office (2.8)."""
    version: int = 1
    """Moves with every saving of what the branch writes."""
    handed_in_at: datetime | None = None
    """First handing in: prepared and checked, it lies at head office."""
    sent_back: int = 0
    """How often head office returned it: it was not complete."""
    prepared_by: UUID | None = Field(default=None, foreign_key="account.id")
    prepared_by_name: str = Field(default="", max_length=100)
    checked_by: UUID | None = Field(default=None, foreign_key="account.id")
    checked_by_name: str = Field(default="", max_length=100)
    published_by: UUID | None = Field(default=None, foreign_key="account.id")
    published_by_name: str = Field(default="", max_length=100)
    published_at: datetime | None = None
    digest: str | None = Field(default=None, max_length=64)
    """SHA-256 of what was published, by which an altered line is found."""


class QuarterLine(SQLModel, table=True):
    """One VIP of a summary, as the facts had it when it was frozen; money in yuan."""

    __tablename__ = "quarter_line"
    __table_args__ = (UniqueConstraint("summary_id", "customer_no"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    summary_id: UUID = Field(foreign_key="quarter_summary.id")
    customer_no: str = Field(foreign_key="customer.customer_no", max_length=32)
    customer_name: str = Field(max_length=200)
    vip_no: str = Field(max_length=64)
    tier: Tier = Field(sa_type=enum_type(Tier))
    manager_name: str = Field(default="", max_length=100)
    green_cases: int = 0
    green_in_time: int = 0
    inquiries: int = 0
    complaints: int = 0
    justified: int = 0
    satisfaction: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    """Points of a hundred; None where no survey says it."""
    cost: Decimal = Field(sa_type=Numeric(12, 2))
    problems: str = Field(default="", sa_column=encrypted("quarter_line.problems"))
    """问题与措施, written by the preparer."""


class QuarterCount(SQLModel, table=True):
    """Due, done and late of one service code for one VIP of a summary."""

    __tablename__ = "quarter_count"

    line_id: UUID = Field(primary_key=True, foreign_key="quarter_line.id")
    code: str = Field(primary_key=True, max_length=16)
    due: int
    done: int
    late: int


class QuarterAdjustment(SQLModel, table=True):
    """调整: a figure that the facts say otherwise since the summary was published. One line per change, in order."""

    __tablename__ = "quarter_adjustment"
    __table_args__ = (UniqueConstraint("summary_id", "number"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    summary_id: UUID = Field(foreign_key="quarter_summary.id")
    number: int
    customer_no: str = Field(max_length=32)
    figure: str = Field(max_length=32)
    """Which figure: `Z08.done`, `cost`; `vip` where a customer came or went."""
    old: str = Field(max_length=64)
    new: str = Field(max_length=64)
    found_at: datetime
    reason: str = Field(default="", sa_column=encrypted("quarter_adjustment.reason"))
    reason_by: UUID | None = Field(default=None, foreign_key="account.id")
    reason_by_name: str = Field(default="", max_length=100)
    reason_at: datetime | None = None
