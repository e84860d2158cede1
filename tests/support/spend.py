"""A year of spend to test on: the list of the year, and members whose year is planned today."""

from datetime import UTC, datetime

from sqlmodel import Session

from models.database import Database
from models.services.evaluation import By, evaluate
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.tables.cases import Membership
from models.types import ContactKind, Door, Tier
from tests.support import care_members as members
from tests.support.world import YEAR, World


def listed(database: Database, people: World) -> World:
    """The same insurer with the list of its year: standard premiums are on it."""
    with database.write() as session:
        version = ensure_builtin(session)
        rules = rulebook_of(session, version.id).rulebook
        evaluate(session, YEAR, rules, rulebook_version_id=version.id, by=By("test", Door.SYSTEM, members.GRANTED))
    return people


def running(session: Session, people: World, alias: str, tier: Tier) -> Membership:
    """A member of today whose year is planned, with a leader and a handler served."""
    number = people.customer(alias)
    members.add_contact(session, number, ContactKind.HANDLER, f"经办{alias}", birthday="05-20")
    row = members.running_member(session, people, number, tier)
    members.plan(session, row, at=datetime.now(UTC))
    return row
