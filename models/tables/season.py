"""Quota season 名额季: phases of one evaluation year, and the list as it was published."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Numeric
from sqlmodel import Field, SQLModel

from models.tables.columns import enum_type, json_column
from models.types import SeasonPhase, SeatKind, Tier


class QuotaSeason(SQLModel, table=True):
    """One season as people read it; the workflow `quota-season/{year}` is the authority on what happens next."""

    __tablename__ = "quota_season"

    year: int = Field(primary_key=True)
    workflow_id: str = Field(max_length=128)
    phase: SeasonPhase = Field(sa_type=enum_type(SeasonPhase))
    version: int = 1
    opened_by: UUID = Field(foreign_key="account.id")
    opened_at: datetime
    published_at: datetime | None = None
    publish_reason: str | None = Field(default=None, max_length=500)
    appeals_until: datetime | None = None
    closed_at: datetime | None = None
    state: dict[str, Any] = Field(sa_column=json_column())


class SeasonListing(SQLModel, table=True):
    """公示: one customer of the published list, as it stood at publication."""

    __tablename__ = "season_listing"

    year: int = Field(primary_key=True, foreign_key="quota_season.year")
    customer_no: str = Field(primary_key=True, foreign_key="customer.customer_no", max_length=32)
    institution_code: str = Field(index=True, max_length=32)
    rank: int | None = None
    value: Decimal = Field(sa_type=Numeric(18, 0))
    tier: Tier = Field(sa_type=enum_type(Tier))
    seat_kind: SeatKind | None = Field(default=None, sa_type=enum_type(SeatKind))
    reason: str | None = Field(default=None, max_length=200)
    """Why it has no seat, where it has none."""
