"""The first record of a lone approval: what its subject says of route and start, then as for every case."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import approval_key
from models.messages.approval import ApprovalState, Opened
from models.messages.lone_approval import RecordApprovalOpening, StartApproval
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.services.alarms import policy_of
from models.services.approval.opening import at_first_step, declared, opened_again, with_first_tasks, write_opened
from models.services.approval.subjects import subject_of
from models.services.calendars import case_calendar
from models.services.idempotency import settle_by_update
from models.services.rulebooks import rulebook_in_force
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.tables.book import Customer
from models.tables.cases import Case
from models.tables.organisation import Institution
from models.types import CaseKind, SeatKind, Stage, Tier

CREATED = 201


def record_opening(session: Session, message: RecordApprovalOpening) -> Opened:
    """Insert the case, or return the one that this workflow already recorded.

    Raises what the subject refuses, DUPLICATE_CASE beside an open one, NOT_FOUND, NOT_ALLOWED for a disabled person.
    """
    start, at = message.start, message.at
    standing = CaseStore(session).opened_by(start.workflow_id)
    if standing is not None:
        return opened_again(session, standing, at)
    check(session, start, at)
    _check_enabled(session, start)
    rulebook, version = rulebook_in_force(session, local_date(at))
    case = _case(session, start, version.id, at)
    calendar = case_calendar(session, case, at)
    state = with_first_tasks(session, _first_state(session, start, case, rulebook, at), at, calendar)
    write_opened(session, case, start, state)
    subject_of(start.subject).on_opened(session, case, start, at)
    settle_by_update(session, start.update_id, CREATED, {"case_id": str(start.case_id), "version": state.version})
    return Opened(state=state, calendar=calendar, alarms=policy_of(rulebook))


def check(session: Session, start: StartApproval, at: datetime) -> None:
    """What forbids the start: asked before sending, and again in the first record.

    Raises REASON_REQUIRED, DUPLICATE_CASE and what the subject refuses.
    """
    if not start.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if CaseStore(session).by_open_key(approval_key(start.workflow_id)) is not None:
        raise DomainError(ErrorCode.DUPLICATE_CASE)
    subject_of(start.subject).may_start(session, start, at)


def _check_enabled(session: Session, start: StartApproval) -> None:
    account = PeopleStore(session).account(start.actor_id)
    if account is None or account.disabled_at is not None:
        raise DomainError(ErrorCode.NOT_ALLOWED, who=start.actor_name)


def _first_state(session: Session, start: StartApproval, case: Case, rulebook: Rulebook, at: datetime) -> ApprovalState:
    procedure = rulebook.procedure
    route = subject_of(start.subject).route(session, start, at)
    if not any(step.institution_code for step in route):
        raise DomainError(ErrorCode.NOT_FOUND, what="route", subject=start.subject)
    state = ApprovalState(
        case_id=start.case_id,
        stage=Stage.DECLARED,
        step_no=1,
        tier=case.tier,
        seat_kind=case.seat_kind,
        declared_by=start.actor_id,
        declarant_institution=case.institution_code,
        route=route,
        acts=(declared(start, at),),
        withdraw_until=procedure.withdraw_until,
        max_rounds=procedure.max_rounds,
        min_allowance_working_days=procedure.min_allowance_working_days,
        chosen_signers=start.chosen_signers,
    )
    return at_first_step(state)


def _institution(session: Session, start: StartApproval) -> str:
    """Of the customer, or the one that the approval is about. Raises NOT_FOUND."""
    if start.customer_no is None:
        found = session.get(Institution, start.institution_code) if start.institution_code else None
        code = found.code if found else None
    else:
        customer = session.get(Customer, start.customer_no)
        code = customer.institution_code if customer else None
    if code is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return code


def _case(session: Session, start: StartApproval, rulebook_version_id: UUID, at: datetime) -> Case:
    """The case without its state; tier, seat and value are those of the case it is about."""
    about = CaseStore(session).get(start.subject_case_id) if start.subject_case_id else None
    return Case(
        id=start.case_id,
        kind=CaseKind.APPROVAL,
        workflow_id=start.workflow_id,
        open_key=approval_key(start.workflow_id),
        customer_no=start.customer_no,
        institution_code=_institution(session, start),
        year=start.year,
        attempt=start.attempt,
        tier=about.tier if about else Tier.REGULAR,
        tier_applied=about.tier_applied if about else Tier.REGULAR,
        seat_kind=about.seat_kind if about else SeatKind.RANKED,
        stage=Stage.DECLARED,
        version=1,
        declared_by=start.actor_id,
        rulebook_version_id=rulebook_version_id,
        reason=start.reason,
        content_hash=start.content_hash,
        value=about.value if about else Decimal(0),
        subject=start.subject,
        subject_case_id=start.subject_case_id,
        state={},
        opened_at=at,
    )
