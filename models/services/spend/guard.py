"""What a touchpoint that people add costs the customer's year, and when that asks for an approval first."""

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.care.gifts import plain
from models.services.spend.figures import of_plan
from models.stores.spend import SpendStore
from models.stores.spend_ledger import SpendLedger
from models.tables.care import Touchpoint


def refuse_over_limit(session: Session, row: Touchpoint) -> None:
    """Raises SPEND_LIMIT_EXCEEDED with the yuan by which a new touchpoint takes the year above what it may cost.

    What costs nothing by the estimate, and customers without one, are never refused.
    """
    found = SpendLedger(session).planned_cost(row)
    if found is None or not found[1]:
        return
    plan, cost = found
    SpendStore(session).held(plan.customer_no, plan.year)  # of two at once the second sees the first
    figures = of_plan(session, plan).figures.with_extra(cost)
    if figures.over:
        raise DomainError(ErrorCode.SPEND_LIMIT_EXCEEDED, over=plain(figures.over))
