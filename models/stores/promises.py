"""What became of the promises to one customer in a span of days: touchpoints, green channel, inquiries, complaints."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, or_
from sqlmodel import Session, col, func, select

from models.rules.calendar import ONE_DAY, instant, local_date
from models.service_types import ComplaintSheet
from models.stores.care import OPEN_STAGES
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import Stage

INQUIRY_CODE, COMPLAINT_CODE = "Z17", "Z18"


class Kept(NamedTuple):
    """Numbers of one promise: due = done + missed + still open; `late` were done late, or are open and overdue."""

    due: int = 0
    done: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0
    next_due: date | None = None


class PromiseStore:
    """Sums over the records of one customer."""

    def __init__(self, session: Session, customer_no: str, first: date, last: date) -> None:
        self.session = session
        self._customer_no = customer_no
        self._first, self._last = first, last

    def by_code(self, now: datetime, today: date) -> dict[tuple[str, str], Kept]:
        """Numbers by (catalogue code, item or service)."""
        return {
            **dict(self._touchpoints(today)),
            **dict(self._green_channel(now)),
            **dict(self._complaints(now)),
        }

    def _touchpoints(self, today: date) -> Iterator[tuple[tuple[str, str], Kept]]:
        """A skipped one was dropped by somebody with a reason, a cancelled one fell away: neither is due."""
        still_open = col(Touchpoint.stage).in_(OPEN_STAGES)
        late = or_(col(Touchpoint.in_time).is_(False), and_(still_open, col(Touchpoint.due_on) < today))
        sums = (
            _count(col(Touchpoint.stage) == Stage.DONE),
            _count(late),
            _count(col(Touchpoint.stage) == Stage.MISSED),
            _count(still_open),
            func.min(case((still_open, col(Touchpoint.due_on)))),
        )
        statement = select(Touchpoint.code, Touchpoint.item, *sums).where(  # type: ignore[call-overload]  # many columns
            Touchpoint.customer_no == self._customer_no,
            col(Touchpoint.planned_on).between(self._first, self._last),
        )
        for code, item, *numbers in self.session.execute(statement.group_by(Touchpoint.code, Touchpoint.item)):
            yield (code, item), _kept(*numbers)

    def _green_channel(self, now: datetime) -> Iterator[tuple[tuple[str, str], Kept]]:
        row = GreenChannelRecord
        still_open = and_(col(row.finished_at).is_(None), col(Case.outcome).is_(None))
        late = or_(col(row.in_time).is_(False), and_(still_open, col(row.due_at) < now))
        sums = (
            _count(col(row.finished_at).is_not(None)),
            _count(late),
            _count(col(row.case_id).is_(None)),
            _count(still_open),
            func.min(case((still_open, col(row.due_at)))),
        )
        statement = select(row.code, row.service, *sums).join(Case, col(Case.id) == row.case_id)  # type: ignore[call-overload]  # as above
        statement = statement.where(*self._received(row)).group_by(row.code, row.service)
        for code, service, *numbers in self.session.execute(statement):
            yield (code, service.value), _kept(*numbers)

    def _complaints(self, now: datetime) -> Iterator[tuple[tuple[str, str], Kept]]:
        row = ComplaintRecord
        still_open = col(row.closed_at).is_(None)
        due = func.coalesce(col(row.close_due_at), col(row.reply_due_at))
        missed_a_clock = or_(col(row.reply_in_time).is_(False), col(row.closed_in_time).is_(False))
        sums = (
            _count(col(row.closed_at).is_not(None)),
            _count(or_(missed_a_clock, and_(still_open, due < now))),
            _count(col(row.case_id).is_(None)),
            _count(still_open),
            func.min(case((still_open, due))),
        )
        statement = select(row.sheet, *sums).where(*self._received(row)).group_by(row.sheet)  # type: ignore[call-overload]  # as above
        for sheet, *numbers in self.session.execute(statement):
            yield (INQUIRY_CODE if sheet is ComplaintSheet.INQUIRY else COMPLAINT_CODE, sheet.value), _kept(*numbers)

    def _received(self, row: Any) -> tuple[ColumnElement[bool], ...]:
        first, after = instant(self._first), instant(self._last + ONE_DAY)
        return row.customer_no == self._customer_no, col(row.received_at) >= first, col(row.received_at) < after


def _count(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _kept(done: int, late: int, missed: int, still_open: int, next_due: date | datetime | None) -> Kept:
    on = local_date(next_due) if isinstance(next_due, datetime) else next_due
    return Kept(done + missed + still_open, done, late, missed, still_open, on)


def together(kept: Iterable[Kept]) -> Kept:
    """Several services under one promise, summed up; the next day is the earliest."""
    rows = list(kept)
    days = [row.next_due for row in rows if row.next_due]
    return Kept(
        due=sum(row.due for row in rows),
        done=sum(row.done for row in rows),
        late=sum(row.late for row in rows),
        missed=sum(row.missed for row in rows),
        open=sum(row.open for row in rows),
        next_due=min(days, default=None),
    )
