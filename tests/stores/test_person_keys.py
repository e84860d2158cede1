"""A key per person on both databases: who reads or writes a contact need not know, and without it nothing is read."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.database import Database
from models.person_keys import Known, arrived, new_sealed_key, travelling
from models.retention_types import ERASED
from models.stores.customers import contacts_of
from models.stores.person_keys import PersonKeyStore
from models.tables.book import Contact, PersonKey
from models.tables.personal import PERSONAL
from models.types import ContactKind
from tests.support import world as worlds
from tests.support.care_members import add_contact
from tests.support.world import GOLD, World

PLAIN = {"name": "周启明", "birthday": "1970-01-31", "mobile": "199-0000-0001", "email": "leader@example.com"}


@pytest.fixture
def insurer(database: Database) -> World:
    """Contacts with everything that is known of a person."""
    found = worlds.build(database)
    with database.write() as session:
        for contact in session.exec(select(Contact)):
            contact.birthday = PLAIN["birthday"]
    return found


def _leader(session: Session) -> Contact:
    return next(one for one in contacts_of(session, GOLD) if one.kind is ContactKind.LEADER)


def test_rows_columns_joins_and_aliases_are_read_as_before(database: Database, insurer: World) -> None:
    other, columns = aliased(Contact), [getattr(Contact, name) for name in PERSONAL]
    with database.read() as session:
        row = _leader(session)
        assert {name: getattr(row, name) for name in PERSONAL} == PLAIN
        assert tuple(session.exec(select(*columns).where(Contact.id == row.id)).one()) == tuple(PLAIN.values())
        joined = select(other, Contact.mobile).join(Contact, col(Contact.id) == other.id).where(other.id == row.id)
        found, mobile = session.exec(joined).one()
        assert (found.name, mobile) == (PLAIN["name"], PLAIN["mobile"])
        assert (
            session.exec(select(func.count()).select_from(PersonKey)).one()
            == session.exec(select(func.count()).select_from(Contact)).one()
        )


def test_each_has_a_key_of_its_own_and_a_change_is_sealed_under_it(database: Database, insurer: World) -> None:
    with database.write() as session:
        row = _leader(session)
        row.mobile, row.email = "199-0000-0009", None
    with database.read() as session:
        again = session.get_one(Contact, row.id)
        assert (again.mobile, again.email, again.name) == ("199-0000-0009", None, PLAIN["name"])
        keys = session.exec(select(PersonKey.sealed_key)).all()
        assert len({bytes(key) for key in keys}) == len(keys) > 1


def test_without_the_key_nothing_is_read_and_nothing_is_written(database: Database, insurer: World) -> None:
    with database.write() as session:
        row = _leader(session)
        PersonKeyStore(session).destroy([row.id])
    with database.read() as session:
        gone = _leader(session)
        assert (gone.name, gone.birthday, gone.mobile, gone.email) == (ERASED, None, None, None)
    with pytest.raises(LookupError, match="was erased"), database.write() as session:
        _leader(session).mobile = "199-0000-0009"


def test_a_column_is_neither_written_nor_asked_for_without_its_person(database: Database, insurer: World) -> None:
    for statement in (
        update(Contact).values(mobile="199-0000-0009"),
        select(Contact.id).where(Contact.mobile == PLAIN["mobile"]),
    ):
        with pytest.raises(StatementError, match="with the key of its person"), database.write() as session:
            session.execute(statement)
    whole = select(Contact.name).subquery()
    with pytest.raises(TypeError, match="beside its person only"), database.read() as session:
        session.execute(select(whole.c.name))


def test_cells_of_one_person_do_not_open_under_another_s_key(database: Database, insurer: World) -> None:
    with database.write() as session:
        other = add_contact(session, GOLD, ContactKind.HANDLER, "李四")
    with database.write() as session:
        row = _leader(session)
        cell = session.execute(text("SELECT name FROM contact WHERE name_index = '李四'")).scalar_one()
        assert "李四".encode() not in bytes(cell)
        keys = PersonKeyStore(session)
        one, two = keys.of(row.id), keys.of(other)
    assert one is not None
    assert two is not None
    assert arrived(travelling("李四", two), two) == "李四"
    assert arrived(travelling("李四", two), one) == ERASED


def test_what_travels_is_read_with_its_key_alone(database: Database) -> None:
    key = new_sealed_key()
    sealed = travelling("周启明", key)
    assert "周启明" not in sealed
    assert arrived(sealed, key) == "周启明"
    assert arrived(sealed, None) == ERASED
    assert arrived(sealed, None, gone="") == ""
    assert arrived(f"{sealed[:-4]}AAAA", key) == ERASED, "altered on the way"
    assert arrived("周启明", key) == "周启明", "a message from before there were keys"
    assert arrived("周启明", None) == ERASED, "it is no way round"
    assert travelling("", key) == arrived("", None) == ""
    assert arrived(travelling("周启明", None), None) == ERASED
    assert Known("周启明", key) == "周启明"
