"""Numbers of the dashboards 看板 and the rows behind them: the same conditions count the rows and list them.

Every question is one statement, whatever it finds; the scope stands in it. What is served is counted where it is
served (article 17 item 8), so that the numbers of institutions add up.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, and_, cast, or_, true, union_all
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from models.rules.calendar import instant
from models.service_types import SpendKind, SurveyStage
from models.stores.dashboard_members import customers_of, has_member, held_on, moved
from models.stores.scope import Scope, within
from models.stores.service_counts import (
    ASKED_BY,
    Marks,
    complaint_marks,
    number_of,
    once_asked,
    own_promise,
    received_between,
    request_marks,
    survey_marks,
    touchpoint_marks,
)
from models.stores.task_arms import is_open
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership, Task
from models.tables.organisation import Account
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.spend import SpendEntry, SpendPlan
from models.tables.survey import SurveyCampaign, SurveyInvitation, SurveySheet
from models.types import TaskState, Tier

Conditions = tuple[ColumnElement[bool], ...]
Key = tuple[Any, ...]
NO_YUAN = Decimal("0.00")


class Span(NamedTuple):
    """When a step was opened and closed."""

    opened: datetime
    closed: datetime


class Ground(NamedTuple):
    """Whose numbers, and of when: a part of the tree, or one manager's own customers; days are inclusive."""

    scope: Scope
    first: date
    last: date
    tier: Tier | None = None
    manager_id: UUID | None = None


class Spent(NamedTuple):
    """A spending of the ledger and the estimate it is held against."""

    row: SpendEntry
    beside: SpendPlan


class Answered(NamedTuple):
    """A sheet and its campaign."""

    row: SurveySheet
    beside: SurveyCampaign


class Invited(NamedTuple):
    """An invitation that stands for its campaign and customer, and the campaign."""

    row: SurveyInvitation
    beside: SurveyCampaign


@dataclass(frozen=True)
class Counted:
    """Rows of one table, by what they are grouped, and the marks that are counted of each group."""

    table: Any
    keys: tuple[Any, ...]
    of: Conditions
    marks: Mapping[str, ColumnElement[bool]]
    joined: tuple[Any, Any] | None = None
    """A table that the row belongs to, and the condition that joins them."""
    pair: Callable[..., Any] | None = None
    """What is listed of a row and what it is joined with; the row alone when there is none."""

    @property
    def number(self) -> Any:
        """The column of the row's id, which of a record of a case is that of the case."""
        return col(self.table.id if hasattr(self.table, "id") else self.table.case_id)

    def among(self, statement: Any) -> Any:
        """A statement over these rows."""
        source = statement.select_from(self.table)
        return (source.join(*self.joined) if self.joined else source).where(*self.of)


def numbers(session: Session, counted: Counted) -> dict[Key, dict[str, int]]:
    """How many rows of each group carry each mark."""
    width, sums = len(counted.keys), [number_of(mark) for mark in counted.marks.values()]
    statement = counted.among(sql_select(*counted.keys, *sums)).group_by(*counted.keys)
    return {
        tuple(row[:width]): dict(zip(counted.marks, map(int, row[width:]), strict=True))
        for row in session.execute(statement)
    }


def listed(
    session: Session, counted: Counted, mark: str, chosen: Conditions, *, after: UUID | None, limit: int
) -> list[Any]:
    """The rows that `numbers` counts under a mark, as far as they meet `chosen`, by id from a keyset position on."""
    shown = (counted.table, counted.joined[0]) if counted.pair and counted.joined else (counted.table,)
    statement = counted.among(sql_select(*shown)).where(counted.marks[mark], *chosen)
    if after is not None:
        statement = statement.where(counted.number > after)
    found = session.execute(statement.order_by(counted.number).limit(limit))
    return [counted.pair(*row) for row in found] if counted.pair else list(found.scalars())


def amounts(session: Session, counted: Counted, yuan: Any) -> dict[Key, Decimal]:
    """A column of the rows of each group added up."""
    statement = counted.among(sql_select(*counted.keys, func.sum(yuan))).group_by(*counted.keys)
    return {tuple(row[:-1]): row[-1] for row in session.execute(statement)}


def members(ground: Ground, day: date) -> Counted:
    """VIPs of a day by institution: one membership each."""
    tier = col(Membership.tier)
    marks = {kind.value: tier == kind for kind in (Tier.GOLD, Tier.SILVER)}
    return Counted(Membership, (col(Membership.institution_code),), (*_of_members(ground), held_on(day)), marks)


def moves(ground: Ground, today: date) -> Counted:
    """Memberships that began, changed or ended in the span, by tier."""
    marks = moved(ground.first, ground.last, today)
    return Counted(Membership, (col(Membership.tier),), (*_of_members(ground), or_(*marks.values())), marks)


def retained(ground: Ground, day: date) -> Counted:
    """VIPs of the first day of the span, and who of them is one on another day, by institution."""
    marks = {"base": true(), "kept": has_member(Membership.customer_no, day)}
    start = (*_of_members(ground), held_on(ground.first))
    return Counted(Membership, (col(Membership.institution_code),), start, marks)


def touchpoints(ground: Ground, now: datetime) -> Counted:
    """Touchpoints planned in the span that keep a promise of their own, by catalogue code and item."""
    of = (own_promise(), *_planned(ground))
    return Counted(Touchpoint, (Touchpoint.code, Touchpoint.item), of, _kept(touchpoint_marks(now)))


def requests(ground: Ground, now: datetime) -> Counted:
    """Requests of the green channel received in the span, by catalogue code and service."""
    row = GreenChannelRecord
    of = (received_between(row, ground.first, ground.last), *_served(row, Case.tier, ground))
    return Counted(row, (row.code, row.service), of, _kept(request_marks(now)), _with_case(row))


def complaints(ground: Ground, now: datetime) -> Counted:
    """Inquiries and complaints received in the span, by sheet."""
    row = ComplaintRecord
    of = (received_between(row, ground.first, ground.last), *_served(row, Case.tier, ground))
    return Counted(row, (row.sheet,), of, _kept(complaint_marks(now)), _with_case(row))


def care_days(ground: Ground, now: datetime) -> Counted:
    """Touchpoints planned in the span, by day: due ones, and those that were done."""
    marks = touchpoint_marks(now)
    due = {"due": or_(marks.done, marks.missed, marks.open), "done": marks.done}
    return Counted(Touchpoint, (col(Touchpoint.planned_on),), _planned(ground), due)


def open_tasks(ground: Ground, bounds: Sequence[datetime]) -> Counted:
    """Open tasks by kind and age; `bounds` are the instants between the groups, youngest first: one mark more."""
    opened = col(Task.opened_at)
    inner = [and_(opened < young, opened >= old) for young, old in pairwise(bounds)]
    groups = [opened >= bounds[0], *inner, opened < bounds[-1]]
    marks = {f"age{at}": group for at, group in enumerate(groups)}
    return Counted(Task, (col(Task.kind),), _of_open_tasks(ground), marks)


def queues(ground: Ground, now: datetime) -> Counted:
    """Open tasks by whose queue they stand in: a person, or nobody yet of a post at an institution."""
    marks = {"waiting": true(), "overdue": col(Task.due_at) < now}
    return Counted(Task, _QUEUE, _of_open_tasks(ground), marks)


def handled(ground: Ground) -> Counted:
    """Tasks done in the span, by post, institution and who did them."""
    first, after = instant(ground.first), instant(ground.last + timedelta(days=1))
    closed = col(Task.closed_at)
    of = (col(Task.state) == TaskState.DONE, closed >= first, closed < after, *_served(Task, Task.tier, ground))
    keys = (col(Task.role), col(Task.institution_code), col(Task.closed_by))
    return Counted(Task, keys, of, {"handled": true()})


_QUEUE = (col(Task.role), col(Task.institution_code), col(Task.assignee_id))


def of_queue(key: Key, who: Any = Task.assignee_id) -> Conditions:
    """The conditions of one queue; `who` is the column of the person. A post's queue holds what nobody took."""
    role, institution_code, person = key
    here = (col(Task.role) == role, col(Task.institution_code) == institution_code)
    if person is not None:
        return (*here, col(who) == person)
    return (*here, col(who).is_(None)) if who is Task.assignee_id else here


def handled_of(session: Session, done: Counted, queue_keys: Sequence[Key]) -> dict[int, int]:
    """How many steps each queue handled, by its position, in one statement."""
    parts = [
        done.among(sql_select(_at(at), func.count())).where(*of_queue(key, Task.closed_by))
        for at, key in enumerate(queue_keys)
    ]
    found = session.execute(union_all(*parts)) if parts else ()
    return {int(at): int(number) for at, number in found}


def newest_spans(session: Session, done: Counted, queue_keys: Sequence[Key], most: int) -> dict[int, list[Span]]:
    """When the newest steps of each queue were opened and closed, by its position, in one statement."""
    parts = []
    for at, key in enumerate(queue_keys):
        mine = done.among(sql_select(_at(at), col(Task.opened_at), col(Task.closed_at)))
        latest = mine.where(*of_queue(key, Task.closed_by)).order_by(col(Task.closed_at).desc()).limit(most)
        parts.append(sql_select(latest.subquery()))
    found: dict[int, list[Span]] = {}
    for at, opened, closed in session.execute(union_all(*parts)) if parts else ():
        found.setdefault(at, []).append(Span(opened, closed))
    return found


def spent(ground: Ground) -> Counted:
    """支出 of the span by the institution that owns the customer."""
    of = (col(SpendEntry.kind) == SpendKind.COMMIT, col(SpendEntry.day).between(ground.first, ground.last))
    joined = (SpendPlan, col(SpendPlan.id) == col(SpendEntry.plan_id))
    mine = (*of, *_served(SpendPlan, SpendPlan.tier, ground))
    return Counted(SpendEntry, (col(SpendPlan.institution_code),), mine, {"spent": true()}, joined, Spent)


def budgets(ground: Ground, day: date) -> Counted:
    """Estimates 年度测算 whose term holds a day, by owning institution."""
    of = (col(SpendPlan.first_on) <= day, col(SpendPlan.last_on) >= day)
    mine = (*of, *_served(SpendPlan, SpendPlan.tier, ground))
    return Counted(SpendPlan, (col(SpendPlan.institution_code),), mine, {"budget": true()})


def sheets(ground: Ground, stages: Collection[SurveyStage]) -> Counted:
    """Valid sheets of the campaigns in these stages by period, as `SurveyStore.trend` counts them."""
    joined = (SurveyCampaign, col(SurveyCampaign.id) == col(SurveySheet.campaign_id))
    inside = within(SurveySheet.institution_code, ground.scope)
    of = (col(SurveySheet.is_valid).is_(True), col(SurveyCampaign.stage).in_(stages), inside)
    return Counted(SurveySheet, (col(SurveyCampaign.period),), of, {"valid": true()}, joined, Answered)


def surveys(ground: Ground) -> Counted:
    """Surveys Z19 of the span, one a campaign and customer, by whether the customer answered."""
    row = SurveyInvitation
    of = (once_asked(ground.first, ground.last), *_served(row, row.tier, ground))
    return Counted(row, (), of, _kept(survey_marks()), (SurveyCampaign, ASKED_BY), Invited)


def people(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by account."""
    statement = select(Account.id, Account.name).where(col(Account.id).in_(set(account_ids)))
    return dict(session.exec(statement).all())


def cases_of(session: Session, case_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """Cases by id."""
    return {case.id: case for case in session.exec(select(Case).where(col(Case.id).in_(set(case_ids))))}


def _with_case(row: Any) -> tuple[Any, Any]:
    return Case, col(Case.id) == row.case_id


def _at(at: int) -> Any:
    return cast(at, Integer).label("at")


def _planned(ground: Ground) -> Conditions:
    planned = col(Touchpoint.planned_on).between(ground.first, ground.last)
    return (planned, *_served(Touchpoint, Touchpoint.tier, ground))


def _kept(marks: Marks) -> dict[str, ColumnElement[bool]]:
    return {"judged": marks.judged, "in_time": marks.in_time}


def _of_members(ground: Ground) -> Conditions:
    found = [within(Membership.institution_code, ground.scope)]
    if ground.manager_id is not None:
        found.append(col(Membership.manager_id) == ground.manager_id)
    if ground.tier is not None:
        found.append(col(Membership.tier) == ground.tier)
    return tuple(found)


def _of_open_tasks(ground: Ground) -> Conditions:
    return (is_open(), *_served(Task, Task.tier, ground))


def _served(row: Any, tier: Any, ground: Ground) -> Conditions:
    """Served within the ground, or owed to one of the manager's own customers."""
    found = [within(row.institution_code, ground.scope)]
    if ground.manager_id is not None:
        found.append(col(row.customer_no).in_(customers_of(ground.manager_id)))
    if ground.tier is not None:
        found.append(col(tier) == ground.tier)
    return tuple(found)
