"""Alembic environment: runs on the connection that `Database.migrate` hands over."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import models.tables  # noqa: F401  fills the metadata that autogenerate compares with
from models.encryption import EncryptedText


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """An encrypted column is plain bytes to the schema: migrations must not depend on the keys."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, EncryptedText) else False


def run(connection: Connection) -> None:
    """Run the migrations in one transaction, in batch mode where the dialect needs it."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
