"""What counts as a fact: members, touchpoints, requests, inquiries, complaints, tasks, declarations, filings.

Judged, as `ServiceCounts` judges: done, missed, or open and overdue. Owed: everything that falls due in the span.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, not_, null, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models.rules.calendar import local_date
from models.service_types import ComplaintSheet, FactKind
from models.stores.care import OPEN_STAGES
from models.stores.facts import Asked, Fact, Source, SqlSource, WalkedSource, columns
from models.stores.quarter import QuarterStore
from models.stores.scope import within
from models.tables.assessment import AssessmentResult
from models.tables.book import Policy
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership, SilverQuota, Task
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.survey import SurveyInvitation, SurveySheet
from models.types import CaseKind, PolicyStatus, Role, SeatKind, Stage, TaskState, Tier

YEAR_PERIOD = "year"


def _members(asked: Asked) -> Any:
    """VIPs of the first day, gold before silver; good while a policy is in force on the last day, or today."""
    row, today = Membership, local_date(asked.at)
    gold = func.max(case((col(row.tier) == Tier.GOLD, 1), else_=0))
    listed = columns(
        row.customer_no,
        row.customer_no,
        func.min(col(row.institution_code)),
        tier=case((gold == 1, Tier.GOLD.value), else_=Tier.SILVER.value),
        on=func.min(col(row.valid_from)),
        good=_insured(min(asked.last, today)),
    )
    not_ended = or_(col(row.ended_on).is_(None), col(row.ended_on) >= asked.first)
    term: Any = and_(col(row.valid_from) <= asked.first, col(row.valid_to) >= asked.first, not_ended)
    begun = term if asked.first <= today else false()
    return select(*listed).where(begun, within(row.institution_code, asked.scope)).group_by(col(row.customer_no))


def _insured(day: Any) -> ColumnElement[bool]:
    """A policy on the day, as decisions.md 16 reads the book: lapsed or surrendered without a date does not count."""
    over = and_(col(Policy.status).in_((PolicyStatus.LAPSED, PolicyStatus.SURRENDERED)), col(Policy.ended_on).is_(None))
    lives = and_(
        col(Policy.customer_no) == col(Membership.customer_no),
        col(Policy.effective_on) <= day,
        col(Policy.expires_on) >= day,
        or_(col(Policy.ended_on).is_(None), col(Policy.ended_on) > day),
        not_(over),
    )
    return select(Policy.policy_no).where(lives).correlate(Membership).exists()


def _touchpoints(asked: Asked, *, codes: Collection[str] = (), owed: bool = False) -> Any:
    row, stage = Touchpoint, col(Touchpoint.stage)
    still_open = stage.in_(OPEN_STAGES)
    overdue = still_open if owed else and_(still_open, col(row.due_on) < local_date(asked.at))
    day = col(row.due_on if owed else row.planned_on)
    listed = columns(
        row.id,
        row.customer_no,
        row.institution_code,
        tier=row.tier,
        on=row.due_on,
        good=stage == Stage.DONE,
    )
    counted = or_(stage.in_((Stage.DONE, Stage.MISSED)), overdue)
    statement = select(*listed).where(counted, day.between(asked.first, asked.last))
    return _among(statement, row.code, codes).where(within(row.institution_code, asked.scope))


def _requests(asked: Asked, *, codes: Collection[str] = (), owed: bool = False) -> Any:
    """Judged ones are good when in time, owed ones when finished; what was called off is neither."""
    row, finished = GreenChannelRecord, col(GreenChannelRecord.finished_at).is_not(None)
    still_open = and_(not_(finished), col(Case.outcome).is_(None))
    overdue = still_open if owed else and_(still_open, col(row.due_at) < asked.at)
    good = finished if owed else and_(finished, col(row.in_time).is_not(False))
    listed = columns(row.case_id, row.customer_no, row.institution_code, tier=Case.tier, on=row.due_at, good=good)
    statement = select(*listed).join(Case, col(Case.id) == row.case_id)
    statement = statement.where(or_(finished, overdue), asked.during(row.due_at if owed else row.received_at))
    return _among(statement, row.code, codes).where(within(row.institution_code, asked.scope))


def _inquiries(asked: Asked, *, owed: bool = False) -> Any:
    row, closed = ComplaintRecord, col(ComplaintRecord.closed_at).is_not(None)
    timely = and_(col(row.reply_in_time).is_not(False), col(row.closed_in_time).is_not(False))
    due = func.coalesce(col(row.close_due_at), col(row.reply_due_at))
    overdue = and_(not_(closed), or_(col(row.reply_in_time).is_(False), due < asked.at))
    counted = asked.during(row.reply_due_at) if owed else and_(or_(closed, overdue), asked.during(row.received_at))
    good = closed if owed else and_(closed, timely)
    return _of_sheet(asked, ComplaintSheet.INQUIRY, row.reply_due_at, good).where(counted)


def _complaints(asked: Asked, *, owed: bool = False) -> Any:
    """Due in the span, and by now or closed already: as `complaint_figures` counts them."""
    row, closed = ComplaintRecord, col(ComplaintRecord.closed_at).is_not(None)
    good = closed if owed else col(row.closed_in_time).is_(True)
    due = asked.during(row.close_due_at)
    counted = due if owed else and_(due, or_(col(row.close_due_at) <= asked.at, closed))
    return _of_sheet(asked, ComplaintSheet.COMPLAINT, row.close_due_at, good).where(counted)


def _justified(asked: Asked) -> Any:
    row = ComplaintRecord
    found = _of_sheet(asked, ComplaintSheet.COMPLAINT, row.closed_at, col(row.justified).is_(True))
    return found.where(asked.during(row.closed_at), col(row.justified).is_(True))


def _of_sheet(asked: Asked, sheet: ComplaintSheet, on: Any, good: ColumnElement[bool]) -> Any:
    row = ComplaintRecord
    listed = columns(row.case_id, row.customer_no, row.institution_code, tier=Case.tier, on=on, good=good)
    statement = select(*listed).join(Case, col(Case.id) == row.case_id).where(row.sheet == sheet)
    return statement.where(within(row.institution_code, asked.scope))


def _earlier_lives(session: Session, asked: Asked, *, of: str) -> Iterator[Fact]:
    """Lives of complaints that were closed and reopened: each counts where its own limit, or its closing, lay."""
    reopened = select(ComplaintRecord, Case.tier).join(Case, col(Case.id) == ComplaintRecord.case_id)
    reopened = reopened.where(Case.round > 1, within(ComplaintRecord.institution_code, asked.scope))
    for record, tier in session.exec(reopened):
        for number, life in enumerate(record.lives, start=1):
            moment = datetime.fromisoformat(life[of]) if life[of] else None
            good = life["closed_in_time"] if of == "close_due_at" else life["justified"]
            if moment is None or not asked.has(moment) or (of == "closed_at" and not good):
                continue
            yield Fact(
                FactKind.COMPLAINT,
                f"{record.case_id}#{number}",
                record.customer_no,
                record.institution_code,
                Tier(tier),
                local_date(moment),
                good is True,
            )


def _tasks(asked: Asked, *, steps: Collection[str], role: Role, seat: SeatKind | None = None) -> Any:
    row = Task
    done = col(row.state) == TaskState.DONE
    listed = columns(row.id, row.customer_no, row.institution_code, tier=row.tier, on=row.due_at, good=done)
    statement = select(*listed).join(Case, col(Case.id) == row.case_id)
    statement = statement.where(col(row.step).in_(steps), row.role == role, asked.during(row.due_at))
    if seat is not None:
        statement = statement.where(Case.seat_kind == seat)
    alive = col(row.state) != TaskState.CANCELLED
    return statement.where(alive, within(row.institution_code, asked.scope))


def _declarations(asked: Asked) -> Any:
    row = Case
    kept = col(row.id).is_not(None)
    listed = columns(row.id, row.customer_no, row.institution_code, tier=row.tier_applied, on=row.opened_at, good=kept)
    statement = select(*listed).where(row.kind == CaseKind.QUALIFICATION, asked.during(row.opened_at))
    return statement.where(within(row.institution_code, asked.scope))


def _quotas(asked: Asked) -> Any:
    row = SilverQuota
    kept = col(row.filed_at).is_not(None)
    listed = columns(row.institution_code, None, row.institution_code, tier=null(), on=row.filed_at, good=kept)
    return select(*listed).where(asked.during(row.filed_at), within(row.institution_code, asked.scope))


def _assessments(asked: Asked) -> Any:
    """Yearly results first reckoned in the span; good once a version of them is confirmed."""
    row, other = AssessmentResult, aliased(AssessmentResult)
    same = (other.year == row.year, other.institution_code == row.institution_code, other.period == YEAR_PERIOD)
    confirmed = select(other.id).where(*same, col(other.confirmed_at).is_not(None)).exists()
    listed = columns(row.id, None, row.institution_code, tier=null(), on=row.reckoned_at, good=confirmed)
    statement = select(*listed).where(row.period == YEAR_PERIOD, row.version == 1, asked.during(row.reckoned_at))
    return statement.where(within(row.institution_code, asked.scope))


def _sheets(asked: Asked) -> Any:
    """Valid sheets answered in the span, each with its score; as `SurveyStore` means them by branch."""
    row = SurveySheet
    place = row.institution_code
    listed = columns(row.id, row.customer_no, place, tier=row.tier, on=row.answered_on, good=true(), value=row.score)
    inside = col(row.answered_on).between(asked.first, asked.last)
    return select(*listed).where(col(row.is_valid).is_(True), inside, within(place, asked.scope))


def _invitations(asked: Asked) -> Any:
    """Sheets handed out in the span; good when they came back."""
    row, back = SurveyInvitation, col(SurveyInvitation.answered_at).is_not(None)
    listed = columns(row.id, row.customer_no, row.institution_code, tier=row.tier, on=row.invited_on, good=back)
    inside = col(row.invited_on).between(asked.first, asked.last)
    return select(*listed).where(inside, within(row.institution_code, asked.scope))


def _quarters(session: Session, asked: Asked) -> Iterator[Fact]:
    """附件二 of quarters that ended in the span, once handed in or overdue; good when on time and not sent back."""
    today = local_date(asked.at)
    for row, handed in QuarterStore(session).ended(asked.scope, asked.first, asked.last):
        if row.handed_in_at is not None or row.due_on < today:
            ref = f"{row.year}/{row.quarter}/{row.institution_code}"
            good = handed.on_time and handed.complete
            yield Fact(FactKind.QUARTER, ref, None, row.institution_code, None, row.due_on, good)


def _among(statement: Any, code: Any, codes: Collection[str]) -> Any:
    return statement.where(col(code).in_(codes)) if codes else statement


MEMBERS: Source = SqlSource(FactKind.MEMBER, _members, key=str)
TOUCHPOINTS: Source = SqlSource(FactKind.TOUCHPOINT, _touchpoints)
REQUESTS: Source = SqlSource(FactKind.GREEN_CHANNEL, _requests)
INQUIRIES: Source = SqlSource(FactKind.INQUIRY, _inquiries)
COMPLAINTS: tuple[Source, ...] = (
    SqlSource(FactKind.COMPLAINT, _complaints),
    WalkedSource(partial(_earlier_lives, of="close_due_at")),
)
JUSTIFIED: tuple[Source, ...] = (
    SqlSource(FactKind.COMPLAINT, _justified),
    WalkedSource(partial(_earlier_lives, of="closed_at")),
)
SHEETS: Source = SqlSource(FactKind.SHEET, _sheets)
QUARTERS: Source = WalkedSource(_quarters)
INVITATIONS: Source = SqlSource(FactKind.INVITATION, _invitations)
DECLARATIONS: Source = SqlSource(FactKind.DECLARATION, _declarations)
QUOTAS: Source = SqlSource(FactKind.QUOTA, _quotas, key=str)
ASSESSMENTS: Source = SqlSource(FactKind.ASSESSMENT, _assessments)
OWED_INQUIRIES: Source = SqlSource(FactKind.INQUIRY, partial(_inquiries, owed=True))
OWED_COMPLAINTS: Source = SqlSource(FactKind.COMPLAINT, partial(_complaints, owed=True))


def owed_touchpoints(codes: Collection[str]) -> Source:
    """Touchpoints of these catalogue entries that fall due in the span; good when done."""
    return SqlSource(FactKind.TOUCHPOINT, partial(_touchpoints, codes=codes, owed=True))


def owed_requests(codes: Collection[str]) -> Source:
    """Requests of the green channel of these entries, or of all, that fall due in the span; good when finished."""
    return SqlSource(FactKind.GREEN_CHANNEL, partial(_requests, codes=codes, owed=True))


def tasks_of(role: Role, steps: Collection[str], seat: SeatKind | None = None) -> Source:
    """Tasks of a post at these steps, where asked of cases for one kind of seat, that fall due in the span."""
    return SqlSource(FactKind.TASK, partial(_tasks, steps=steps, role=role, seat=seat))
