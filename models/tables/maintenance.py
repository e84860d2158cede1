"""Maintenance 维护: while its one row stands, nobody is let in (after a restore, until records and engine agree)."""

from datetime import datetime

from sqlmodel import Field, SQLModel

ONLY = 1


class Maintenance(SQLModel, table=True):
    """Since when, why, and what the last comparison of records and engine left open. One row at most."""

    __tablename__ = "maintenance"

    id: int = Field(default=ONLY, primary_key=True)
    since: datetime
    reason: str = Field(max_length=200)
    backup_id: str | None = Field(default=None, max_length=64)
    """The backup that was restored; None when a person closed the doors, who also opens them again."""
    records_as_of: datetime | None = None
    """When that backup's records were copied: what the engine knows of later is written again."""
    drift: int | None = None
    """Differences that the last comparison left; None before the first one."""
    checked_at: datetime | None = None


class EngineMark(SQLModel, table=True):
    """The number of the last mark that was set on the engine; it is counted up here first. One row at most."""

    __tablename__ = "engine_mark"

    id: int = Field(default=ONLY, primary_key=True)
    number: int
    at: datetime
