"""Queries of care 关怀: plans, touchpoints 触点, and the key contacts 重点服务对象 of a membership."""

from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, func, select

from models.tables.book import Contact
from models.tables.care import CarePlan, MembershipContact, Touchpoint
from models.tables.cases import Membership
from models.types import Stage

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
