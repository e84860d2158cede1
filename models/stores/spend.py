"""Queries of service spend 服务投入: estimates, their lines, the ledger, approvals above the limit.

For other reports: `SpendStore.committed` gives the yuan spent per customer and item in a span of days.
"""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, exists, func, select

from models.service_types import SpendKind
from models.stores.dashboard_members import customers_of
from models.stores.memberships import OVER
from models.stores.scope import EVERYTHING, Scope, within
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case, Membership
from models.tables.spend import OverLimitRequest, SpendEntry, SpendLine, SpendPlan
from models.types import Tier


class Reader(NamedTuple):
    """Who reads: the customers of its institutions, and as a manager those of its own (regulation 2.7)."""

    scope: Scope
    manager_id: UUID | None = None


EVERYBODY = Reader(EVERYTHING)
"""Whoever acts for the programme itself."""


class Moved(NamedTuple):
    """An entry with the touchpoint it is about."""

    entry: SpendEntry
    touchpoint: Touchpoint


class SpendStore:
    """Estimates and the ledger; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def plan(self, customer_no: str, year: int, reader: Reader = EVERYBODY) -> SpendPlan | None:
        """The estimate of a customer and evaluation year, where the reader sees it."""
        statement = select(SpendPlan).where(SpendPlan.customer_no == customer_no, SpendPlan.year == year)
        return self.session.exec(statement.where(seen_by(reader))).first()

    def held(self, customer_no: str, year: int) -> SpendPlan | None:
        """The same, held against whatever else would change it until the transaction ends."""
        statement = select(SpendPlan).where(SpendPlan.customer_no == customer_no, SpendPlan.year == year)
        return self.session.exec(statement.with_for_update()).first()

    def get(self, plan_id: UUID) -> SpendPlan | None:
        """An estimate by its id."""
        return self.session.get(SpendPlan, plan_id)

    def membership(self, plan: SpendPlan) -> Membership | None:
        """The membership an estimate follows."""
        return self.session.get(Membership, plan.membership_id)

    def by_id(self, plan_id: UUID, reader: Reader) -> SpendPlan | None:
        """An estimate by its id, where the reader sees it."""
        return self.session.exec(select(SpendPlan).where(SpendPlan.id == plan_id, seen_by(reader))).first()

    def some(self, plan_ids: Collection[UUID]) -> dict[UUID, SpendPlan]:
        """Estimates by their ids."""
        found = self.session.exec(select(SpendPlan).where(col(SpendPlan.id).in_(plan_ids)))
        return {plan.id: plan for plan in found}

    def years(self, customer_no: str | None = None) -> Sequence[int]:
        """Years that have estimates, of everybody or of one customer, newest first."""
        statement = select(SpendPlan.year).distinct()
        if customer_no is not None:
            statement = statement.where(SpendPlan.customer_no == customer_no)
        return self.session.exec(statement.order_by(col(SpendPlan.year).desc())).all()

    def lines(self, plan_id: UUID) -> Sequence[SpendLine]:
        """Lines of an estimate, in their order."""
        statement = select(SpendLine).where(SpendLine.plan_id == plan_id)
        return self.session.exec(statement.order_by(col(SpendLine.position))).all()

    def moved(self, plan_id: UUID, code: str | None = None) -> list[Moved]:
        """Every entry of an estimate, or of one item of it, oldest first, with its touchpoint."""
        statement = select(SpendEntry, Touchpoint).join(Touchpoint, col(Touchpoint.id) == col(SpendEntry.touchpoint_id))
        statement = statement.where(SpendEntry.plan_id == plan_id)
        if code is not None:
            statement = statement.where(SpendEntry.code == code)
        order = (col(SpendEntry.at), col(SpendEntry.source), col(SpendEntry.id))
        return [Moved(*row) for row in self.session.exec(statement.order_by(*order))]

    def committed(self, customers: Collection[str], first: date, last: date) -> dict[tuple[str, str], Decimal]:
        """支出 in yuan by customer and item code in a span of days, both included: what touchpoints done then cost.

        The sum over an item's codes is what the customer's page shows as spent; customers without an estimate and
        items that cost nothing are left out.
        """
        keys: tuple[Any, ...] = (SpendPlan.customer_no, SpendEntry.code)
        statement = (
            sql_select(*keys, func.sum(SpendEntry.yuan))
            .join(SpendPlan, col(SpendPlan.id) == col(SpendEntry.plan_id))
            .where(
                col(SpendPlan.customer_no).in_(customers),
                col(SpendEntry.kind) == SpendKind.COMMIT,
                col(SpendEntry.day).between(first, last),
            )
        )
        return {(customer, code): yuan for customer, code, yuan in self.session.execute(statement.group_by(*keys))}

    def unplanned(self, codes: Sequence[str], day: date, after: UUID | None, limit: int) -> list[Membership]:
        """Memberships that are not over and have a care plan but no estimate of their year, by id."""
        estimate = (
            col(SpendPlan.customer_no) == col(Membership.customer_no),
            col(SpendPlan.year) == col(Membership.year),
        )
        statement = select(Membership).where(
            col(Membership.institution_code).in_(codes),
            Membership.valid_to >= day,
            col(Membership.stage).not_in(OVER),
            col(Membership.tier) != Tier.REGULAR,
            exists().where(col(CarePlan.membership_id) == col(Membership.id)),
            ~exists().where(*estimate),
        )
        if after is not None:
            statement = statement.where(col(Membership.id) > after)
        return list(self.session.exec(statement.order_by(col(Membership.id)).limit(limit)))

    def is_managed_by(self, plan: SpendPlan, account_id: UUID) -> bool:
        """Whether the customer is one of this manager's own."""
        own = customers_of(account_id).where(Membership.customer_no == plan.customer_no)
        return self.session.exec(own).first() is not None

    def is_asked(self, plan: SpendPlan) -> bool:
        """Whether an approval above its limit is not decided yet."""
        case = self.session.get(Case, plan.case_id) if plan.case_id is not None else None
        return case is not None and case.closed_at is None

    def request(self, case_id: UUID) -> OverLimitRequest | None:
        """What a case asks for."""
        return self.session.get(OverLimitRequest, case_id)

    def requests(self, plan_id: UUID) -> Sequence[OverLimitRequest]:
        """Every approval asked for a year, oldest first."""
        statement = select(OverLimitRequest).where(OverLimitRequest.plan_id == plan_id)
        return self.session.exec(statement.order_by(col(OverLimitRequest.case_id))).all()

    def put_lines(self, plan: SpendPlan, lines: Sequence[SpendLine]) -> None:
        """Replace the lines of an estimate."""
        for old in self.lines(plan.id):
            self.session.delete(old)
        self.session.flush()
        self.session.add_all(lines)
        self.session.flush()

    def add(self, row: SpendPlan | OverLimitRequest) -> None:
        """Insert or change a row, at once."""
        self.session.add(row)
        self.session.flush()


def seen_by(reader: Reader, row: Any = SpendPlan) -> ColumnElement[bool]:
    """The condition that the customer of a row, which names its owning institution, is one that the reader sees."""
    found = within(row.institution_code, reader.scope)
    if reader.manager_id is None:
        return found
    return or_(found, col(row.customer_no).in_(customers_of(reader.manager_id)))
