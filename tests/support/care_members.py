"""Members with key contacts, and the plans made for them, on a world's records."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select
from temporalio.client import Client, WorkflowHandle

from activities.adapters.memberships import EngineMemberships
from models.database import Database
from models.identifiers import membership_id
from models.messages.membership import PlanCause
from models.rules.calendar import local_date
from models.services.care.planning import cause_key, plan_membership
from models.services.qualification import memberships
from models.stores.care import CareStore
from models.tables.book import Contact
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Membership
from models.types import BirthdayCalendar, ContactKind, MembershipStage, Tier
from tests.support.members import add_member
from tests.support.world import World

TERM = (date(2026, 3, 1), date(2027, 2, 28))
GRANTED = datetime(2026, 2, 27, 2, 0, tzinfo=UTC)


def member(session: Session, world: World, customer_no: str, tier: Tier) -> Membership:
    """A member of the term March 2026 to February 2027, managed by the world's manager, not yet begun."""
    row = add_member(session, customer_no, tier, TERM[0])
    row.valid_to, row.manager_id, row.stage = TERM[1], world.accounts["mgr"], MembershipStage.PENDING
    session.add(row)
    session.flush()
    return row


def running_member(session: Session, world: World, customer_no: str, tier: Tier) -> Membership:
    """A member whose term runs on the day of the test: from the first of this month, a year long."""
    row, today = member(session, world, customer_no, tier), local_date(datetime.now(UTC))
    row.valid_from = today.replace(day=1)
    row.valid_to = row.valid_from.replace(year=row.valid_from.year + 1) - timedelta(days=1)
    row.stage = MembershipStage.SERVING
    session.add(row)
    session.flush()
    return row


async def start(client: Client, queue: str, database: Database, case_id: UUID) -> WorkflowHandle[Any, Any]:
    """Start the membership as an approval does, and wait until its year is planned."""
    with database.read() as session:
        grant = memberships.grant_of(session, case_id)
    await EngineMemberships(client, queue).grant(grant)
    await planned(database, grant.customer_no, 1)
    return client.get_workflow_handle(membership_id(grant.customer_no))


async def planned(database: Database, customer_no: str, count: int) -> CarePlan:
    """The newest plan of a customer once it has so many."""
    for _ in range(200):
        with database.read() as session:
            plans = CareStore(session).plans_of(customer_no)
        if len(plans) >= count:
            return plans[0]
        await asyncio.sleep(0.05)
    raise AssertionError(f"{count} plans expected, {len(plans)} made")


def add_contact(
    session: Session,
    customer_no: str,
    kind: ContactKind,
    name: str,
    *,
    birthday: str | None = None,
    calendar: BirthdayCalendar = BirthdayCalendar.SOLAR,
    consent: bool = True,
    title: str = "经办",
) -> UUID:
    """One more contact of a customer, as the book would give it."""
    row = Contact(customer_no=customer_no, kind=kind, name=name, name_index=name, title=title)
    row.birthday, row.birthday_calendar, row.consent = birthday, calendar, consent
    session.add(row)
    session.flush()
    return row.id


def plan(
    session: Session, row: Membership, cause: PlanCause = "granted", at: datetime = GRANTED, key: str = ""
) -> CarePlan | None:
    """Plan the year for a cause."""
    return plan_membership(session, row, cause=cause, cause_key=cause_key(cause, row.id, key), at=at)


def touchpoints(session: Session, customer_no: str) -> dict[str, Touchpoint]:
    """Every touchpoint of a customer, by key."""
    rows = session.exec(select(Touchpoint).where(Touchpoint.customer_no == customer_no))
    return {row.key: row for row in rows}
