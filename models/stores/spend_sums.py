"""The year of service spend 服务投入 added up in the database: by estimate, by item of the catalogue.

What is planned stands in the estimate and its lines, everything else in the ledger: spending and a release both take
from a reserve, and what people added to the plan is what was reserved for it. Amounts are yuan.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from models.service_types import SpendKind
from models.stores.customers import named_like
from models.stores.scope import Scope, within
from models.stores.spend import Reader, seen_by
from models.tables.book import Customer
from models.tables.cases import Case
from models.tables.spend import SpendEntry, SpendLine, SpendPlan
from models.types import Tier

NO_YUAN = Decimal("0.00")


class SpendFilter(NamedTuple):
    """What a report asks for; `under` is a part of the tree, `q` a part of a customer's name or number."""

    tier: Tier | None = None
    under: Scope | None = None
    q: str = ""


class LedgerSum(NamedTuple):
    """Entries added up: added to the plan by people, reserved and not used yet, spent."""

    extra: Decimal = NO_YUAN
    reserved: Decimal = NO_YUAN
    committed: Decimal = NO_YUAN


_SUMS = len(LedgerSum._fields)


class EstimateSum(NamedTuple):
    """One estimate with its ledger; `asked`: its approval above the limit is under way."""

    plan_id: UUID
    customer_no: str
    name: str
    institution_code: str
    planned: Decimal
    limit: Decimal
    approved: Decimal | None
    asked: bool
    ledger: LedgerSum


class SpendSums:
    """Sums over the estimates of a year that a reader sees, as far as they meet the filter; never commits."""

    def __init__(self, session: Session, year: int, reader: Reader, wanted: SpendFilter | None = None) -> None:
        self.session = session
        self._mine = (col(SpendPlan.year) == year, seen_by(reader), *_wanted(wanted or SpendFilter()))

    def by_estimate(self) -> list[EstimateSum]:
        """Every estimate, in no order: where it stands against its limit is for the rule to say."""
        plan, open_case = SpendPlan, and_(col(Case.id) == col(SpendPlan.case_id), col(Case.closed_at).is_(None))
        ledger = self._ledger(SpendEntry.plan_id).subquery()
        columns: tuple[Any, ...] = (
            *(col(plan.id), col(plan.customer_no), col(Customer.name), col(plan.institution_code), col(plan.total)),
            *(col(plan.spend_limit), col(plan.approved_total), col(Case.id).is_not(None)),
            *(ledger.c.extra, ledger.c.reserved, ledger.c.committed),
        )
        statement = (
            sql_select(*columns)
            .join(Customer, col(Customer.customer_no) == col(plan.customer_no))
            .outerjoin(Case, open_case)
            .outerjoin(ledger, ledger.c.plan_id == col(plan.id))
        )
        rows = self.session.execute(statement.where(*self._mine))
        return [EstimateSum._make((*row[:-_SUMS], _ledger_sum(row[-_SUMS:]))) for row in rows]

    def by_item(self) -> dict[str, tuple[Decimal, LedgerSum]]:
        """Planned yuan and the ledger by catalogue code, in its order; what was spent beside the plan too."""
        planned = dict(self.session.execute(self._planned()).all())
        ledger = {code: _ledger_sum(sums) for code, *sums in self.session.execute(self._ledger(SpendEntry.code))}
        codes = sorted(planned.keys() | ledger.keys())
        return {code: (planned.get(code, NO_YUAN), ledger.get(code, LedgerSum())) for code in codes}

    def _planned(self) -> Any:
        code = col(SpendLine.code)
        return sql_select(code, func.sum(SpendLine.subtotal)).where(self._of(SpendLine)).group_by(code)

    def _ledger(self, key: Any) -> Any:
        return sql_select(col(key), *ledger_columns()).where(self._of(SpendEntry)).group_by(col(key))

    def _of(self, row: Any) -> ColumnElement[bool]:
        return col(row.plan_id).in_(select(SpendPlan.id).where(*self._mine))


def ledger_of(session: Session, plan_id: UUID) -> Mapping[str, LedgerSum]:
    """The ledger of one estimate by catalogue code, in its order."""
    code = col(SpendEntry.code)
    statement = sql_select(code, *ledger_columns()).where(col(SpendEntry.plan_id) == plan_id).group_by(code)
    return {code: _ledger_sum(sums) for code, *sums in session.execute(statement.order_by(code))}


def ledger_columns() -> tuple[ColumnElement[Decimal], ...]:
    """The columns of `LedgerSum` over some entries."""
    kind, yuan = col(SpendEntry.kind), col(SpendEntry.yuan)
    signed: ColumnElement[Decimal] = case((kind == SpendKind.RESERVE, yuan), else_=-yuan)
    added = and_(col(SpendEntry.extra), kind != SpendKind.COMMIT)
    spent = kind == SpendKind.COMMIT
    return (
        func.sum(case((added, signed), else_=0)).label("extra"),
        func.sum(signed).label("reserved"),
        func.sum(case((spent, yuan), else_=0)).label("committed"),
    )


def _ledger_sum(sums: Any) -> LedgerSum:
    return LedgerSum(*(NO_YUAN if yuan is None else yuan for yuan in sums))


def _wanted(wanted: SpendFilter) -> tuple[ColumnElement[bool], ...]:
    found = []
    if wanted.tier is not None:
        found.append(col(SpendPlan.tier) == wanted.tier)
    if wanted.under is not None:
        found.append(within(SpendPlan.institution_code, wanted.under))
    if wanted.q:
        named = select(Customer.customer_no).where(named_like(Customer.customer_no, Customer.name, wanted.q))
        found.append(col(SpendPlan.customer_no).in_(named))
    return tuple(found)
