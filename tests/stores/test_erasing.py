"""Erasing a person on both databases: nothing in any column names it afterwards, and everything else stands."""

from uuid import UUID

import pytest
from sqlalchemy import select as sql_select
from sqlmodel import Session, SQLModel, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.letters import Letter
from models.retention_types import ERASED
from models.services import audit
from models.services.by import By
from models.services.care.letters import letter_key
from models.services.retention import holds
from models.services.retention.erasing import Why, erase
from models.services.retention.holds import Because, Held
from models.stores.book import contact_name_index
from models.tables.book import Contact
from models.tables.messages import Notification
from models.tables.service import ComplaintRecord
from models.types import ContactKind, Door
from tests.support import world as worlds
from tests.support.care import planned
from tests.support.care_members import add_contact
from tests.support.service_rows import DUE, add_complaint, add_green_channel
from tests.support.world import GOLD, SILVER, World

BY = By("system:command", Door.CLI)


@pytest.fixture
def insurer(database: Database) -> World:
    """The leader of one customer complained and asked; somebody of another customer is called the same."""
    found = worlds.build(database)
    with database.write() as session:
        for customer_no, place in ((GOLD, "BJ01"), (SILVER, "BJ")):
            add_complaint(session, customer_no, place, _person(session, GOLD).name, "理赔太慢")
        add_green_channel(session, GOLD, "BJ01", _person(session, GOLD).name)
        _letters(session, _person(session, GOLD))
    return found


def _letters(session: Session, person: Contact) -> None:
    """One of its own touchpoint that nobody knows the fate of, two to its address (one waits), one to another."""
    row = planned(GOLD, contact_id=person.id)
    session.add(row)
    own, address = letter_key(row), str(person.email)
    for key, to, sent_at in ((own, "", None), ("1", address, DUE), ("2", address, None), ("3", "y", DUE)):
        content = Letter(key=key, to=(to,), subject="s", body=person.name if not to else "b").model_dump_json()
        note = Notification(dedupe_key=key, customer_no=GOLD, template="greeting", content=content, created_at=DUE)
        note.sent_at = sent_at
        session.add(note)


def _person(session: Session, customer_no: str) -> Contact:
    rows = session.exec(select(Contact).where(Contact.customer_no == customer_no)).all()
    return next(row for row in rows if row.mobile)


def _erase(database: Database, contact_id: UUID, reason: str = "本人要求") -> tuple[int, int]:
    with database.write() as session:
        found = erase(session, contact_id, Why(reason, BY, DUE))
        return found.service_records, len(found.letters)


def _columns_naming(session: Session, customer_no: str, *wanted: str) -> set[str]:
    """Every column, decrypted, of the rows of one customer that holds one of the texts."""
    found = set()
    for table in SQLModel.metadata.sorted_tables:
        if "customer_no" not in table.columns:
            continue
        for row in session.execute(sql_select(table).where(table.c.customer_no == customer_no)).mappings():
            found |= {f"{table.name}.{name}" for name, value in row.items() if any(w in str(value) for w in wanted)}
    return found


def test_no_column_names_the_person_and_the_rest_stands(database: Database, insurer: World) -> None:
    with database.read() as session:
        person = _person(session, GOLD)
        telling = (person.name, str(person.mobile), str(person.email), contact_name_index(person.name))
        named = {"contact.name", "complaint_record.complainant", "green_channel_record.contact_name"}
        assert named | {"notification.content"} <= _columns_naming(session, GOLD, *telling)
    assert _erase(database, person.id) == (2, 3)
    with database.read() as session:
        assert _columns_naming(session, GOLD, *telling) == set()
        row = session.get(Contact, person.id)
        assert row is not None
        assert (row.name, row.mobile, row.email, row.birthday, row.consent) == (ERASED, None, None, None, False)
        assert row.left_on is not None
        assert _columns_naming(session, SILVER, telling[0]) >= {"complaint_record.complainant"}
        assert session.exec(select(ComplaintRecord.justified)).all() == [True, True]
        assert audit.verify_kept(session).broken_at is None
    assert _erase(database, person.id) == (0, 0), "a second time there is nothing left to do"


def test_who_shares_its_telephone_keeps_its_name(database: Database, insurer: World) -> None:
    with database.write() as session:
        person = _person(session, GOLD)
        other = add_contact(session, GOLD, ContactKind.HANDLER, "李四")
        case_id = add_complaint(session, GOLD, "BJ01", "李四", "理赔太慢", number=2)
        theirs = session.get_one(ComplaintRecord, case_id)
        theirs.contact_id, theirs.phone = other, str(person.mobile)
    assert _erase(database, person.id) == (2, 3)
    with database.read() as session:
        theirs = session.get_one(ComplaintRecord, case_id)
        assert (theirs.complainant, theirs.phone) == ("李四", person.mobile)


def test_a_hold_keeps_the_person_and_a_reason_is_asked_for(database: Database, insurer: World) -> None:
    with database.write() as session:
        person = _person(session, GOLD)
        holds.place(session, Held(GOLD), Because("诉讼", insurer.accounts["ops"], BY, DUE))
    for reason, code in (("本人要求", ErrorCode.RECORDS_HELD), (" ", ErrorCode.REASON_REQUIRED)):
        with pytest.raises(DomainError) as refused:
            _erase(database, person.id, reason)
        assert refused.value.code is code
    with database.read() as session:
        assert _person(session, GOLD).name == person.name
