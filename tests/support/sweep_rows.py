"""Rows that a sweep finds: the insurer without policies of its own, its gold customer, and what became of them."""

from datetime import date
from uuid import UUID

from sqlmodel import Session, select

from models.database import Database
from models.tables.book import Contact, Policy
from models.tables.care import Touchpoint
from models.tables.messages import Notification
from models.types import (
    PolicyStatus,
)
from tests.support import world
from tests.support.sweeping import add_touchpoint
from tests.support.world import GOLD, World

DAY = date(2026, 5, 12)
"""A Tuesday, with no holiday near."""


def quiet_world(database: Database) -> World:
    found = world.build(database)
    with database.write() as session:
        for policy in session.exec(select(Policy)):
            policy.status, policy.ended_on = PolicyStatus.SURRENDERED, date(2025, 1, 1)
            session.add(policy)
    return found


def contact_of(session: Session, customer_no: str = GOLD) -> Contact:
    return session.exec(select(Contact).where(Contact.customer_no == customer_no)).one()


def gold_row(database: Database, due_on: date, **fields: object) -> UUID:
    """A row for the gold customer, its contact where the kind greets somebody."""
    with database.write() as session:
        if fields.get("code", "Z08") != "Z08":
            fields.setdefault("contact_id", contact_of(session).id)
        return add_touchpoint(session, GOLD, due_on, **fields).id


def row_of(database: Database, row_id: UUID) -> Touchpoint:
    with database.read() as session:
        found = session.get(Touchpoint, row_id)
    assert found is not None
    return found


def change(database: Database, table: type, key: object, **values: object) -> None:
    with database.write() as session:
        row = session.get(table, key)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def told_by(database: Database, template: str) -> list[str]:
    """The keys under which people were told."""
    with database.read() as session:
        found = session.exec(select(Notification).where(Notification.template == template))
        return [note.dedupe_key for note in found]
