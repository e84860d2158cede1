"""Queries of memberships 会员期: which one counts for a customer on a day."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, not_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.tables.cases import Membership
from models.types import MembershipStage, Tier

OVER = (MembershipStage.EXPIRED, MembershipStage.CANCELLED)
"""Stages of a membership that counts no more, whatever its term says."""


def running_memberships(session: Session, today: date, customer_no: str | None = None) -> list[Membership]:
    """Memberships that are not over, of everybody or of one customer: the running term first, gold before silver."""
    statement = select(Membership).where(Membership.valid_to >= today, col(Membership.stage).not_in(OVER))
    if customer_no is not None:
        statement = statement.where(Membership.customer_no == customer_no)
    rows = session.exec(statement.order_by(col(Membership.customer_no), col(Membership.valid_from)))
    return sorted(rows, key=lambda row: (row.customer_no, row.valid_from, row.tier is not Tier.GOLD))


def current_memberships(session: Session, numbers: Collection[str], today: date) -> dict[str, Membership]:
    """The membership that counts, by customer: the running term, else the next one; gold before silver."""
    running = (Membership.valid_to >= today, col(Membership.stage).not_in(OVER))
    statement = select(Membership).where(col(Membership.customer_no).in_(numbers), *running)
    found: dict[str, Membership] = {}
    for row in session.exec(statement.order_by(col(Membership.valid_from), col(Membership.created_at))):
        held = found.get(row.customer_no)
        if held is None or (held.valid_from == row.valid_from and row.tier is Tier.GOLD):
            found[row.customer_no] = row
    return found


def has_tier(customer_no: Any, tier: Tier, today: date) -> ColumnElement[bool]:
    """The condition that the membership that counts gives `customer_no` (a column) this tier."""
    gold = _holds(customer_no, Tier.GOLD, today)
    if tier is Tier.GOLD:
        return gold
    if tier is Tier.SILVER:
        return and_(_holds(customer_no, Tier.SILVER, today), not_(gold))
    return not_(select(Membership.id).where(*_not_over(Membership, customer_no, today)).exists())


def _holds(customer_no: Any, tier: Tier, today: date) -> ColumnElement[bool]:
    other = aliased(Membership)
    first = select(func.min(other.valid_from)).where(*_not_over(other, customer_no, today)).scalar_subquery()
    mine = select(Membership.id).where(*_not_over(Membership, customer_no, today), Membership.tier == tier)
    return mine.where(Membership.valid_from == first).exists()


def _not_over(table: Any, customer_no: Any, today: date) -> tuple[ColumnElement[bool], ...]:
    return table.customer_no == customer_no, table.valid_to >= today, table.stage.not_in(OVER)
