"""Immutable versions of the rulebook."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import new_id


class RulebookVersion(SQLModel, table=True):
    """规则版本: the whole rulebook as canonical JSON with its digest; never updated."""

    __tablename__ = "rulebook_version"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(max_length=64)
    version: int
    effective_on: date = Field(index=True)
    content: str = Field(sa_type=Text)
    digest: str = Field(max_length=64)
    created_at: datetime
    created_by: str = Field(max_length=100)
    reason: str = Field(default="", max_length=500)
