"""The first record of a qualification case: facts, score, route, declaration, first task."""

from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import qualification_key
from models.messages.approval import ApprovalState, Opened, RouteStep
from models.messages.qualification import RecordOpening, StartQualification
from models.services.alarms import policy_of
from models.services.approval.opening import at_first_step, declared, opened_again, with_first_tasks, write_opened
from models.services.calendars import case_calendar
from models.services.idempotency import settle_by_update
from models.services.qualification.declaration import Prepared, Request, check
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.tables.cases import Case, CaseScore
from models.types import CaseKind, Role, Stage

CREATED = 201


def record_opening(session: Session, message: RecordOpening) -> Opened:
    """Insert the case, or return the one that this workflow already recorded.

    Raises the refusals of `declaration.check`, and NOT_ALLOWED when the declarant lost its post.
    """
    start = message.start
    standing = CaseStore(session).opened_by(start.workflow_id)
    if standing is not None:
        return opened_again(session, standing, message.at)
    prepared = check(session, request_of(start), message.at, declarant=start.actor_id)
    _check_declarant(session, start, prepared)
    case = _case(start, prepared, message.at)
    calendar = case_calendar(session, case, message.at)
    state = with_first_tasks(session, _first_state(start, prepared, message.at), message.at, calendar)
    _write(session, start, prepared, case, state)
    settle_by_update(session, start.update_id, CREATED, {"case_id": str(start.case_id), "version": state.version})
    return Opened(state=state, calendar=calendar, alarms=policy_of(prepared.rulebook))


def request_of(start: StartQualification) -> Request:
    """The declaration inside a start message."""
    return Request(
        customer_no=start.customer_no,
        year=start.year,
        tier=start.tier,
        seat_kind=start.seat_kind,
        reason=start.reason,
        late_reason=start.late_reason,
        signers=start.chosen_signers,
    )


def _check_declarant(session: Session, start: StartQualification, prepared: Prepared) -> None:
    people = PeopleStore(session)
    if not any(people.holds(start.actor_id, Role.MGR, item.code) for item in prepared.institutions):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.MGR.value)


def _first_state(start: StartQualification, prepared: Prepared, at: datetime) -> ApprovalState:
    """Declared, at the first step of the route; its signers and tasks are not found yet."""
    procedure = prepared.rulebook.procedure
    state = ApprovalState(
        case_id=start.case_id,
        stage=Stage.DECLARED,
        step_no=1,
        tier=start.tier,
        seat_kind=start.seat_kind,
        declared_by=start.actor_id,
        declarant_institution=prepared.customer.institution_code,
        route=prepared.route if prepared.rulebook.desk.keep_sign_offs else _never_kept(prepared.route),
        acts=(declared(start, at),),
        withdraw_until=procedure.withdraw_until,
        max_rounds=procedure.max_rounds,
        min_allowance_working_days=procedure.min_allowance_working_days,
        chosen_signers=start.chosen_signers,
    )
    return at_first_step(state)


def _never_kept(route: tuple[RouteStep, ...]) -> tuple[RouteStep, ...]:
    """保留签批 is off: no step says what it looks at, so every change touches it."""
    return tuple(step.model_copy(update={"looks_at": ()}) for step in route)


def _write(session: Session, start: StartQualification, prepared: Prepared, case: Case, state: ApprovalState) -> None:
    write_opened(session, case, start, state)
    CaseStore(session).add(_score(prepared, case, case.opened_at))


def _case(start: StartQualification, prepared: Prepared, at: datetime) -> Case:
    """The case without its state, which the opening fills in."""
    return Case(
        id=start.case_id,
        kind=CaseKind.QUALIFICATION,
        workflow_id=start.workflow_id,
        open_key=qualification_key(start.year, start.customer_no),
        customer_no=start.customer_no,
        institution_code=prepared.customer.institution_code,
        year=start.year,
        attempt=start.attempt,
        tier=start.tier,
        tier_applied=start.tier,
        seat_kind=start.seat_kind,
        stage=Stage.DECLARED,
        version=1,
        declared_by=start.actor_id,
        rulebook_version_id=prepared.rulebook_version_id,
        reason=start.reason,
        late_reason=start.late_reason,
        content_hash=start.content_hash,
        value=prepared.score.value,
        rank=prepared.ranking.rank if prepared.ranking else None,
        state={},
        opened_at=at,
    )


def _score(prepared: Prepared, case: Case, at: datetime) -> CaseScore:
    return CaseScore(
        case_id=case.id,
        step_no=1,
        round=1,
        value=prepared.score.value,
        explanation=prepared.score.model_dump(mode="json"),
        corrections=[],
        at=at,
    )
