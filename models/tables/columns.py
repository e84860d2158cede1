"""Column helpers shared by all tables: naming convention, enums by value, JSON, encrypted text, ids."""

from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import JSON, Column, Enum
from sqlmodel import SQLModel
from uuid6 import uuid7

from models.encryption import EncryptedText
from models.retention_types import ERASED
from models.tables.personal_text import PersonalText

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> UUID:
    """Opaque, time-ordered id (UUIDv7)."""
    return UUID(bytes=uuid7().bytes)


def derived_id(base: UUID, what: str) -> UUID:
    """The one id of what follows from another record: the same however often it is written."""
    return uuid5(base, what)


def enum_type(kind: type[StrEnum]) -> Enum:
    """Column type that stores the member's value as text and gives the member back."""
    return Enum(
        kind,
        native_enum=False,
        length=32,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def json_column(*, nullable: bool = False) -> Column[Any]:
    """A JSON document."""
    return Column(JSON, nullable=nullable)


def encrypted(context: str, *, nullable: bool = True) -> Column[Any]:
    """An encrypted text column; `context` is `table.column`."""
    return Column(EncryptedText(context), nullable=nullable)


def personal(context: str, *, person: str, nullable: bool = True) -> Column[Any]:
    """A text column about a key contact, sealed under its own key; the column `person` of the row names the contact.

    Of an erased person nothing is read, or `ERASED` where there has to be something.
    """
    return Column(PersonalText(context, person, None if nullable else ERASED), nullable=nullable)
