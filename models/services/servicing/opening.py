"""The first record of a service case: inserted once by its workflow, with its form, its first task and its clocks."""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.service import RecordServiceOpening, ServiceOpened, ServiceStart, ServiceState
from models.rules import service
from models.rules.calendar import local_date
from models.services import audit
from models.services.actors import actor_of, is_person
from models.services.alarms import service_policy_of
from models.services.approval.tasks import open_tasks
from models.services.calendars import case_calendar, snapshot
from models.services.idempotency import settle_by_update
from models.services.rulebooks import InForce, rulebook_in_force, rulebook_of
from models.services.servicing.effects.base import Ground, Intake
from models.services.servicing.effects.registry import effect_of
from models.services.servicing.telling import tell_opened
from models.services.task_ids import new_task_id
from models.stores.cases import CaseStore
from models.stores.people import PeopleStore
from models.tables.book import Customer
from models.tables.cases import Case, Decision
from models.types import CaseKind, SeatKind

CREATED = 201
OPEN = "open"
"""受理登记: the act of the first record."""
_KINDS = {
    "green_channel": CaseKind.GREEN_CHANNEL,
    "complaint": CaseKind.COMPLAINT,
    "touchpoint": CaseKind.CARE_TOUCHPOINT,
}


def record_opening(session: Session, message: RecordServiceOpening) -> ServiceOpened:
    """Insert the case, or return the one that this workflow already recorded.

    Raises NOT_FOUND for a customer or institution that is not known, NOT_ALLOWED when the person lost its post,
    DUPLICATE_CASE with the open one, and what the kind refuses (NOT_ELIGIBLE, INVALID_INPUT).
    """
    start, at = message.start, message.at
    standing = CaseStore(session).opened_by(start.workflow_id)
    if standing is not None:
        return _opened_again(session, standing, at)
    _check_person(session, start)
    rules = rulebook_in_force(session, local_date(at))
    facts, open_key = check(session, start, at, rules)
    day = local_date(at)
    calendar = snapshot(session, rules.rulebook.working_time, day, institution_code=facts.institution_code)
    state = service.with_open_task(service.opened(facts, at, calendar), new_task_id, at)
    case = _case(start, state, rules, at)
    case.open_key = open_key
    _write(session, case, start, state)
    if is_person(start.actor_id):
        settle_by_update(session, start.update_id, CREATED, {"case_id": str(case.id), "version": state.version})
    return ServiceOpened(state=state, calendar=calendar, alarms=service_policy_of(rules.rulebook))


def check(session: Session, start: ServiceStart, at: datetime, rules: InForce | None = None) -> Intake:
    """What forbids the start: asked before sending, and again in the first record. Raises as `record_opening`."""
    rules = rules or rulebook_in_force(session, local_date(at))
    customer = session.get(Customer, start.customer_no)
    if customer is None or not PeopleStore(session).ancestry(start.institution_code):
        raise DomainError(ErrorCode.NOT_FOUND)
    intake = effect_of(kind_of(start)).intake(session, start, Ground(customer, rules.rulebook, at))
    standing = CaseStore(session).by_open_key(intake.open_key) if intake.open_key else None
    if standing is not None:
        raise DomainError(ErrorCode.DUPLICATE_CASE, case_id=str(standing.id))
    return intake


def kind_of(start: ServiceStart) -> CaseKind:
    """The kind of case a start message opens."""
    return _KINDS[start.kind]


def _opened_again(session: Session, standing: Case, at: datetime) -> ServiceOpened:
    """The case that this workflow recorded already: a redelivery, or an engine that forgot."""
    rules = rulebook_of(session, standing.rulebook_version_id)
    return ServiceOpened(
        state=ServiceState.model_validate(standing.state),
        calendar=case_calendar(session, standing, at),
        alarms=service_policy_of(rules.rulebook),
    )


def _check_person(session: Session, start: ServiceStart) -> None:
    """Posts may have gone since the request was authorised (decisions.md 7)."""
    if not is_person(start.actor_id):
        return
    people = PeopleStore(session)
    if not any(people.holds(start.actor_id, post.role, post.institution_code) for post in start.posts):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=start.actor_name)


def _case(start: ServiceStart, state: ServiceState, rules: InForce, at: datetime) -> Case:
    """The row of the case; it has no seat and no value, and its tier is the customer's at intake."""
    return Case(
        id=state.case_id,
        kind=state.kind,
        workflow_id=start.workflow_id,
        customer_no=state.customer_no,
        institution_code=state.institution_code,
        year=local_date(start.received_at).year,
        attempt=1,
        tier=state.tier,
        tier_applied=state.tier,
        seat_kind=SeatKind.RANKED,
        stage=state.stage,
        version=state.version,
        declared_by=state.opened_by,
        rulebook_version_id=rules.version.id,
        reason=start.comment.strip() or None,
        content_hash=start.content_hash,
        value=Decimal(0),
        state=state.model_dump(mode="json"),
        opened_at=at,
    )


def _write(session: Session, case: Case, start: ServiceStart, state: ServiceState) -> None:
    store = CaseStore(session)
    store.add(case)
    effect_of(case.kind).opened(session, case, start, state)
    store.add(_decision(case, start, state))
    open_tasks(session, case, state.tasks, state.round)
    tell_opened(session, case, state, start)
    audit.append(
        session,
        actor=actor_of(start),
        action=OPEN,
        object_kind="case",
        object_id=str(case.id),
        door=start.door,
        after={"kind": case.kind.value, "stage": state.stage.value, "tier": case.tier.value},
        request_id=start.request_id,
        at=case.opened_at,
    )


def _decision(case: Case, start: ServiceStart, state: ServiceState) -> Decision:
    return Decision(
        case_id=case.id,
        step_no=state.step_no,
        update_id=start.update_id,
        act=OPEN,
        stage=state.stage,
        round=state.round,
        actor_id=start.actor_id if is_person(start.actor_id) else None,
        actor_name=start.actor_name,
        door=start.door,
        comment=start.comment.strip() or None,
        content_hash=start.content_hash,
        effect=state.model_dump(mode="json"),
        at=case.opened_at,
    )
