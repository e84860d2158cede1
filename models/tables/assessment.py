"""Assessment 考核: versions of a branch's result with the facts behind each figure, vetoes 一票否决, appeals 申诉."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.service_types import AssessmentCause, FactKind
from models.tables.columns import encrypted, enum_type, json_column, new_id
from models.types import Tier


class AssessmentResult(SQLModel, table=True):
    """One version of what a branch came to: in the period `year`, or in `Q1`-`Q4` the year up to that quarter's end.

    A version is never changed but for its confirmation; what is learnt later makes the next one. `kept` is a
    `models.messages.assessment.Kept`, and `digest` is over it.
    """

    __tablename__ = "assessment_result"
    __table_args__ = (UniqueConstraint("year", "institution_code", "period", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    year: int
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    period: str = Field(max_length=8)
    version: int
    cause: AssessmentCause = Field(sa_type=enum_type(AssessmentCause))
    reason: str = Field(default="", max_length=500)
    """Why it was reckoned again; empty for the first one."""
    rulebook_version_id: UUID = Field(foreign_key="rulebook_version.id")
    total: Decimal | None = Field(default=None, sa_type=Numeric(5, 2))
    grade: str | None = Field(default=None, max_length=32)
    kept: dict[str, Any] = Field(sa_column=json_column())
    digest: str = Field(max_length=64)
    facts_id: UUID | None = None
    """The version whose facts these are: itself, or the one that an appeal corrected. None: only counts were kept."""
    case_id: UUID | None = Field(default=None, foreign_key="workflow_case.id")
    """The appeal that made it."""
    reckoned_at: datetime
    reckoned_by: UUID | None = Field(default=None, foreign_key="account.id")
    """None: by the sweep."""
    confirmed_at: datetime | None = None
    confirmed_by: UUID | None = Field(default=None, foreign_key="account.id")
    confirmed_by_name: str | None = Field(default=None, max_length=100)
    appeals_until: datetime | None = None


class AssessmentFact(SQLModel, table=True):
    """One fact behind a figure of a kept version, as it stood then: its record, and whether it counts as kept."""

    __tablename__ = "assessment_fact"
    __table_args__ = (Index("ix_assessment_fact_list", "result_id", "item", "number"),)

    result_id: UUID = Field(primary_key=True, foreign_key="assessment_result.id")
    item: str = Field(primary_key=True, max_length=32)
    """Code of the indicator, `deduction` or `returned`."""
    number: int = Field(primary_key=True)
    kind: FactKind = Field(sa_type=enum_type(FactKind))
    ref: str = Field(max_length=64)
    customer_no: str | None = Field(default=None, max_length=32)
    institution_code: str = Field(max_length=32)
    tier: Tier | None = Field(default=None, sa_type=enum_type(Tier))
    on: date
    good: bool
    value: Decimal | None = Field(default=None, sa_type=Numeric(6, 2))


class AssessmentVeto(SQLModel, table=True):
    """一票否决 of a branch's year: what it rests on. It stands until it is withdrawn, with a reason."""

    __tablename__ = "assessment_veto"
    __table_args__ = (Index("ix_assessment_veto_branch", "year", "institution_code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    year: int
    institution_code: str = Field(foreign_key="institution.code", max_length=32)
    code: str = Field(max_length=32)
    case_id: UUID = Field(foreign_key="workflow_case.id")
    reason: str = Field(sa_column=encrypted("assessment_veto.reason", nullable=False))
    evidence: str = Field(sa_column=encrypted("assessment_veto.evidence", nullable=False))
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_by_name: str = Field(max_length=100)
    recorded_at: datetime
    withdrawn_by: UUID | None = Field(default=None, foreign_key="account.id")
    withdrawn_by_name: str | None = Field(default=None, max_length=100)
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = Field(default="", sa_column=encrypted("assessment_veto.withdrawn_reason"))


class AssessmentAppeal(SQLModel, table=True):
    """申诉 of a branch about one item of a result: what stood, what it asks for, and what came of it."""

    __tablename__ = "assessment_appeal"

    case_id: UUID = Field(primary_key=True, foreign_key="workflow_case.id")
    result_id: UUID = Field(foreign_key="assessment_result.id", index=True)
    year: int
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    item: str = Field(max_length=32)
    """Code of the indicator, or `deduction`."""
    old: Decimal = Field(sa_type=Numeric(9, 4))
    new: Decimal = Field(sa_type=Numeric(9, 4))
    upheld_at: datetime | None = None
    rejected_at: datetime | None = None
