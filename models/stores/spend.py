"""Queries of service spend 服务投入: estimates, their lines, the ledger summed up, approvals above the limit.

For other reports: `SpendStore.committed` gives the yuan spent per customer and item in a span of days.
"""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, exists, func, select

from models.service_types import SpendKind
from models.stores.customers import named_like
from models.stores.memberships import OVER
from models.stores.scope import Scope, within
from models.tables.book import Customer
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case, Membership
from models.tables.spend import OverLimitRequest, SpendEntry, SpendLine, SpendPlan
from models.types import Tier


class SpendFilter(NamedTuple):
    """What a report asks for; `under` is a part of the tree, `q` a part of a customer's name or number."""

    tier: Tier | None = None
    under: Scope | None = None
    q: str = ""


class Sum(NamedTuple):
    """Entries of one plan, item and kind added up; `extra`: of touchpoints that people added."""

    plan_id: UUID
    code: str
    kind: SpendKind
    extra: bool
    yuan: Decimal


class Moved(NamedTuple):
    """An entry with the touchpoint it is about."""

    entry: SpendEntry
    touchpoint: Touchpoint


class SpendStore:
    """Estimates and the ledger; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def plan(self, customer_no: str, year: int, scope: Scope | None = None) -> SpendPlan | None:
        """The estimate of a customer and evaluation year, as far as the scope reaches."""
        statement = select(SpendPlan).where(SpendPlan.customer_no == customer_no, SpendPlan.year == year)
        if scope is not None:
            statement = statement.where(within(SpendPlan.institution_code, scope))
        return self.session.exec(statement).first()

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

    def by_id(self, plan_id: UUID, scope: Scope) -> SpendPlan | None:
        """An estimate by its id, as far as the scope reaches."""
        statement = select(SpendPlan).where(SpendPlan.id == plan_id, within(SpendPlan.institution_code, scope))
        return self.session.exec(statement).first()

    def plans(self, year: int, scope: Scope, wanted: SpendFilter = SpendFilter()) -> Sequence[SpendPlan]:  # noqa: B008
        """Estimates of a year, by customer."""
        statement = select(SpendPlan).where(SpendPlan.year == year, within(SpendPlan.institution_code, scope))
        if wanted.tier is not None:
            statement = statement.where(SpendPlan.tier == wanted.tier)
        if wanted.under is not None:
            statement = statement.where(within(SpendPlan.institution_code, wanted.under))
        if wanted.q:
            named = select(Customer.customer_no).where(named_like(Customer.customer_no, Customer.name, wanted.q))
            statement = statement.where(col(SpendPlan.customer_no).in_(named))
        return self.session.exec(statement.order_by(SpendPlan.customer_no)).all()

    def years(self, customer_no: str | None = None) -> Sequence[int]:
        """Years that have estimates, of everybody or of one customer, newest first."""
        statement = select(SpendPlan.year).distinct()
        if customer_no is not None:
            statement = statement.where(SpendPlan.customer_no == customer_no)
        return self.session.exec(statement.order_by(col(SpendPlan.year).desc())).all()

    def lines(self, plan_ids: Collection[UUID]) -> dict[UUID, list[SpendLine]]:
        """Lines of estimates, by estimate, in their order."""
        found: dict[UUID, list[SpendLine]] = {}
        statement = select(SpendLine).where(col(SpendLine.plan_id).in_(plan_ids))
        for line in self.session.exec(statement.order_by(col(SpendLine.plan_id), col(SpendLine.position))):
            found.setdefault(line.plan_id, []).append(line)
        return found

    def sums(self, plan_ids: Collection[UUID]) -> list[Sum]:
        """The ledger of estimates, added up in the database."""
        keys: tuple[Any, ...] = (SpendEntry.plan_id, SpendEntry.code, SpendEntry.kind, SpendEntry.extra)
        statement = sql_select(*keys, func.sum(SpendEntry.yuan)).where(col(SpendEntry.plan_id).in_(plan_ids))
        return [Sum(*row) for row in self.session.execute(statement.group_by(*keys))]

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

    def under_way(self, plans: Collection[SpendPlan]) -> set[UUID]:
        """Ids of the estimates whose approval is not decided yet."""
        ids = {plan.case_id: plan.id for plan in plans if plan.case_id is not None}
        open_cases = select(Case.id).where(col(Case.id).in_(ids), col(Case.closed_at).is_(None))
        return {ids[case_id] for case_id in self.session.exec(open_cases)}

    def request(self, case_id: UUID) -> OverLimitRequest | None:
        """What a case asks for."""
        return self.session.get(OverLimitRequest, case_id)

    def requests(self, plan_id: UUID) -> Sequence[OverLimitRequest]:
        """Every approval asked for a year, oldest first."""
        statement = select(OverLimitRequest).where(OverLimitRequest.plan_id == plan_id)
        return self.session.exec(statement.order_by(col(OverLimitRequest.case_id))).all()

    def put_lines(self, plan: SpendPlan, lines: Sequence[SpendLine]) -> None:
        """Replace the lines of an estimate."""
        for old in self.lines([plan.id]).get(plan.id, []):
            self.session.delete(old)
        self.session.flush()
        self.session.add_all(lines)
        self.session.flush()

    def add(self, row: SpendPlan | OverLimitRequest) -> None:
        """Insert or change a row, at once."""
        self.session.add(row)
        self.session.flush()
