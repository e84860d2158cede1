"""An old copy is brought to the newest schema with everything that was in it, on both databases."""

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlmodel import col, func, select

from models.database import MIGRATIONS, Database, newest_revision
from models.encryption import keyring
from models.retention_types import ERASED
from models.services.by import By
from models.services.retention.erasing import Why, erase
from models.tables.book import Contact
from models.tables.cases import Case, Task
from models.types import Door
from tests.support import world as worlds
from tests.support.waiting_cases import before_final_approval

TABLES = (Case, Task)


def _down_to(database: Database, revision: str) -> None:
    """The schema as it was; a downgrade builds tables anew too, so foreign keys are off meanwhile."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()
    database.dispose()


def _people(database: Database) -> list[tuple[str, str | None, str | None]]:
    with database.read() as session:
        return [(one.name, one.mobile, one.email) for one in session.exec(select(Contact).order_by(col(Contact.id)))]


def _cells(database: Database) -> list[bytes]:
    """Names as they lie in the table."""
    with database.read() as session:
        return [bytes(cell) for cell in session.execute(text("SELECT name FROM contact ORDER BY id")).scalars()]


def _counts(database: Database) -> list[int]:
    with database.read() as session:
        return [session.exec(select(func.count()).select_from(table)).one() for table in TABLES]


@pytest.fixture
def old(database: Database) -> Database:
    """A copy with a case that waits for its final approval, at revision 0003."""
    world = worlds.build(database)
    with database.write() as session:
        before_final_approval(session, world, 1)
    _down_to(database, "0003")
    return database


def test_an_upgrade_keeps_every_case_and_what_refers_to_it(old: Database) -> None:
    before = _counts(old)
    old.migrate()
    assert _counts(old) == before
    assert min(before) > 0
    assert old.revision() == newest_revision()


def test_people_are_sealed_anew_under_keys_of_their_own_and_the_erased_stay_erased(database: Database) -> None:
    worlds.build(database)
    with database.write() as session:
        contact_id = session.exec(select(Contact.id).order_by(col(Contact.id))).first()
        assert contact_id is not None
        erase(session, contact_id, Why("本人要求", By("system:command", Door.CLI), datetime.now(UTC)))
    known = _people(database)
    _down_to(database, "0016")
    assert [keyring().open(cell, b"contact.name").decode() for cell in _cells(database)] == [one[0] for one in known]
    database.migrate()
    assert _people(database) == known
    assert known[0] == (ERASED, None, None)
    assert len(known) > 1
    with pytest.raises(InvalidTag):
        keyring().open(_cells(database)[1], b"contact.name")


def test_after_it_a_case_may_be_about_an_institution(old: Database) -> None:
    old.migrate()
    with old.write() as session:
        case = session.exec(select(Case)).one()
        case.customer_no = None
        session.add(case)
    with old.read() as session:
        found = session.exec(select(Case).where(col(Case.customer_no).is_(None))).one()
        assert found.number == found.institution_code
        with pytest.raises(LookupError):
            _ = found.customer


def test_after_it_references_are_held_again(old: Database) -> None:
    old.migrate()
    with old.write() as session:
        enforced = (
            "1"
            if old.engine.dialect.name != "sqlite"
            else str(session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar())
        )
    assert enforced == "1"
