"""Queries of touchpoints that somebody works on, and of who managed the customer before."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import BindParameter, bindparam
from sqlmodel import Session, col, or_, select

from models.stores.care import OPEN_STAGES
from models.stores.memberships import OVER
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Decision, Membership
from models.types import Role, Stage

# Literal, not a parameter: a planner cannot prove of a parameter that it is the stage of the partial index.
_DUE: BindParameter[str] = bindparam("due_stage", Stage.DUE.value, literal_execute=True)


class RunningStore:
    """Touchpoints whose case runs, and rows that lie with somebody."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def of_customer(self, customer_no: str) -> list[Touchpoint]:
        """Those of one customer, by due date."""
        statement = select(Touchpoint).where(
            Touchpoint.customer_no == customer_no,
            col(Touchpoint.stage).in_(OPEN_STAGES),
            col(Touchpoint.case_id).is_not(None),
        )
        return list(self.session.exec(statement.order_by(col(Touchpoint.due_on), col(Touchpoint.id))))

    def of_institutions(self, codes: Sequence[str], after: UUID | None, limit: int) -> list[Touchpoint]:
        """Those of some institutions, by id, behind a position; read through `ix_touchpoint_running`."""
        statement = select(Touchpoint).where(
            col(Touchpoint.institution_code).in_(codes),
            col(Touchpoint.stage) == _DUE,
            col(Touchpoint.case_id).is_not(None),
        )
        if after is not None:
            statement = statement.where(col(Touchpoint.id) > after)
        return list(self.session.exec(statement.order_by(col(Touchpoint.id)).limit(limit)))

    def waiting_with(self, customer_no: str, people: Collection[UUID]) -> list[Touchpoint]:
        """Account-manager rows of a customer without a case that lie with one of these people."""
        statement = select(Touchpoint).where(
            Touchpoint.customer_no == customer_no,
            col(Touchpoint.stage).in_(OPEN_STAGES),
            col(Touchpoint.case_id).is_(None),
            Touchpoint.role == Role.MGR,
            col(Touchpoint.assignee_id).in_(people),
        )
        return list(self.session.exec(statement))

    def managers(self, row: Membership) -> frozenset[UUID]:
        """Everybody whom a plan of this membership, or of one of the customer's that are over, gave its rows to."""
        counts = or_(col(Membership.id) == row.id, col(Membership.stage).in_(OVER))
        statement = (
            select(CarePlan.manager_id, Membership.manager_id)
            .join(Membership, col(Membership.id) == CarePlan.membership_id)
            .where(CarePlan.customer_no == row.customer_no, counts)
        )
        return frozenset(person for pair in self.session.exec(statement) for person in pair if person is not None)

    def managers_in_turn(self, row: Membership) -> list[UUID]:
        """The manager of each plan of this membership, and of those of the customer that are over, in their order."""
        counts = or_(col(Membership.id) == row.id, col(Membership.stage).in_(OVER))
        statement = (
            select(CarePlan.manager_id)
            .join(Membership, col(Membership.id) == CarePlan.membership_id)
            .where(CarePlan.customer_no == row.customer_no, counts, col(CarePlan.manager_id).is_not(None))
        )
        found = self.session.exec(statement.order_by(col(CarePlan.at), col(CarePlan.number)))
        return [person for person in found if person is not None]

    def already_done(self, update_ids: Collection[str]) -> set[str]:
        """Which of these acts stand in the records."""
        return set(self.session.exec(select(Decision.update_id).where(col(Decision.update_id).in_(update_ids))))
