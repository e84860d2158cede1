"""What became of the promises of a span of days: touchpoints, green channel, inquiries, complaints and surveys.

Of one customer or of a scope, by customer or by institution, and by entry of the catalogue (articles 14-17).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, false, not_, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from models.rules.calendar import ONE_DAY, instant, local_date
from models.service_types import ComplaintSheet, SurveyStage
from models.stores.care import OPEN_STAGES
from models.stores.scope import EVERYTHING, Scope, within
from models.tables.book import Customer
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.survey import SurveyCampaign, SurveyInvitation
from models.types import Stage

INQUIRY_CODE, COMPLAINT_CODE, SURVEY_CODE = "Z17", "Z18", "Z19"
SURVEY = "survey"
"""Identifier of the entry Z19. Its touchpoints are follow-ups of low sheets: no survey of their own."""
ASKED_BY: Any = col(SurveyCampaign.id) == col(SurveyInvitation.campaign_id)
"""Joins an invitation with its campaign."""
CODES_OF_SHEETS = {ComplaintSheet.INQUIRY: INQUIRY_CODE, ComplaintSheet.COMPLAINT: COMPLAINT_CODE}


class Owner(StrEnum):
    """Whose numbers they are: the customer's, or the institution's that serves it (article 17 item 8)."""

    CUSTOMER = "customer_no"
    INSTITUTION = "institution_code"


class Entry(NamedTuple):
    """One entry of the catalogue for one owner; `item` is its identifier, or the service of the green channel."""

    owner: str
    code: str
    item: str


class Kept(NamedTuple):
    """Numbers of one promise: due = done + missed + still open; `late` were done late, or are open and overdue."""

    due: int = 0
    done: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0
    overdue: int = 0
    """Of the open ones."""
    next_due: date | None = None

    @property
    def in_time(self) -> int:
        """Done within the limit."""
        return self.done - (self.late - self.overdue)

    @property
    def judged(self) -> int:
        """Done, missed, or open and overdue: what a rate of timeliness stands on (regulation 2.8)."""
        return self.done + self.missed + self.overdue


@dataclass(frozen=True, slots=True)
class ServiceCounts:
    """Sums over the days from `first` to `last` (Asia/Shanghai, both included).

    A touchpoint belongs to the day it is planned for, a request or complaint to the day it was received, a survey to
    the day its customer was asked. With `customer_no` of that customer alone; `scope` is that of the institution that
    owns the customer, or with `Owner.INSTITUTION` that serves it.
    """

    session: Session
    first: date
    last: date
    scope: Scope = EVERYTHING
    customer_no: str | None = None

    def by_code(self, now: datetime) -> dict[tuple[str, str], Kept]:
        """Numbers by (catalogue code, item or service) of everything counted; the moment decides what is overdue."""
        found: dict[tuple[str, str], list[Kept]] = {}
        for entry, kept in self.by(Owner.INSTITUTION, now).items():
            found.setdefault((entry.code, entry.item), []).append(kept)
        return {key: together(kept) for key, kept in found.items()}

    def by(self, owner: Owner, now: datetime) -> dict[Entry, Kept]:
        """Numbers by owner and entry of the catalogue; what has nothing to count is not there."""
        parts = (self._touchpoints, self._green_channel, self._complaints, self._surveys)
        return {entry: kept for part in parts for entry, kept in part(owner, now)}

    def _touchpoints(self, owner: Owner, now: datetime) -> Iterator[tuple[Entry, Kept]]:
        row = Touchpoint
        planned = col(row.planned_on).between(self.first, self.last)
        keys = (getattr(row, owner.value), row.code, row.item)
        sums = touchpoint_marks(now).sums()
        mine = (planned, own_promise(), *self._mine(row, owner))
        statement = select(*keys, *sums).where(*mine).group_by(*keys)
        for of, code, item, *numbers in self.session.execute(statement):
            yield Entry(of, code, item), _kept(numbers)

    def _green_channel(self, owner: Owner, now: datetime) -> Iterator[tuple[Entry, Kept]]:
        row = GreenChannelRecord
        keys = (getattr(row, owner.value), row.code, row.service)
        statement = select(*keys, *request_marks(now).sums()).join(Case, col(Case.id) == row.case_id)
        for of, code, service, *numbers in self.session.execute(self._received(statement, row, owner, keys)):
            yield Entry(of, code, service.value), _kept(numbers)

    def _complaints(self, owner: Owner, now: datetime) -> Iterator[tuple[Entry, Kept]]:
        row = ComplaintRecord
        keys, sums = (getattr(row, owner.value), row.sheet), complaint_marks(now).sums()
        for of, sheet, *numbers in self.session.execute(self._received(select(*keys, *sums), row, owner, keys)):
            yield Entry(of, CODES_OF_SHEETS[sheet], sheet.value), _kept(numbers)

    def _surveys(self, owner: Owner, _now: datetime) -> Iterator[tuple[Entry, Kept]]:
        of = getattr(SurveyInvitation, owner.value)
        mine = (once_asked(self.first, self.last), *self._mine(SurveyInvitation, owner))
        statement = select(of, *survey_marks().sums()).join(SurveyCampaign, ASKED_BY).where(*mine)
        for key, *numbers in self.session.execute(statement.group_by(of)):
            yield Entry(key, SURVEY_CODE, SURVEY), _kept(numbers)

    def _received(self, statement: Any, row: Any, owner: Owner, keys: tuple[Any, ...]) -> Any:
        return statement.where(received_between(row, self.first, self.last), *self._mine(row, owner)).group_by(*keys)

    def _mine(self, row: Any, owner: Owner) -> tuple[ColumnElement[bool], ...]:
        if self.customer_no is not None:
            return (row.customer_no == self.customer_no,)
        if owner is Owner.INSTITUTION:
            return (within(row.institution_code, self.scope),)
        if self.scope == EVERYTHING:
            return ()
        owned = select(Customer.customer_no).where(within(Customer.institution_code, self.scope))
        return (col(row.customer_no).in_(owned),)


class Marks(NamedTuple):
    """What a row counts as: one condition a number, and when an open one is due."""

    done: ColumnElement[bool]
    late: ColumnElement[bool]
    missed: ColumnElement[bool]
    open: ColumnElement[bool]
    overdue: ColumnElement[bool]
    due: Any

    @property
    def in_time(self) -> ColumnElement[bool]:
        """As `Kept.in_time` counts."""
        return and_(self.done, not_(self.late))

    @property
    def judged(self) -> ColumnElement[bool]:
        """As `Kept.judged` counts."""
        return or_(self.done, self.missed, self.overdue)

    def sums(self) -> tuple[Any, ...]:
        """The columns that `_kept` reads."""
        conditions = (self.done, or_(self.late, self.overdue), self.missed, self.open, self.overdue)
        return *(number_of(condition) for condition in conditions), func.min(case((self.open, self.due)))


def touchpoint_marks(now: datetime) -> Marks:
    """A skipped one was dropped by somebody with a reason, a cancelled one fell away: neither is due."""
    stage, due = col(Touchpoint.stage), col(Touchpoint.due_on)
    still_open, done = stage.in_(OPEN_STAGES), stage == Stage.DONE
    late = and_(done, col(Touchpoint.in_time).is_(False))
    return Marks(done, late, stage == Stage.MISSED, still_open, and_(still_open, due < local_date(now)), due)


def request_marks(now: datetime) -> Marks:
    """Of a request joined with its case; one that was called off is not due."""
    row, finished = GreenChannelRecord, col(GreenChannelRecord.finished_at)
    still_open = and_(finished.is_(None), col(Case.outcome).is_(None))
    overdue, late = and_(still_open, col(row.due_at) < now), col(row.in_time).is_(False)
    return Marks(finished.is_not(None), late, false(), still_open, overdue, col(row.due_at))


def complaint_marks(now: datetime) -> Marks:
    """An inquiry or complaint is in time when its first reply and its closing were."""
    row, closed = ComplaintRecord, col(ComplaintRecord.closed_at)
    still_open, due = closed.is_(None), func.coalesce(col(row.close_due_at), col(row.reply_due_at))
    overdue = and_(still_open, or_(col(row.reply_in_time).is_(False), due < now))
    late = and_(closed.is_not(None), or_(col(row.reply_in_time).is_(False), col(row.closed_in_time).is_(False)))
    return Marks(closed.is_not(None), late, false(), still_open, overdue, due)


def survey_marks() -> Marks:
    """Of an invitation that stands for its campaign and customer, joined with the campaign (`once_asked`): done once a
    sheet of the customer is in, missed when it closed without one."""
    answered = _other(col(_OTHER.answered_at).is_not(None))
    still_open = and_(not_(answered), col(SurveyCampaign.stage) == SurveyStage.OPEN)
    missed = and_(not_(answered), col(SurveyCampaign.stage) != SurveyStage.OPEN)
    return Marks(answered, false(), missed, still_open, false(), col(SurveyCampaign.closes_at))


def once_asked(first: date, last: date) -> ColumnElement[bool]:
    """The condition that an invitation was made on one of these days, the first of its campaign to its customer."""
    days = col(SurveyInvitation.invited_on).between(first, last)
    earlier = and_(col(_OTHER.invited_on).between(first, last), col(_OTHER.id) < col(SurveyInvitation.id))
    return and_(days, not_(_other(earlier)))


_OTHER: Any = aliased(SurveyInvitation)


def _other(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Another invitation, or the same, of the campaign to the customer meets the condition."""
    row = SurveyInvitation
    same = and_(_OTHER.campaign_id == row.campaign_id, _OTHER.customer_no == row.customer_no)
    return exists().where(same, condition).correlate(row)


def own_promise() -> ColumnElement[bool]:
    """The condition that a touchpoint keeps a promise of its own: what follows up a low sheet is part of a survey."""
    return col(Touchpoint.code) != SURVEY_CODE


def received_between(row: Any, first: date, last: date) -> ColumnElement[bool]:
    """The condition that a request or complaint was received on one of these days of Shanghai."""
    return and_(col(row.received_at) >= instant(first), col(row.received_at) < instant(last + ONE_DAY))


def number_of(condition: ColumnElement[bool]) -> Any:
    """How many rows of a group meet the condition, as a column."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _kept(numbers: Iterable[Any]) -> Kept:
    done, late, missed, still_open, overdue, next_due = numbers
    on = local_date(next_due) if isinstance(next_due, datetime) else next_due
    return Kept(done + missed + still_open, done, late, missed, still_open, overdue, on)


def together(kept: Iterable[Kept]) -> Kept:
    """Several lines summed up; the next day is the earliest."""
    rows = list(kept)
    days = [row.next_due for row in rows if row.next_due]
    return Kept(
        due=sum(row.due for row in rows),
        done=sum(row.done for row in rows),
        late=sum(row.late for row in rows),
        missed=sum(row.missed for row in rows),
        open=sum(row.open for row in rows),
        overdue=sum(row.overdue for row in rows),
        next_due=min(days, default=None),
    )
