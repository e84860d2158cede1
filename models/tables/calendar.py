"""The company calendar: rows on top of the official one."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel


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
