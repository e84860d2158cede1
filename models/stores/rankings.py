"""Queries of the ranking list 排名, as people and systems read it."""

from typing import NamedTuple

from sqlmodel import Session, col, func, select

from models.stores.customers import named_like
from models.stores.scope import Scope, scoped, within
from models.tables.evaluation import RankingRow
from models.types import SeatKind, Tier


class RankingFilter(NamedTuple):
    """What a view of the list asks for; `tier` is the highest one whose entry value is met."""

    q: str | None = None
    tier: Tier | None = None
    under: Scope | None = None


def ranking_page(
    session: Session, year: int, scope: Scope, wanted: RankingFilter, *, after_rank: int = 0, limit: int | None = None
) -> list[RankingRow]:
    """Rows of the list within a scope, best first, below a rank."""
    statement = select(RankingRow).where(RankingRow.year == year, RankingRow.rank > after_rank)
    statement = scoped(statement, RankingRow.institution_code, scope)
    if wanted.q:
        statement = statement.where(named_like(RankingRow.customer_no, RankingRow.name, wanted.q))
    if wanted.tier is not None:
        statement = statement.where(RankingRow.eligible_tier == wanted.tier)
    if wanted.under is not None:
        statement = statement.where(within(RankingRow.institution_code, wanted.under))
    return list(session.exec(statement.order_by(col(RankingRow.rank)).limit(limit)))


def last_ranked_seat(session: Session, year: int) -> RankingRow | None:
    """The lowest row of the whole list that holds a ranked seat: below it runs the cut line."""
    statement = select(RankingRow).where(RankingRow.year == year, RankingRow.seat == SeatKind.RANKED)
    return session.exec(statement.order_by(col(RankingRow.rank).desc()).limit(1)).first()


def seats_in_list(session: Session, year: int) -> dict[SeatKind, int]:
    """How many seats of each kind the list gives."""
    statement = (
        select(RankingRow.seat, func.count())
        .where(RankingRow.year == year, col(RankingRow.seat).is_not(None))
        .group_by(col(RankingRow.seat))
    )
    return {SeatKind(seat): count for seat, count in session.exec(statement) if seat is not None}


def silver_in_list(session: Session, year: int) -> dict[str, int]:
    """How many silver seats the list gives, by the customers' own institution."""
    statement = (
        select(RankingRow.institution_code, func.count())
        .where(RankingRow.year == year, RankingRow.seat == SeatKind.SILVER)
        .group_by(col(RankingRow.institution_code))
    )
    return dict(session.exec(statement).all())
