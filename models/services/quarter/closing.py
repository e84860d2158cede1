"""The first record of a quarter's close: in one transaction figures are frozen and the branch gets its first task."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, Opened, RouteStep
from models.messages.quarter import RecordPeriodOpening, StartPeriodClose
from models.rulebook import Procedure
from models.rules.calendar import local_date, shift_working_days
from models.rules.quarter import Line, Quarter, hand_in_by, summarise
from models.services.actors import is_person
from models.services.alarms import policy_of
from models.services.approval.opening import at_first_step, declared, opened_again, with_first_tasks, write_opened
from models.services.calendars import case_calendar
from models.services.idempotency import settle_by_update
from models.services.quarter.facts import facts_of
from models.services.rulebooks import rulebook_in_force
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.stores.quarter import QuarterStore
from models.tables.cases import Case
from models.tables.organisation import Institution
from models.tables.quarter import QuarterCount, QuarterLine, QuarterSummary
from models.types import (
    SYSTEM_SCHEDULE,
    SYSTEM_SLA_ID,
    CaseKind,
    Door,
    InstitutionLevel,
    Role,
    SeatKind,
    Stage,
    Tier,
)

CREATED = 201
_ANSWERABLE = (Role.BR_SVC, Role.BR_LEAD, Role.HQ_VIP, Role.OPS)
"""Whose case it is when nobody froze it by hand: the first of these posts that somebody holds."""


def record_opening(session: Session, message: RecordPeriodOpening) -> Opened:
    """Freeze the quarter, or return the close that this workflow already recorded.

    Raises INVALID_INPUT for a quarter that has not ended, NOT_FOUND for what is no branch.
    """
    start, at = message.start, message.at
    standing = CaseStore(session).opened_by(start.workflow_id)
    if standing is not None:
        return opened_again(session, standing, at)
    check(session, start, at)
    rulebook, version = rulebook_in_force(session, local_date(at))
    case = _case(session, start, version.id, at)
    calendar, quarter = case_calendar(session, case, at), Quarter(start.year, start.quarter)
    due_on = hand_in_by(calendar, quarter, rulebook.assessment.report_working_days)
    allowed = shift_working_days(calendar, due_on, rulebook.procedure.min_allowance_working_days)
    route = _route(session, case.institution_code, due_on, allowed)
    state = with_first_tasks(session, _first_state(start, case, route, rulebook.procedure, at), at, calendar)
    write_opened(session, case, start, state)
    _freeze(session, case, quarter, due_on, at)
    if is_person(start.actor_id):
        settle_by_update(session, start.update_id, CREATED, {"case_id": str(case.id), "version": state.version})
    return Opened(state=state, calendar=calendar, alarms=policy_of(rulebook))


def check(session: Session, start: StartPeriodClose, at: datetime) -> None:
    """What forbids the close: asked before sending, and again in the first record. Raises as `record_opening`."""
    branch = session.get(Institution, start.institution_code)
    if branch is None or branch.level is not InstitutionLevel.BRANCH:
        raise DomainError(ErrorCode.NOT_FOUND)
    if not Quarter(start.year, start.quarter).has_ended(local_date(at)):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "quarter", "reason": "not_ended"}])


def _case(session: Session, start: StartPeriodClose, rulebook_version_id: UUID, at: datetime) -> Case:
    """The case without its state; it has no seat and no value."""
    return Case(
        id=start.case_id,
        kind=CaseKind.PERIOD_CLOSE,
        workflow_id=start.workflow_id,
        open_key=start.workflow_id,
        institution_code=start.institution_code,
        year=start.year,
        attempt=1,
        tier=Tier.REGULAR,
        tier_applied=Tier.REGULAR,
        seat_kind=SeatKind.RANKED,
        stage=Stage.FROZEN,
        version=1,
        declared_by=_whose(session, start),
        rulebook_version_id=rulebook_version_id,
        content_hash=start.content_hash,
        value=Decimal(0),
        state={},
        opened_at=at,
    )


def _whose(session: Session, start: StartPeriodClose) -> UUID:
    if is_person(start.actor_id):
        return start.actor_id
    people = PeopleStore(session)
    places = [place.code for place in people.ancestry(start.institution_code)]
    posts = ((role, code) for role in _ANSWERABLE for code in places)
    holders = next((found for role, code in posts if (found := people.holder_ids(role, code))), None)
    if holders is None:
        raise DomainError(ErrorCode.NOT_FOUND, what="post", role=Role.BR_SVC.value)
    return min(holders)


def _first_state(
    start: StartPeriodClose, case: Case, route: tuple[RouteStep, ...], procedure: Procedure, at: datetime
) -> ApprovalState:
    """Declared by the programme, whoever froze it: the preparer may be the one who did."""
    programme = {"actor_id": SYSTEM_SLA_ID, "actor_name": SYSTEM_SCHEDULE, "door": Door.SYSTEM}
    state = ApprovalState(
        case_id=case.id,
        stage=Stage.DECLARED,
        step_no=1,
        tier=case.tier,
        seat_kind=case.seat_kind,
        declared_by=SYSTEM_SLA_ID,
        declarant_institution=case.institution_code,
        route=route,
        acts=(declared(start.model_copy(update=programme), at),),
        withdraw_until=Stage.COLLECTING,
        max_rounds=procedure.max_rounds,
        min_allowance_working_days=procedure.min_allowance_working_days,
        approved_as=Stage.PUBLISHED,
    )
    return at_first_step(state)


def _route(session: Session, branch: str, due_on: date, allowed: date) -> tuple[RouteStep, ...]:
    """填报 and 复核 in the branch by the hand-in day, 签发 at head office some working days later."""
    above = PeopleStore(session).ancestry(branch)
    head_office = next((place.code for place in above if place.level is InstitutionLevel.HQ), None)
    return (
        RouteStep(stage=Stage.COLLECTING, role=Role.BR_SVC, institution_code=branch, due_on=due_on),
        RouteStep(stage=Stage.CHECKING, role=Role.BR_LEAD, institution_code=branch, due_on=due_on),
        RouteStep(stage=Stage.SIGNING, role=Role.HQ_VIP, institution_code=head_office, due_on=allowed),
    )


def _freeze(session: Session, case: Case, quarter: Quarter, due_on: date, at: datetime) -> None:
    store = QuarterStore(session)
    summary = QuarterSummary(
        year=quarter.year,
        quarter=quarter.number,
        institution_code=case.institution_code,
        case_id=case.id,
        frozen_at=at,
        due_on=due_on,
    )
    store.add(summary)
    facts = facts_of(session, quarter, case.institution_code)
    lines = [(_row(summary, line), line) for line in summarise(quarter, facts)]
    store.add(*(row for row, _ in lines))
    store.add(*(count for row, line in lines for count in _counts(row, line)))


def _row(summary: QuarterSummary, line: Line) -> QuarterLine:
    vip = line.vip
    return QuarterLine(
        summary_id=summary.id,
        customer_no=vip.customer_no,
        customer_name=vip.name,
        vip_no=vip.vip_no,
        tier=vip.tier,
        manager_name=vip.manager,
        green_cases=line.green_cases,
        green_in_time=line.green_in_time,
        inquiries=line.inquiries,
        complaints=line.complaints,
        justified=line.justified,
        satisfaction=line.satisfaction,
        cost=line.cost,
    )


def _counts(row: QuarterLine, line: Line) -> list[QuarterCount]:
    return [
        QuarterCount(line_id=row.id, code=one.code, due=one.due, done=one.done, late=one.late) for one in line.counts
    ]
