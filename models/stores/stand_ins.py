"""Queries of stand-ins 代理."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col

from models.stores.scope import Scope, within
from models.tables.desk import StandIn
from models.tables.organisation import Account, Institution, Post
from models.types import Role

Position = tuple[datetime, UUID]
"""Keyset position: start and id of the last row seen."""


class PlacedStandIn(NamedTuple):
    """A stand-in with the path of the subtree it is limited to; None means everywhere."""

    row: StandIn
    path: str | None


_PLACED: "Select[StandIn, str]" = (
    sqlalchemy_select(StandIn, col(Institution.path))
    .select_from(StandIn)
    .outerjoin(Institution, col(Institution.code) == col(StandIn.institution_code))
)


class StandInStore:
    """Stand-ins by person and period. Nothing here ends by a job: the period is part of every question."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, stand_in_id: UUID) -> StandIn | None:
        """One stand-in by its id, ended or not."""
        return self.session.get(StandIn, stand_in_id)

    def towards(self, stand_in_ids: Collection[UUID], at: datetime) -> list[PlacedStandIn]:
        """What is in force at the instant and sends work to one of these people."""
        return self._placed(col(StandIn.stand_in_id).in_(stand_in_ids), *_within(at, at))

    def onward(self, principal_ids: Collection[UUID], starts_at: datetime, ends_at: datetime) -> list[PlacedStandIn]:
        """What sends work of one of these people on at any instant of the period, both ends included."""
        return self._placed(col(StandIn.principal_id).in_(principal_ids), *_within(starts_at, ends_at))

    def in_force(self, at: datetime) -> list[PlacedStandIn]:
        """Everything in force at the instant."""
        return self._placed(*_within(at, at))

    def of_principal(self, account_id: UUID, *, after: Position | None, limit: int) -> list[StandIn]:
        """Stand-ins of a person, latest start first."""
        return self._page(StandIn.principal_id == account_id, after, limit)

    def of_stand_in(self, account_id: UUID, *, after: Position | None, limit: int) -> list[StandIn]:
        """For whom a person stands in, stood in or will, latest start first."""
        return self._page(StandIn.stand_in_id == account_id, after, limit)

    def in_scope(self, scope: Scope, *, after: Position | None, limit: int) -> list[StandIn]:
        """Stand-ins of people of the scope, latest start first."""
        people = sqlalchemy_select(col(Account.id)).where(within(Account.institution_code, scope))
        return self._page(col(StandIn.principal_id).in_(people), after, limit)

    def posts_around(
        self, ancestry: Sequence[Institution], roles: Collection[Role]
    ) -> list[tuple[Account, tuple[Role, Institution]]]:
        """Enabled people with one of the roles at an institution, above it, or beside it; `ancestry` lowest first."""
        if not ancestry:
            return []
        above = col(Institution.code).in_([place.code for place in ancestry])
        beside = col(Institution.parent_code) == ancestry[0].parent_code
        statement = (
            sqlalchemy_select(Account, col(Post.role), Institution)
            .join(Post, col(Post.account_id) == col(Account.id))
            .join(Institution, col(Institution.code) == col(Post.institution_code))
            .where(or_(above, beside), col(Post.role).in_(list(roles)), col(Account.disabled_at).is_(None))
        )
        return [(account, (Role(role), place)) for account, role, place in self.session.execute(statement)]

    def add(self, row: StandIn) -> None:
        """Insert or change a stand-in."""
        self.session.add(row)
        self.session.flush()

    def _placed(self, *conditions: ColumnElement[bool]) -> list[PlacedStandIn]:
        rows: Sequence[Any] = self.session.execute(_PLACED.where(*conditions)).all()
        return [PlacedStandIn(row, path) for row, path in rows]

    def _page(self, condition: Any, after: Position | None, limit: int) -> list[StandIn]:
        start, number = col(StandIn.starts_at), col(StandIn.id)
        statement = sqlalchemy_select(StandIn).where(condition)
        if after is not None:
            statement = statement.where(start <= after[0], or_(start < after[0], number < after[1]))
        return list(self.session.execute(statement.order_by(start.desc(), number.desc()).limit(limit)).scalars())


def _within(starts_at: datetime, ends_at: datetime) -> tuple[ColumnElement[bool], ...]:
    """In force at some instant of [starts_at, ends_at]; the end of a stand-in is exclusive."""
    not_over = or_(col(StandIn.ended_at).is_(None), col(StandIn.ended_at) > starts_at)
    return col(StandIn.starts_at) <= ends_at, col(StandIn.ends_at) > starts_at, not_over
