"""Queries of the care calendar: touchpoints 触点 that a reader may see, by month, person and customer; their proofs."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true
from sqlmodel import Session, col, func, select

from models.stores.scope import Scope, within
from models.tables.book import Customer
from models.tables.care import Touchpoint, TouchpointProof
from models.tables.organisation import Account
from models.types import Role, Stage

Position = tuple[date, UUID]
"""Keyset position: due day and id of the last row seen."""


class Reader(NamedTuple):
    """Who reads: its own touchpoints wherever they are, and those within the scope."""

    account_id: UUID
    scope: Scope


class Doer(NamedTuple):
    """Who is to do a touchpoint: given to it by name, or waiting for one of its posts."""

    account_id: UUID
    posts: tuple[tuple[Role, str], ...] = ()


class CareFilter(NamedTuple):
    """What a list asks for; days are inclusive. `merged`: only those (not) done with another, None for both."""

    first: date | None = None
    last: date | None = None
    customer_no: str | None = None
    doer: Doer | None = None
    under: Scope | None = None
    code: str | None = None
    stages: tuple[Stage, ...] = ()
    merged: bool | None = None


class Tally(NamedTuple):
    """How many touchpoints of one group are at a stage."""

    group: Any
    stage: Stage
    number: int


class CareCalendarStore:
    """Touchpoints as people look for them; never commits."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def visible(self, touchpoint_id: UUID, reader: Reader) -> Touchpoint | None:
        """The touchpoint, if the reader may see it."""
        statement = select(Touchpoint).where(Touchpoint.id == touchpoint_id, _seen_by(reader))
        return self.session.exec(statement).first()

    def get(self, touchpoint_id: UUID) -> Touchpoint | None:
        """A touchpoint by its id, whoever asks."""
        return self.session.get(Touchpoint, touchpoint_id)

    def locked(self, touchpoint_id: UUID) -> Touchpoint | None:
        """The touchpoint as it stands now, held against whatever else would change it in this moment."""
        return self.session.get(Touchpoint, touchpoint_id, with_for_update=True, populate_existing=True)

    def by_key(self, customer_no: str, key: str) -> Touchpoint | None:
        """The touchpoint that a request, or a follow-up, made before."""
        statement = select(Touchpoint).where(Touchpoint.customer_no == customer_no, Touchpoint.key == key)
        return self.session.exec(statement).first()

    def listed(
        self, reader: Reader, wanted: CareFilter, *, after: Position | None = None, limit: int
    ) -> Sequence[Touchpoint]:
        """Touchpoints by due day, from a keyset position on."""
        due, number = col(Touchpoint.due_on), col(Touchpoint.id)
        statement = select(Touchpoint).where(_seen_by(reader), *_asked(wanted))
        if after is not None:
            statement = statement.where(due >= after[0], or_(due > after[0], number > after[1]))
        return self.session.exec(statement.order_by(due, number).limit(limit)).all()

    def per_day(self, reader: Reader, wanted: CareFilter) -> list[Tally]:
        """How many are due on each day, by stage."""
        return self._tally(Touchpoint.due_on, reader, wanted)

    def per_person(self, reader: Reader, wanted: CareFilter) -> list[Tally]:
        """How many each person has to do, by stage; None: still waiting for a post."""
        return self._tally(Touchpoint.assignee_id, reader, wanted)

    def per_customer(self, reader: Reader, wanted: CareFilter) -> list[Tally]:
        """How many each customer is owed, by stage."""
        return self._tally(Touchpoint.customer_no, reader, wanted)

    def merged_with(self, touchpoint_ids: Collection[UUID]) -> Sequence[Touchpoint]:
        """What is done together with these, by code."""
        statement = select(Touchpoint).where(col(Touchpoint.merged_into).in_(touchpoint_ids))
        return self.session.exec(statement.order_by(Touchpoint.code, col(Touchpoint.id))).all()

    def people(self, account_ids: Collection[UUID]) -> dict[UUID, str]:
        """Names by account."""
        statement = select(Account.id, Account.name).where(col(Account.id).in_(account_ids))
        return dict(self.session.exec(statement).all())

    def proofs(self, touchpoint_id: UUID) -> Sequence[TouchpointProof]:
        """Photos and signatures of a touchpoint, oldest first."""
        statement = select(TouchpointProof).where(TouchpointProof.touchpoint_id == touchpoint_id)
        return self.session.exec(statement.order_by(col(TouchpointProof.at), col(TouchpointProof.id))).all()

    def proof(self, touchpoint_id: UUID, proof_id: UUID) -> TouchpointProof | None:
        """One of them."""
        statement = select(TouchpointProof).where(
            TouchpointProof.touchpoint_id == touchpoint_id, TouchpointProof.id == proof_id
        )
        return self.session.exec(statement).first()

    def add(self, row: Touchpoint | TouchpointProof) -> None:
        """Insert or change a row, at once."""
        self.session.add(row)
        self.session.flush()

    def _tally(self, group: Any, reader: Reader, wanted: CareFilter) -> list[Tally]:
        number = func.count()
        statement = select(group, Touchpoint.stage, number).where(_seen_by(reader), *_asked(wanted))
        found = self.session.exec(statement.group_by(group, col(Touchpoint.stage)))
        return [Tally(key, Stage(stage), count) for key, stage, count in found]


def _seen_by(reader: Reader) -> ColumnElement[bool]:
    """Done in the reader's institutions, owed to a customer of theirs (article 17 item 8), or its own.

    Head office is asked nothing row by row: it walks `ix_touchpoint_due`.
    """
    if reader.scope.is_everything:
        return true()
    customers = select(Customer.customer_no).where(within(Customer.institution_code, reader.scope))
    return or_(
        within(Touchpoint.institution_code, reader.scope),
        col(Touchpoint.customer_no).in_(customers),
        col(Touchpoint.assignee_id) == reader.account_id,
    )


def _asked(wanted: CareFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.first is not None:
        conditions.append(col(Touchpoint.due_on) >= wanted.first)
    if wanted.last is not None:
        conditions.append(col(Touchpoint.due_on) <= wanted.last)
    if wanted.customer_no is not None:
        conditions.append(col(Touchpoint.customer_no) == wanted.customer_no)
    if wanted.doer is not None:
        conditions.append(_done_by(wanted.doer))
    if wanted.under is not None:
        conditions.append(_under(wanted.under))
    if wanted.code is not None:
        conditions.append(col(Touchpoint.code) == wanted.code)
    if wanted.stages:
        conditions.append(col(Touchpoint.stage).in_(wanted.stages))
    if wanted.merged is not None:
        alone = col(Touchpoint.merged_into).is_(None)
        conditions.append(~alone if wanted.merged else alone)
    return conditions


def _under(scope: Scope) -> ColumnElement[bool]:
    customers = select(Customer.customer_no).where(within(Customer.institution_code, scope))
    return or_(within(Touchpoint.institution_code, scope), col(Touchpoint.customer_no).in_(customers))


def _done_by(doer: Doer) -> ColumnElement[bool]:
    named = col(Touchpoint.assignee_id) == doer.account_id
    waiting = [
        and_(
            col(Touchpoint.assignee_id).is_(None),
            col(Touchpoint.role) == role,
            col(Touchpoint.institution_code) == code,
        )
        for role, code in doer.posts
    ]
    return or_(named, *waiting)
