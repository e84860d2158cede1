"""Migrations and metadata agree on both databases, audit rows cannot be changed, personal data cannot be read."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, col, select

from models.database import Database
from models.encryption import EncryptedText
from models.services import audit
from models.stores.audit import AuditStore
from models.tables.audit import AuditEntry
from models.tables.book import Contact
from models.types import Door
from tests.support import world as worlds


def test_the_migrations_make_exactly_the_tables_of_the_metadata(database: Database) -> None:
    def same_type(_: Any, __: Any, ___: Any, ____: Any, wanted: Any) -> bool | None:
        return False if isinstance(wanted, EncryptedText) else None

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        drift = compare_metadata(context, SQLModel.metadata)
    assert drift == [], "write a migration for this"


def test_migrating_again_changes_nothing(database: Database) -> None:
    _trail(database)
    database.migrate()
    with database.read() as session:
        assert audit.verify(AuditStore(session).all()) == (5, None)


def _trail(database: Database, entries: int = 5) -> None:
    with database.write() as session:
        for number in range(entries):
            audit.append(
                session,
                actor="system:sla",
                action="breach",
                object_kind="case",
                object_id=str(number),
                door=Door.SYSTEM,
                before={"stage": "declared", "value": "1"},
                after={"stage": "单位复核", "round": number},
                reason="逾期",
            )


def _verified(database: Database) -> audit.ChainReport:
    with database.read() as session:
        return audit.verify(AuditStore(session).all())


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor = 'x' WHERE seq = 2", "DELETE FROM audit_entry WHERE seq = 2"]
)
def test_the_database_itself_refuses_to_change_the_trail(database: Database, statement: str) -> None:
    _trail(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(statement))
    assert _verified(database) == (5, None)


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE audit_entry SET actor = 'x' WHERE seq = 3", 3),
        ("UPDATE audit_entry SET after = NULL WHERE seq = 2", 2),
        ("DELETE FROM audit_entry WHERE seq = 4", 5),
        ("DELETE FROM audit_entry WHERE seq = 1", 2),
        ("UPDATE audit_entry SET previous_hash = chain_hash WHERE seq = 5", 5),
    ],
)
def test_whoever_gets_past_the_guard_is_found(database: Database, tampering: str, found_at: int) -> None:
    _trail(database)
    with database.write() as session:
        _remove_guard(session)
        session.execute(text(tampering))
    assert _verified(database).broken_at == found_at


def _remove_guard(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            session.execute(text(f"DROP TRIGGER audit_entry_no_{verb}"))
    else:
        for trigger in ("append_only", "anchored"):
            session.execute(text(f"DROP TRIGGER audit_entry_{trigger} ON audit_entry"))


def test_an_entry_is_written_with_its_change_or_not_at_all(database: Database) -> None:
    def broken(session: Session) -> None:
        audit.append(session, actor="x", action="y", object_kind="case", object_id="1", door=Door.SYSTEM)
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as session:
        broken(session)
    with database.read() as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_personal_data_cannot_be_read_in_the_raw_database(database: Database) -> None:
    worlds.build(database)
    with database.read() as session:
        contact = session.exec(select(Contact).order_by(col(Contact.customer_no))).first()
        rows = session.execute(text("SELECT name, mobile, email FROM contact")).all()
    assert contact is not None
    assert (contact.name, contact.mobile) == ("周启明", "199-0000-0001")
    raw = b"".join(bytes(value) for row in rows for value in row)
    for plain in ("周启明", "199-0000-0001", "leader@example.com"):
        assert plain.encode() not in raw
    assert len({bytes(row.mobile) for row in rows}) == len(rows), "the same value must not look the same twice"
