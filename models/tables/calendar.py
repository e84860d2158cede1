"""The company calendar: rows on top of the official one."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.tables.columns import json_column, new_id


class CalendarDay(SQLModel, table=True):
    """One day that differs from its weekday, per institution (`""` is the whole company)."""

    __tablename__ = "calendar_day"

    institution_code: str = Field(default="", primary_key=True, max_length=32)
    day: date = Field(primary_key=True)
    is_workday: bool
    is_half_day: bool = False
    name: str = Field(max_length=100)
    source: str = Field(max_length=100)


class CalendarYear(SQLModel, table=True):
    """A year that was loaded: `official` once its make-up days are known, else `provisional`."""

    __tablename__ = "calendar_year"

    year: int = Field(primary_key=True)
    state: str = Field(max_length=16)
    source: str = Field(max_length=200)
    loaded_at: datetime


class CalendarPublication(SQLModel, table=True):
    """A change of the calendar that was published with its reason; every running case is told once."""

    __tablename__ = "calendar_publication"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    institution_code: str = Field(default="", max_length=32)
    year: int
    reason: str = Field(max_length=500)
    days: list[dict[str, Any]] = Field(sa_column=json_column())
    published_by: UUID = Field(foreign_key="account.id")
    published_at: datetime
    finished_at: datetime | None = None


class CalendarNotice(SQLModel, table=True):
    """One running case to tell of a publication; `acknowledged_at` once it moved its deadlines."""

    __tablename__ = "calendar_notice"

    publication_id: UUID = Field(primary_key=True, foreign_key="calendar_publication.id")
    case_id: UUID = Field(primary_key=True, foreign_key="workflow_case.id")
    told_at: datetime | None = None
    acknowledged_at: datetime | None = None
    moved: int = 0
