"""Queries of care 关怀: plans, touchpoints 触点, and the key contacts 重点服务对象 of a membership."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from models.stores.memberships import OVER
from models.tables.book import Contact
from models.tables.care import CarePlan, MembershipContact, Touchpoint
from models.tables.cases import Case, Membership
from models.types import BirthdayCalendar, ContactKind, Stage, Tier

OPEN_STAGES = (Stage.PLANNED, Stage.RESCHEDULED, Stage.HUSHED, Stage.DUE)
"""Stages of a touchpoint that is still to be done."""


class TouchpointStore:
    """Touchpoints: one row per promise and day."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, touchpoint_id: UUID) -> Touchpoint | None:
        """A touchpoint by its id."""
        return self.session.get(Touchpoint, touchpoint_id)

    def by_keys(self, customer_no: str, keys: Collection[str]) -> dict[str, Touchpoint]:
        """Touchpoints of a customer by key."""
        statement = select(Touchpoint).where(Touchpoint.customer_no == customer_no, col(Touchpoint.key).in_(keys))
        return {row.key: row for row in self.session.exec(statement)}

    def of_customer(self, customer_no: str, first: date, last: date) -> list[Touchpoint]:
        """A customer's touchpoints whose day itself or due date lies in a span of days, by due date."""
        planned = col(Touchpoint.planned_on).between(first, last)
        due = col(Touchpoint.due_on).between(first, last)
        statement = select(Touchpoint).where(Touchpoint.customer_no == customer_no, planned | due)
        return list(self.session.exec(statement.order_by(col(Touchpoint.due_on), Touchpoint.code, Touchpoint.key)))

    def open_of(self, membership_ids: Collection[UUID]) -> list[Touchpoint]:
        """What is still to be done for these memberships, by due date."""
        statement = select(Touchpoint).where(
            col(Touchpoint.membership_id).in_(membership_ids), col(Touchpoint.stage).in_(OPEN_STAGES)
        )
        return list(self.session.exec(statement.order_by(col(Touchpoint.due_on), Touchpoint.key)))

    def carried_by(self, touchpoint_id: UUID) -> list[Touchpoint]:
        """Touchpoints that are done together with this one, as far as they are still open."""
        statement = select(Touchpoint).where(
            Touchpoint.merged_into == touchpoint_id, col(Touchpoint.stage).in_(OPEN_STAGES)
        )
        return list(self.session.exec(statement))

    def add(self, *rows: Touchpoint) -> None:
        """Insert or change rows; they are written at once, because cases and proof refer to them."""
        self.session.add_all(rows)
        self.session.flush()


class CareStore:
    """Care plans and the key contacts of memberships."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def membership(self, membership_id: UUID) -> Membership | None:
        """A membership, held against other planners until this transaction ends."""
        return self.session.exec(select(Membership).where(Membership.id == membership_id).with_for_update()).first()

    def plan_by_cause(self, cause_key: str) -> CarePlan | None:
        """The plan that a cause made, if it made one."""
        return self.session.exec(select(CarePlan).where(CarePlan.cause_key == cause_key)).first()

    def plans_of(self, customer_no: str) -> list[CarePlan]:
        """Every planning and re-planning for a customer, newest first."""
        statement = select(CarePlan).where(CarePlan.customer_no == customer_no)
        return list(self.session.exec(statement.order_by(col(CarePlan.at).desc(), col(CarePlan.number).desc())))

    def last_number(self, membership_id: UUID) -> int:
        """Number of the newest plan of a membership; 0 when there is none."""
        statement = select(func.max(CarePlan.number)).where(CarePlan.membership_id == membership_id)
        return self.session.exec(statement).one() or 0

    def key_contacts(self, membership_id: UUID, *, ever: bool = False) -> list[MembershipContact]:
        """Who is served under a membership now; with `ever` also who was."""
        statement = select(MembershipContact).where(MembershipContact.membership_id == membership_id)
        if not ever:
            statement = statement.where(col(MembershipContact.until).is_(None))
        return list(self.session.exec(statement.order_by(col(MembershipContact.since), col(MembershipContact.id))))

    def contacts(self, contact_ids: Collection[UUID]) -> dict[UUID, Contact]:
        """Contacts by id."""
        return {row.id: row for row in self.session.exec(select(Contact).where(col(Contact.id).in_(contact_ids)))}

    def add(self, *rows: CarePlan | MembershipContact | Contact) -> None:
        """Insert or change rows."""
        self.session.add_all(rows)
        self.session.flush()

    def touch(self, rows: Iterable[Membership]) -> None:
        """Keep changes of memberships."""
        self.session.add_all(rows)
        self.session.flush()


class Person(NamedTuple):
    """A contact, as far as planning asks of it."""

    id: UUID
    customer_no: str
    kind: ContactKind
    title: str
    birthday: str | None
    birthday_calendar: BirthdayCalendar
    consent: bool
    left_on: date | None


class StandingPlan(NamedTuple):
    """A membership with the newest of its plans, without the long difference; the rulebook version it is pinned to."""

    membership: Membership
    number: int
    tier: Tier
    basis: str
    version_id: UUID
    manager_id: UUID | None

    @property
    def manager_changed(self) -> bool:
        """Whether the customer has another manager than the plan knew."""
        return self.manager_id not in {None, self.membership.manager_id}


class BasisStore:
    """What plans stand on, read for many memberships at once."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def newest_plans(self, codes: Collection[str], day: date, after: UUID | None, limit: int) -> list[StandingPlan]:
        """Memberships that are not over and have a plan with a basis, by id, each with the newest."""
        numbers = select(func.max(CarePlan.number)).where(CarePlan.membership_id == Membership.id)
        newest = numbers.correlate(Membership).scalar_subquery()
        basis = col(CarePlan.basis)
        statement = (
            sql_select(Membership, col(CarePlan.number), col(CarePlan.tier), basis, col(Case.rulebook_version_id))
            .add_columns(col(CarePlan.manager_id))
            .join(CarePlan, (col(CarePlan.membership_id) == Membership.id) & (col(CarePlan.number) == newest))
            .join(Case, col(Case.id) == Membership.case_id)
            .where(
                col(Membership.institution_code).in_(codes),
                col(Membership.valid_to) >= day,
                col(Membership.stage).not_in(OVER),
                basis.is_not(None),
            )
        )
        if after is not None:
            statement = statement.where(col(Membership.id) > after)
        found = self.session.execute(statement.order_by(col(Membership.id)).limit(limit))
        return [StandingPlan(*row) for row in found]

    def people(self, numbers: Collection[str]) -> dict[str, list[Person]]:
        """Contacts of customers, by customer, in the order of the book; no more is deciphered than planning asks."""
        columns = [getattr(Contact, name) for name in Person._fields]
        order = (col(Contact.kind).desc(), col(Contact.id))
        found: dict[str, list[Person]] = {}
        statement = sql_select(*columns).where(col(Contact.customer_no).in_(numbers)).order_by(*order)
        for row in self.session.execute(statement):
            person = Person(*row)
            found.setdefault(person.customer_no, []).append(person)
        return found

    def served(self, membership_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
        """Ids of who is served under memberships now, by membership."""
        row, contact = col(MembershipContact.membership_id), col(MembershipContact.contact_id)
        statement = sql_select(row, contact).where(row.in_(membership_ids), col(MembershipContact.until).is_(None))
        found: dict[UUID, set[UUID]] = {}
        for membership_id, contact_id in self.session.execute(statement):
            found.setdefault(membership_id, set()).add(contact_id)
        return found
