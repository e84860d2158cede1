"""The first record of a qualification case: facts, score, route, declaration, first task."""

from datetime import datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import qualification_key
from models.messages.approval import ApprovalState, Opened, OpenTask, PastAct
from models.messages.calendar import CalendarSnapshot
from models.messages.qualification import RecordOpening, StartQualification
from models.rules.approval import steps_taken
from models.rules.calendar import due_on_date, local_date
from models.services import audit
from models.services.approval.tasks import open_tasks, with_operations
from models.services.calendars import snapshot
from models.services.idempotency import settle_by_update
from models.services.qualification.declaration import Prepared, Request, check
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.tables.cases import Case, CaseScore, Decision
from models.tables.columns import new_id
from models.types import CaseKind, Role, Stage

CREATED = 201


def record_opening(session: Session, message: RecordOpening) -> Opened:
    """Insert the case, or return the one that this workflow already recorded.

    Raises the refusals of `declaration.check`, and NOT_ALLOWED when the declarant lost its post.
    """
    start = message.start
    standing = CaseStore(session).by_workflow_id(start.workflow_id)
    if standing is not None:
        rulebook = rulebook_of(session, standing.rulebook_version_id).rulebook
        calendar = snapshot(session, rulebook.working_time, local_date(message.at))
        return Opened(state=ApprovalState.model_validate(standing.state), calendar=calendar)
    prepared = check(session, request_of(start), message.at)
    _check_declarant(session, start, prepared)
    calendar = snapshot(session, prepared.rulebook.working_time, local_date(message.at))
    state = _first_state(start, prepared, message.at, calendar)
    state = with_operations(session, state, message.at, lambda: calendar)
    _write(session, start, prepared, state, message.at)
    settle_by_update(session, start.update_id, CREATED, {"case_id": str(start.case_id), "version": state.version})
    return Opened(state=state, calendar=calendar)


def request_of(start: StartQualification) -> Request:
    """The declaration inside a start message."""
    return Request(start.customer_no, start.year, start.tier, start.seat_kind, start.reason, start.late_reason)


def _check_declarant(session: Session, start: StartQualification, prepared: Prepared) -> None:
    people = PeopleStore(session)
    if not any(people.holds(start.actor_id, Role.MGR, item.code) for item in prepared.institutions):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.MGR.value)


def _first_state(
    start: StartQualification, prepared: Prepared, at: datetime, calendar: CalendarSnapshot
) -> ApprovalState:
    procedure = prepared.rulebook.procedure
    declared = PastAct(
        step_no=1,
        act="declare",
        stage=Stage.DECLARED,
        round=1,
        actor_id=start.actor_id,
        actor_name=start.actor_name,
        at=at,
    )
    state = ApprovalState(
        case_id=start.case_id,
        stage=Stage.DECLARED,
        step_no=1,
        tier=start.tier,
        seat_kind=start.seat_kind,
        declared_by=start.actor_id,
        declarant_institution=prepared.customer.institution_code,
        route=prepared.route,
        acts=(declared,),
        withdraw_until=procedure.withdraw_until,
        max_rounds=procedure.max_rounds,
        min_allowance_working_days=procedure.min_allowance_working_days,
    )
    first = steps_taken(state)[0]
    deadline = due_on_date(calendar, first.due_on, at, state.min_allowance_working_days)
    task = OpenTask(
        task_id=new_id(),
        step=first.stage.value,
        role=first.role,
        institution_code=first.institution_code or "",
        opened_at=at,
        deadline=deadline,
    )
    opened = first.stage is procedure.withdraw_until
    return state.model_copy(update={"stage": first.stage, "tasks": (task,), "branch_approval_opened": opened})


def _write(session: Session, start: StartQualification, prepared: Prepared, state: ApprovalState, at: datetime) -> None:
    store, case = CaseStore(session), _case(start, prepared, state, at)
    store.add(case)
    store.add(_score(prepared, case, at))
    store.add(_decision(start, state, at))
    open_tasks(session, case, state.tasks, state.round)
    audit.append(
        session,
        actor=str(start.actor_id),
        action="declare",
        object_kind="case",
        object_id=str(case.id),
        door=start.door,
        after={"stage": state.stage.value, "tier": start.tier.value, "value": str(case.value)},
        request_id=start.request_id,
        at=at,
    )


def _case(start: StartQualification, prepared: Prepared, state: ApprovalState, at: datetime) -> Case:
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
        stage=state.stage,
        version=state.version,
        declared_by=start.actor_id,
        rulebook_version_id=prepared.rulebook_version_id,
        reason=start.reason,
        late_reason=start.late_reason,
        content_hash=start.content_hash,
        value=prepared.score.value,
        rank=prepared.ranking.rank if prepared.ranking else None,
        state=state.model_dump(mode="json"),
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


def _decision(start: StartQualification, state: ApprovalState, at: datetime) -> Decision:
    return Decision(
        case_id=state.case_id,
        step_no=1,
        update_id=start.update_id,
        act="declare",
        stage=Stage.DECLARED,
        round=1,
        actor_id=start.actor_id,
        actor_name=start.actor_name,
        door=start.door,
        comment=start.reason,
        content_hash=start.content_hash,
        effect=state.model_dump(mode="json"),
        at=at,
    )
