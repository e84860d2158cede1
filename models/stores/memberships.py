"""Queries of memberships 会员期: which one counts for a customer on a day."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, extract, not_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.tables.book import Policy
from models.tables.cases import Membership
from models.types import MembershipStage, PolicyStatus, Tier

OVER = (MembershipStage.EXPIRED, MembershipStage.CANCELLED)
"""Stages of a membership that counts no more, whatever its term says."""


def running_memberships(session: Session, today: date, customer_no: str | None = None) -> list[Membership]:
    """Memberships that are not over, of everybody or of one customer: the running term first, gold before silver."""
    statement = select(Membership).where(Membership.valid_to >= today, col(Membership.stage).not_in(OVER))
    if customer_no is not None:
        statement = statement.where(Membership.customer_no == customer_no)
    rows = session.exec(statement.order_by(col(Membership.customer_no), col(Membership.valid_from)))
    return sorted(rows, key=lambda row: (row.customer_no, row.valid_from, row.tier is not Tier.GOLD))


def open_memberships(session: Session, customer_no: str) -> list[Membership]:
    """Memberships of a customer that are not over by their stage, whatever the day, the first term first."""
    statement = select(Membership).where(Membership.customer_no == customer_no, col(Membership.stage).not_in(OVER))
    return list(session.exec(statement.order_by(col(Membership.valid_from), col(Membership.created_at))))


def moves_on(today: date) -> ColumnElement[bool]:
    """The condition that the day moves a membership: its term begins, is over or up for re-evaluation; policies ended.

    What `rules.membership_stages.stage_on` says of each, as a query for the sweep.
    """
    stage, first, last = col(Membership.stage), col(Membership.valid_from), col(Membership.valid_to)
    moved = or_(
        last < today,
        and_(stage == MembershipStage.PENDING, first <= today),
        and_(stage == MembershipStage.SERVING, first <= today, last < date(today.year + 1, 1, 1)),
        _all_policies_ended(today),
    )
    return and_(stage.not_in(OVER), moved)


def _all_policies_ended(today: date) -> ColumnElement[bool]:
    """What `rules.membership.shown_causes` asks of the book: policies that count, and every one of them ended."""
    counted = (
        Policy.customer_no == Membership.customer_no,
        col(Policy.status) != PolicyStatus.EXPIRED,
        extract("year", col(Policy.expires_on)) >= col(Membership.year),
    )
    over = col(Policy.status).in_((PolicyStatus.LAPSED, PolicyStatus.SURRENDERED))
    lives = or_(col(Policy.ended_on).is_(None), col(Policy.ended_on) > today)
    alive = select(Policy.policy_no).where(*counted, not_(over), lives).exists()
    return and_(select(Policy.policy_no).where(*counted).exists(), not_(alive))


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
