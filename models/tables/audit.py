"""The audit trail: append-only, one keyed hash chain."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field, SQLModel

from models.tables.columns import enum_type, json_column
from models.types import Door


class AuditEntry(SQLModel, table=True):
    """Who did what to which object, for whom, through which door, before and after."""

    __tablename__ = "audit_entry"

    seq: int = Field(primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    at: datetime
    actor: str = Field(index=True, max_length=64)
    on_behalf_of: str | None = Field(default=None, max_length=64)
    door: Door = Field(sa_type=enum_type(Door))
    action: str = Field(max_length=64)
    object_kind: str = Field(max_length=32)
    object_id: str = Field(index=True, max_length=128)
    before: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    after: dict[str, Any] | None = Field(default=None, sa_column=json_column(nullable=True))
    reason: str | None = Field(default=None, max_length=500)
    request_id: str | None = Field(default=None, max_length=64)
    key_id: str = Field(max_length=16)
    previous_hash: str = Field(max_length=64)
    chain_hash: str = Field(max_length=64)
