"""Institutions 机构, accounts and posts 岗位."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted, enum_type, new_id
from models.types import InstitutionLevel, Role


class Institution(SQLModel, table=True):
    """A node of the institution tree, article 5. `path` is `/HQ/BJ/BJ01/`: a scope is a prefix of it."""

    code: str = Field(primary_key=True, max_length=32)
    name: str = Field(max_length=100)
    level: InstitutionLevel = Field(sa_type=enum_type(InstitutionLevel))
    parent_code: str | None = Field(default=None, foreign_key="institution.code", max_length=32)
    region_class: int
    city: str = Field(max_length=50)
    path: str = Field(index=True, max_length=200)


class Account(SQLModel, table=True):
    """A person who may sign in; without `password_hash` only an activation link lets it in."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    login: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=100)
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    email: str | None = Field(default=None, sa_column=encrypted("account.email"))
    password_hash: str | None = Field(default=None, max_length=255)
    disabled_at: datetime | None = None
    failed_sign_ins: int = 0
    locked_until: datetime | None = None
    language: str = Field(default="zh", max_length=8)
    created_at: datetime


class Post(SQLModel, table=True):
    """岗位: one role of one person at one institution (chapter 六)."""

    __table_args__ = (UniqueConstraint("account_id", "role", "institution_code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    role: Role = Field(sa_type=enum_type(Role))
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
