"""The yearly evaluation and its ranking list, article 13."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, Numeric, Text
from sqlmodel import Field, SQLModel

from models.tables.columns import enum_type
from models.types import SeatKind, Tier


class Evaluation(SQLModel, table=True):
    """One evaluation year 评定年度; frozen means the facts are fixed and the list is read-only."""

    year: int = Field(primary_key=True)
    rulebook_version_id: UUID = Field(foreign_key="rulebook_version.id")
    formula: str = Field(max_length=1)
    computed_at: datetime
    frozen_at: datetime | None = None
    frozen_by: UUID | None = Field(default=None, foreign_key="account.id")


class RankingRow(SQLModel, table=True):
    """One customer in the list; the columns are those of `greenlane evaluate` (contract.md)."""

    __tablename__ = "ranking_row"
    __table_args__ = (Index("ix_ranking_row_year_rank", "year", "rank"),)

    year: int = Field(primary_key=True, foreign_key="evaluation.year")
    customer_no: str = Field(primary_key=True, foreign_key="customer.customer_no", max_length=32)
    rank: int
    name: str = Field(max_length=200)
    institution_code: str = Field(index=True, max_length=32)
    standard_premium: Decimal = Field(sa_type=Numeric(18, 2))
    insured_years: int
    loss_ratio: Decimal | None = Field(default=None, sa_type=Numeric(18, 6))
    k2: Decimal = Field(sa_type=Numeric(6, 2))
    k3: Decimal = Field(sa_type=Numeric(6, 2))
    value: Decimal = Field(sa_type=Numeric(18, 0))
    new_customer: bool
    eligible_tier: Tier = Field(sa_type=enum_type(Tier))
    seat: SeatKind | None = Field(default=None, sa_type=enum_type(SeatKind))
    first_effective_on: date
    tie_break: str | None = Field(default=None, max_length=64)
    ineligible_reason: str | None = Field(default=None, max_length=200)


class RankingExplanation(SQLModel, table=True):
    """The score of one customer line by line, as JSON of ScoreExplanation; apart, so that lists stay light."""

    __tablename__ = "ranking_explanation"

    year: int = Field(primary_key=True, foreign_key="evaluation.year")
    customer_no: str = Field(primary_key=True, foreign_key="customer.customer_no", max_length=32)
    body: str = Field(sa_type=Text)
