"""Lists of the green channel 绿色通道: requests with their case and customer, by the instant they are due.

A request is seen where it is served and by the institution that owns its customer (article 17 item 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, false, or_
from sqlmodel import Session, col, func, select

from models.rules import calendar as cal
from models.service_types import GreenService
from models.stores.customers import named_like
from models.stores.scope import Scope, within
from models.tables.book import Customer
from models.tables.cases import Case
from models.tables.organisation import Account
from models.tables.service import GreenChannelRecord
from models.types import Stage, Tier

IN_HAND = (Stage.ACCEPTED, Stage.HANDLING)
Position = tuple[datetime, UUID]
"""Keyset position: due instant and case id of the last row seen."""


class GreenBand(StrEnum):
    """The counts above the board, each a list of its own."""

    OPEN = "open"
    OVERDUE = "overdue"
    TODAY = "today"
    PAUSED = "paused"
    FINISHED = "finished"
    MONTH = "month"


class Moments(NamedTuple):
    """The instants that the counts turn on; days and months are Shanghai's."""

    now: datetime
    today: datetime
    tomorrow: datetime
    month: datetime


def moments_at(now: datetime) -> Moments:
    """Today, tomorrow and this month of Shanghai around an instant."""
    today = cal.local_date(now)
    return Moments(
        now=now,
        today=cal.instant(today),
        tomorrow=cal.instant(today + cal.ONE_DAY),
        month=cal.instant(today.replace(day=1)),
    )


class GreenFilter(NamedTuple):
    """What a list asks for; None means no restriction. `under`: served, or owned, within a part of the tree."""

    band: GreenBand | None = None
    stages: tuple[Stage, ...] = ()
    service: GreenService | None = None
    tier: Tier | None = None
    handler_id: UUID | None = None
    under: Scope | None = None
    customer_no: str | None = None
    due_before: datetime | None = None
    q: str | None = None


class GreenRow(NamedTuple):
    """One request: its record 附件三, its case and its customer."""

    record: GreenChannelRecord
    case: Case
    customer: Customer


class OnTime(NamedTuple):
    """及时率: requests finished in time, of those that were to be finished."""

    met: int
    total: int


class GreenChannelStore:
    """Requests of the green channel within a scope."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, case_id: UUID) -> GreenRow | None:
        """One request, whoever asks."""
        row = self.session.exec(_rows().where(GreenChannelRecord.case_id == case_id)).first()
        return GreenRow(*row) if row else None

    def visible(self, case_id: UUID, scope: Scope) -> GreenRow | None:
        """One request, when it is served or owned within the scope."""
        row = self.session.exec(_rows().where(GreenChannelRecord.case_id == case_id, seen_by(scope))).first()
        return GreenRow(*row) if row else None

    def page(
        self, scope: Scope, wanted: GreenFilter, moments: Moments, *, after: Position | None, limit: int
    ) -> list[GreenRow]:
        """Requests of the scope, most pressing first, from a keyset position on."""
        statement = _rows().where(seen_by(scope), *_wishes(wanted, moments))
        due, number = col(GreenChannelRecord.due_at), col(GreenChannelRecord.case_id)
        if after is not None:
            statement = statement.where(due >= after[0], or_(due > after[0], number > after[1]))
        return [GreenRow(*row) for row in self.session.exec(statement.order_by(due, number).limit(limit))]

    def counts(
        self, scope: Scope, wanted: GreenFilter, moments: Moments, bands: Iterable[GreenBand]
    ) -> dict[GreenBand, int]:
        """How many requests `page` would list for each band, in one statement."""
        asked = tuple(bands)
        sums = [func.sum(case((and_(*_of_band(band, moments)), 1), else_=0)) for band in asked]
        return dict(zip(asked, self._sums(scope, wanted, moments, sums), strict=True))

    def stage_counts(
        self, scope: Scope, wanted: GreenFilter, moments: Moments, lanes: Mapping[str, Sequence[Stage]]
    ) -> dict[str, int]:
        """How many open requests stand in each lane, in one statement."""
        sums = [func.sum(case((col(Case.stage).in_(stages), 1), else_=0)) for stages in lanes.values()]
        return dict(zip(lanes, self._sums(scope, wanted, moments, sums), strict=True))

    def on_time(self, scope: Scope, wanted: GreenFilter, moments: Moments) -> OnTime:
        """本月及时率: finished in time, of those finished this month and those open past their deadline."""
        month, overdue = (and_(*_of_band(band, moments)) for band in (GreenBand.MONTH, GreenBand.OVERDUE))
        met = and_(month, col(GreenChannelRecord.in_time).is_(True))
        sums = [func.sum(case((condition, 1), else_=0)) for condition in (met, or_(month, overdue))]
        return OnTime(*self._sums(scope, wanted, moments, sums))

    def standing(self, service: GreenService, reference_no: str) -> GreenRow | None:
        """The open request of a service and reference, whoever serves it."""
        statement = _rows().where(
            GreenChannelRecord.service == service,
            GreenChannelRecord.reference_no == reference_no,
            col(Case.closed_at).is_(None),
        )
        row = self.session.exec(statement.limit(1)).first()
        return GreenRow(*row) if row else None

    def handlers(self, scope: Scope) -> list[tuple[UUID, str]]:
        """Who handles an open request of the scope, by name."""
        statement = (
            select(Account.id, Account.name)
            .join(GreenChannelRecord, col(GreenChannelRecord.handler_id) == Account.id)
            .join(Case, col(Case.id) == GreenChannelRecord.case_id)
            .join(Customer, col(Customer.customer_no) == GreenChannelRecord.customer_no)
            .where(seen_by(scope), col(Case.closed_at).is_(None))
        )
        return list(self.session.exec(statement.distinct().order_by(Account.name)))

    def _sums(self, scope: Scope, wanted: GreenFilter, moments: Moments, sums: Sequence[Any]) -> list[int]:
        # Every wish but the band and the stage, which are what is counted.
        common = _wishes(wanted._replace(band=None, stages=()), moments)
        # Nothing is counted that was closed before this month: years of closed requests are not read again.
        common.append(or_(col(Case.closed_at).is_(None), col(GreenChannelRecord.finished_at) >= moments.month))
        row = self.session.execute(_joined(select(*sums)).where(seen_by(scope), *common)).one()
        return [int(value or 0) for value in row]


class CustomerFound(NamedTuple):
    """What taking in a request may know of a customer of another institution: name, number, tier (by its date)."""

    customer_no: str
    name: str
    institution_code: str


def customers_anywhere(session: Session, q: str, limit: int) -> list[CustomerFound]:
    """Customers of every institution by name or number: each may ask anywhere (article 17 item 8)."""
    statement = select(Customer.customer_no, Customer.name, Customer.institution_code)
    found = statement.where(named_like(Customer.customer_no, Customer.name, q))
    return [CustomerFound(*row) for row in session.exec(found.order_by(Customer.customer_no).limit(limit))]


def seen_by(scope: Scope) -> ColumnElement[bool]:
    """The condition that a request is served, or its customer owned, within the scope."""
    if not scope.paths:
        return false()
    return or_(within(GreenChannelRecord.institution_code, scope), within(Customer.institution_code, scope))


def _rows() -> Any:
    return _joined(select(GreenChannelRecord, Case, Customer))


def _joined(statement: Any) -> Any:
    return (
        statement.select_from(GreenChannelRecord)
        .join(Case, col(Case.id) == GreenChannelRecord.case_id)
        .join(Customer, col(Customer.customer_no) == GreenChannelRecord.customer_no)
    )


def _wishes(wanted: GreenFilter, moments: Moments) -> list[ColumnElement[bool]]:
    found = list(_of_band(wanted.band, moments)) if wanted.band else []
    plain = (
        (col(GreenChannelRecord.service), wanted.service),
        (col(Case.tier), wanted.tier),
        (col(GreenChannelRecord.handler_id), wanted.handler_id),
        (col(GreenChannelRecord.customer_no), wanted.customer_no),
    )
    found += [column == value for column, value in plain if value is not None]
    if wanted.stages:
        found.append(col(Case.stage).in_(wanted.stages))
    if wanted.under is not None:
        found.append(seen_by(wanted.under))
    if wanted.due_before is not None:
        found.append(col(GreenChannelRecord.due_at) < wanted.due_before)
    if wanted.q:
        found.append(_said(wanted.q))
    return found


def _said(q: str) -> ColumnElement[bool]:
    numbers = (GreenChannelRecord.record_no, GreenChannelRecord.reference_no, GreenChannelRecord.policy_no)
    found = (col(number).icontains(q, autoescape=True) for number in numbers)
    return or_(named_like(Customer.customer_no, Customer.name, q), *found)


def _of_band(band: GreenBand, moments: Moments) -> tuple[ColumnElement[bool], ...]:
    running = col(Case.closed_at).is_(None)
    unfinished = and_(running, col(GreenChannelRecord.finished_at).is_(None), col(Case.stage) != Stage.PAUSED)
    due, finished = col(GreenChannelRecord.due_at), col(GreenChannelRecord.finished_at)
    return {
        GreenBand.OPEN: (running,),
        GreenBand.OVERDUE: (unfinished, due < moments.now),
        GreenBand.TODAY: (unfinished, due >= moments.now, due < moments.tomorrow),
        GreenBand.PAUSED: (running, col(Case.stage) == Stage.PAUSED),
        GreenBand.FINISHED: (finished >= moments.today, finished < moments.tomorrow),
        GreenBand.MONTH: (finished >= moments.month,),
    }[band]
