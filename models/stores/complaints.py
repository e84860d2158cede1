"""Queries of inquiries 咨询 and complaints 投诉, each restricted to the caller's institutions inside the query.

A case is seen where it is served and where the customer belongs (article 17 item 8). Texts are encrypted: no query
searches them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, not_, or_
from sqlmodel import Session, col, func, select

from models.service_types import ComplaintGrade, ComplaintSheet
from models.stores.scope import Scope, within
from models.tables.book import Customer
from models.tables.cases import Case
from models.tables.service import ComplaintRecord
from models.types import Stage

Position = tuple[datetime, UUID]
"""Keyset position: sort instant and case id of the last row seen."""


class ComplaintFilter(NamedTuple):
    """What a list asks for; None means no restriction.

    `open`: not closed yet, or closed. `due_before`: open, and its next clock ends before this instant;
    `not_due_before`: all others. `unanswered`: without a first reply. `under`: served in, or belonging to, a part of
    the tree. `q`: part of a record number, customer number or name.
    """

    sheet: ComplaintSheet | None = None
    stage: Stage | None = None
    grade: ComplaintGrade | None = None
    customer_no: str | None = None
    under: Scope | None = None
    due_before: datetime | None = None
    not_due_before: datetime | None = None
    unanswered: bool = False
    open: bool | None = None
    q: str | None = None


class ComplaintRow(NamedTuple):
    """A record with its case, and whose customer it is."""

    record: ComplaintRecord
    case: Case
    customer_name: str
    owner_code: str
    """The institution the customer belongs to."""

    @property
    def next_due_at(self) -> datetime | None:
        """When the clock that runs now ends; None once it is closed."""
        record = self.record
        if record.closed_at is not None:
            return None
        waiting = record.first_reply_at is None or record.close_due_at is None
        return record.reply_due_at if waiting else record.close_due_at


class DeskCounts(NamedTuple):
    """Numbers on the desk, of what is open."""

    complaints: int
    inquiries: int
    overdue: int
    today: int
    serious: int
    unanswered: int


class Tally(NamedTuple):
    """Counts of one institution or customer over one period; see `models.services.complaints.figures`."""

    key: str
    inquiries_received: int
    inquiries_due: int
    inquiries_in_time: int
    complaints_received: int
    serious_received: int
    replies_due: int
    replies_in_time: int
    complaints_due: int
    complaints_in_time: int
    complaints_closed: int
    justified: int


class Span(NamedTuple):
    """Half-open period, and the moment it is counted at: what is due later is not due yet."""

    start: datetime
    end: datetime
    at: datetime


class ComplaintStore:
    """Records by id, by list, in numbers."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, case_id: UUID) -> ComplaintRow | None:
        """One of them, whoever asks."""
        return self._one(_rows().where(ComplaintRecord.case_id == case_id))

    def in_scope(self, case_id: UUID, scope: Scope) -> ComplaintRow | None:
        """One of them, when it is served within the scope or its customer belongs there."""
        return self._one(_rows().where(ComplaintRecord.case_id == case_id, _seen(scope)))

    def newest(
        self, scope: Scope, wanted: ComplaintFilter, *, after: Position | None, limit: int
    ) -> list[ComplaintRow]:
        """Newest first, from a keyset position on."""
        at, number = col(ComplaintRecord.received_at), col(ComplaintRecord.case_id)
        statement = _narrowed(_rows().where(_seen(scope)), wanted)
        if after is not None:
            statement = statement.where(at <= after[0], or_(at < after[0], number < after[1]))
        return self._all(statement.order_by(at.desc(), number.desc()).limit(limit))

    def pressing(
        self, scope: Scope, wanted: ComplaintFilter, *, after: Position | None, limit: int
    ) -> list[ComplaintRow]:
        """Open ones by the end of the clock that runs now, from a keyset position on."""
        number = col(ComplaintRecord.case_id)
        statement = _narrowed(_rows().where(_seen(scope), _is_open()), wanted)
        if after is not None:
            statement = statement.where(or_(_next_due() > after[0], and_(_next_due() == after[0], number > after[1])))
        return self._all(statement.order_by(_next_due(), number).limit(limit))

    def counts(self, scope: Scope, now: datetime, tomorrow: datetime) -> DeskCounts:
        """Numbers of what is open; `tomorrow` is the midnight after today."""
        complaint = col(ComplaintRecord.sheet) == ComplaintSheet.COMPLAINT
        wanted = (
            complaint,
            col(ComplaintRecord.sheet) == ComplaintSheet.INQUIRY,
            _next_due() < now,
            and_(_next_due() >= now, _next_due() < tomorrow),
            and_(complaint, col(ComplaintRecord.grade) == ComplaintGrade.SERIOUS),
            col(ComplaintRecord.first_reply_at).is_(None),
        )
        numbers = [func.count().filter(condition) for condition in wanted]
        statement = select(*numbers).select_from(ComplaintRecord).join(Customer).where(_seen(scope), _is_open())
        return DeskCounts(*self.session.execute(statement).one())

    def tallies(self, scope: Scope, span: Span, *, per_customer: bool = False) -> list[Tally]:
        """Counts per institution that served, or per customer, of those that have any."""
        key = col(ComplaintRecord.customer_no if per_customer else ComplaintRecord.institution_code)
        statement = (
            select(key, *(func.count().filter(condition) for condition in _counted(span)))
            .join(Customer)
            .where(_seen(scope), _touches(span))
        )
        return [Tally(*row) for row in self.session.execute(statement.group_by(key).order_by(key))]

    def with_earlier_lives(self, scope: Scope) -> list[ComplaintRecord]:
        """Complaints that were closed and reopened."""
        reopened = select(ComplaintRecord).join(Customer).join(Case, col(Case.id) == ComplaintRecord.case_id)
        return list(self.session.exec(reopened.where(_seen(scope), Case.round > 1)))

    def of_customer(self, customer_no: str, scope: Scope, *, limit: int) -> list[ComplaintRow]:
        """The newest ones of a customer that the scope reaches."""
        statement = _rows().where(ComplaintRecord.customer_no == customer_no, _seen(scope))
        return self._all(statement.order_by(col(ComplaintRecord.received_at).desc()).limit(limit))

    def _one(self, statement: Any) -> ComplaintRow | None:
        row = self.session.execute(statement).first()
        return ComplaintRow(*row) if row else None

    def _all(self, statement: Any) -> list[ComplaintRow]:
        return [ComplaintRow(*row) for row in self.session.execute(statement)]


def _rows() -> Any:
    return (
        select(ComplaintRecord, Case, Customer.name, Customer.institution_code)
        .join(Case, col(Case.id) == ComplaintRecord.case_id)
        .join(Customer, col(Customer.customer_no) == ComplaintRecord.customer_no)
    )


def _seen(scope: Scope) -> ColumnElement[bool]:
    return or_(within(ComplaintRecord.institution_code, scope), within(Customer.institution_code, scope))


def _is_open() -> ColumnElement[bool]:
    return col(ComplaintRecord.closed_at).is_(None)


def _next_due() -> Any:
    reply_due, close_due = col(ComplaintRecord.reply_due_at), col(ComplaintRecord.close_due_at)
    return case((or_(col(ComplaintRecord.first_reply_at).is_(None), close_due.is_(None)), reply_due), else_=close_due)


def _narrowed(statement: Any, wanted: ComplaintFilter) -> Any:
    same = {"sheet": wanted.sheet, "grade": wanted.grade, "customer_no": wanted.customer_no}
    for name, value in same.items():
        if value is not None:
            statement = statement.where(getattr(ComplaintRecord, name) == value)
    if wanted.stage is not None:
        statement = statement.where(Case.stage == wanted.stage)
    if wanted.under is not None:
        statement = statement.where(_seen(wanted.under))
    if wanted.due_before is not None:
        statement = statement.where(_is_open(), _next_due() < wanted.due_before)
    if wanted.not_due_before is not None:
        statement = statement.where(not_(and_(_is_open(), _next_due() < wanted.not_due_before)))
    if wanted.unanswered:
        statement = statement.where(col(ComplaintRecord.first_reply_at).is_(None))
    if wanted.open is not None:
        statement = statement.where(_is_open() if wanted.open else col(ComplaintRecord.closed_at).is_not(None))
    if wanted.q:
        fields = (ComplaintRecord.record_no, Customer.customer_no, Customer.name)
        statement = statement.where(or_(*(col(field).icontains(wanted.q, autoescape=True) for field in fields)))
    return statement


def _during(instant: Any, span: Span) -> ColumnElement[bool]:
    return and_(col(instant) >= span.start, col(instant) < span.end)


def _due_in(due: Any, done: Any, span: Span) -> ColumnElement[bool]:
    """Due in the period, and due by now or done already."""
    return and_(_during(due, span), or_(col(due) <= span.at, col(done).is_not(None)))


def _counted(span: Span) -> Sequence[ColumnElement[bool]]:
    """The conditions behind the fields of `Tally`, in their order."""
    row = ComplaintRecord
    inquiry, complaint = col(row.sheet) == ComplaintSheet.INQUIRY, col(row.sheet) == ComplaintSheet.COMPLAINT
    received, closed = _during(row.received_at, span), _during(row.closed_at, span)
    reply_due = _due_in(row.reply_due_at, row.first_reply_at, span)
    close_due = _due_in(row.close_due_at, row.closed_at, span)
    replied_in_time, closed_in_time = col(row.reply_in_time).is_(True), col(row.closed_in_time).is_(True)
    return (
        and_(inquiry, received),
        and_(inquiry, reply_due),
        and_(inquiry, reply_due, replied_in_time),
        and_(complaint, received),
        and_(complaint, received, col(row.grade) == ComplaintGrade.SERIOUS),
        and_(complaint, reply_due),
        and_(complaint, reply_due, replied_in_time),
        and_(complaint, close_due),
        and_(complaint, close_due, closed_in_time),
        and_(complaint, closed),
        and_(complaint, closed, col(row.justified).is_(True)),
    )


def _touches(span: Span) -> ColumnElement[bool]:
    row = ComplaintRecord
    instants = (row.received_at, row.reply_due_at, row.close_due_at, row.closed_at)
    return or_(*(_during(instant, span) for instant in instants))
