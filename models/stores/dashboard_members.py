"""Conditions over memberships 会员期 for numbers: which one counted on a day, and how VIPs moved in a span.

A tier is the one the membership has now: what a downgrade changed is not remembered by the day.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from models.stores.memberships import OVER
from models.tables.cases import Membership
from models.types import MembershipStage, Tier

MOVES = ("new", "upgraded", "downgraded", "left", "cancelled")
"""How a VIP moved, in the order they are shown."""


def held_on(day: date, row: Any = Membership) -> ColumnElement[bool]:
    """The condition that a membership counted on a day: begun, and not ended, cancelled or replaced by then."""
    ended = col(row.ended_on)
    on_its_last_day = and_(ended == day, col(row.stage) != MembershipStage.CANCELLED)
    return and_(
        col(row.valid_from) <= day, col(row.valid_to) >= day, or_(ended.is_(None), ended > day, on_its_last_day)
    )


def has_member(customer_no: Any, day: date) -> ColumnElement[bool]:
    """The condition that a customer (a column) is a VIP on a day."""
    other: Any = aliased(Membership)
    return exists().where(other.customer_no == customer_no, held_on(day, other))


def customers_of(manager_id: UUID) -> SelectOfScalar[str]:
    """The customers whose membership names this manager, as long as it is not over."""
    running = (Membership.manager_id == manager_id, col(Membership.stage).not_in(OVER))
    return select(Membership.customer_no).where(*running)


def moved(first: date, last: date, today: date) -> dict[str, ColumnElement[bool]]:
    """Each move in the span of days; what lies ahead of today has not happened.

    升级 and 降级 are told by the term before; a downgrade in the middle of a term by the end of its buffer.
    离开 ended without another membership that lasts longer.
    """
    row, until = Membership, min(last, today)
    begun = and_(col(row.valid_from).between(first, until), _ran(row))
    buffered = and_(col(row.buffer_until).between(first, last), col(row.buffer_until) < today)
    gone, cancelled = _gone_on(row), col(row.stage) == MembershipStage.CANCELLED
    gold, silver = (_had(tier) for tier in (Tier.GOLD, Tier.SILVER))
    lost_gold = and_(begun, col(row.tier) == Tier.SILVER, gold)
    return {
        "new": and_(begun, not_(gold), not_(silver)),
        "upgraded": and_(begun, col(row.tier) == Tier.GOLD, silver, not_(gold)),
        "downgraded": or_(lost_gold, buffered),
        "left": and_(
            gone.between(first, last),
            gone < today,
            not_(cancelled),
            _ran(row),
            not_(_ended_buffered(row)),
            not_(_lasts()),
        ),
        "cancelled": and_(cancelled, col(row.ended_on).between(first, until)),
    }


def _ended_buffered(row: Any) -> ColumnElement[bool]:
    """The condition that a membership ended with its buffer: it went down to no tier at all."""
    return and_(col(row.buffer_until).is_not(None), col(row.ended_on) == col(row.buffer_until)).is_(True)


def _gone_on(row: Any) -> Any:
    return func.coalesce(col(row.ended_on), col(row.valid_to))


def _ran(row: Any) -> ColumnElement[bool]:
    """It was not replaced or cancelled before its term began."""
    return or_(col(row.ended_on).is_(None), col(row.ended_on) > col(row.valid_from))


def _had(tier: Tier) -> ColumnElement[bool]:
    """The same customer's term before, of a tier: the year before, or the same one until it was replaced."""
    before: Any = aliased(Membership)
    return exists().where(
        before.customer_no == Membership.customer_no,
        before.id != Membership.id,
        before.tier == tier,
        before.stage != MembershipStage.CANCELLED,
        before.year >= Membership.year - 1,
        _gone_on(before) < _gone_on(Membership),
        _ran(before),
    )


def _lasts() -> ColumnElement[bool]:
    """The same customer has another membership that ends later."""
    other: Any = aliased(Membership)
    return exists().where(
        other.customer_no == Membership.customer_no,
        other.id != Membership.id,
        other.stage != MembershipStage.CANCELLED,
        _gone_on(other) > _gone_on(Membership),
    )
