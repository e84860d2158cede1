"""Acts on service cases before they are sent: authorised, loaded and written as messages.

The page of each kind says what an act is made of; here stands as whom the caller does it, where it is served, and that
the rules would take it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.act_base import act_fields, fields_on_task, now, same_that_stands
from api.acts import Prepare, Standing
from api.deps import Action, Caller
from models.errors import DomainError, ErrorCode
from models.identifiers import complaint_id, green_channel_id, touchpoint_workflow_id
from models.messages.envelope import ServiceStart, ServiceUpdate
from models.messages.service import ServiceStart as Start
from models.messages.service import ServiceState, StartComplaint, StartGreenChannel, StartTouchpoint
from models.messages.service_acts import ServiceAct
from models.rules import service as rules
from models.service_types import ComplaintGrade, ComplaintSheet, GreenService, IntakeChannel
from models.services.idempotency import Key
from models.services.servicing import opening
from models.services.servicing.naming import to_say_about
from models.stores.cases import CaseStore
from models.stores.customers import customer_in_scope
from models.stores.institutions import InstitutionStore
from models.stores.tasks import TaskStore
from models.tables.book import Customer
from models.tables.cases import Case
from models.tables.columns import new_id
from models.types import SERVICE_KINDS, Door, Role

CLOCKS_APART = timedelta(minutes=5)
"""How far ahead of ours the clock of another system may be."""


def take_in(
    caller: Caller,
    key: Key,
    *,
    customer_no: str,
    service: GreenService,
    reference_no: str,
    channel: IntakeChannel = IntakeChannel.API,
    received_at: datetime | None = None,
    policy_no: str | None = None,
    contact_id: UUID | None = None,
    contact_name: str = "",
    undisputed_amount: Decimal | None = None,
    advance_amount: Decimal | None = None,
    institution_code: str | None = None,
    comment: str = "",
) -> Prepare:
    """受理登记 on the green channel, served where it was asked for (article 17 item 8).

    Raises NOT_FOUND, DUPLICATE_CASE with the open one, NOT_ELIGIBLE, INVALID_INPUT; the same content again is the
    case that stands.
    """

    def prepare(session: Session) -> ServiceStart | Standing:
        case_id = new_id()
        start = StartGreenChannel(
            **act_fields(caller, key, comment.strip()),
            **_where_and_when(session, caller, customer_no, institution_code, received_at),
            case_id=case_id,
            workflow_id=green_channel_id(case_id),
            service=service,
            reference_no=reference_no.strip(),
            channel=channel,
            policy_no=policy_no or None,
            contact_id=contact_id,
            contact_name=to_say_about(session, contact_id, contact_name),
            undisputed_amount=undisputed_amount,
            advance_amount=advance_amount,
        )
        return _starting(session, start)

    return prepare


def register(
    caller: Caller,
    key: Key,
    *,
    sheet: ComplaintSheet,
    customer_no: str,
    grade: ComplaintGrade = ComplaintGrade.ORDINARY,
    channel: IntakeChannel = IntakeChannel.PHONE,
    received_at: datetime | None = None,
    contact_id: UUID | None = None,
    complainant: str = "",
    phone: str = "",
    subject: str = "",
    matter: str = "",
    institution_code: str | None = None,
    comment: str = "",
) -> Prepare:
    """登记 an inquiry or a complaint. Raises NOT_FOUND and INVALID_INPUT."""

    def prepare(session: Session) -> ServiceStart | Standing:
        case_id = new_id()
        start = StartComplaint(
            **act_fields(caller, key, comment.strip()),
            **_where_and_when(session, caller, customer_no, institution_code, received_at),
            case_id=case_id,
            workflow_id=complaint_id(case_id),
            sheet=sheet,
            grade=grade,
            channel=channel,
            contact_id=contact_id,
            complainant=to_say_about(session, contact_id, complainant),
            phone=to_say_about(session, contact_id, phone),
            subject=subject.strip(),
            matter=matter.strip(),
        )
        return _starting(session, start)

    return prepare


def start_touchpoint(
    caller: Caller, key: Key, *, touchpoint_id: UUID, customer_no: str, institution_code: str, comment: str = ""
) -> Prepare:
    """A touchpoint that stands in the plan is taken up now. The caller's right to it is asked before.

    Raises NOT_FOUND, WRONG_STAGE, DUPLICATE_CASE with the open one.
    """

    def prepare(session: Session) -> ServiceStart | Standing:
        start = StartTouchpoint(
            **act_fields(caller, key, comment),
            case_id=new_id(),
            workflow_id=touchpoint_workflow_id(touchpoint_id),
            customer_no=customer_no,
            institution_code=institution_code,
            received_at=now(),
            touchpoint_id=touchpoint_id,
        )
        return _starting(session, start)

    return prepare


def on_service(caller: Caller, key: Key, case_id: UUID, build: Callable[[dict[str, Any]], ServiceAct]) -> Prepare:
    """An act on a running service case. `build` gets who acts (for whom, by which door) and the case's version.

    Whether the caller sees the case is asked before, by the page of its kind. Raises NOT_FOUND, ALREADY_CLAIMED, and
    what the rules refuse.
    """

    def prepare(session: Session) -> ServiceUpdate:
        case = service_case(session, case_id)
        state = ServiceState.model_validate(case.state)
        act = build({**fields_of(session, caller, key, case), "version": state.version})
        rules.check(state, act, now())
        return ServiceUpdate(workflow_id=case.workflow_id, act=act)

    return prepare


def service_case(session: Session, case_id: UUID) -> Case:
    """A service case by its id, whoever asks. Raises NOT_FOUND for what is none."""
    case = CaseStore(session).get(case_id)
    if case is None or case.kind not in SERVICE_KINDS:
        raise DomainError(ErrorCode.NOT_FOUND)
    return case


def fields_of(session: Session, caller: Caller, key: Key, case: Case, comment: str = "") -> dict[str, Any]:
    """As whom the caller acts: itself, whom it stands in for (代理), or operations stepping in.

    Raises ALREADY_CLAIMED when somebody else took the task from the queue.
    """
    own, state = act_fields(caller, key, comment), ServiceState.model_validate(case.state)
    task = TaskStore(session).get(state.tasks[0].task_id) if state.tasks else None
    leads = any((post.role, post.institution_code) == rules.lead_post(state) for post in caller.posts)
    if task is None or leads or state.handler_id == caller.account_id:
        return own
    if _only_operations(caller):
        return {**own, "door": Door.OVERRIDE}
    return fields_on_task(session, own, caller, task, case)


def _only_operations(caller: Caller) -> bool:
    return all(post.role is Role.OPS for post in caller.posts)


def _where_and_when(
    session: Session, caller: Caller, customer_no: str, asked: str | None, received_at: datetime | None
) -> dict[str, Any]:
    return {
        "customer_no": customer_no,
        "institution_code": _served_at(session, caller, customer_no, asked),
        "received_at": _received(received_at),
    }


def _served_at(session: Session, caller: Caller, customer_no: str, asked: str | None) -> str:
    """Where it is served: as asked for, else by the customer's own institution, else, across regions, where it came in.

    Raises NOT_FOUND for an unknown customer, or an institution that the caller does not take requests for.
    """
    scope = caller.scope(Action.TAKE_REQUESTS)
    if session.get(Customer, customer_no) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if asked:
        if InstitutionStore(session).get(asked, scope) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        return asked
    own = customer_in_scope(session, customer_no, scope)
    if own is not None:
        return own.institution_code
    return next((post.institution_code for post in caller.posts if scope.covers(post.path)), caller.institution_code)


def _received(at: datetime | None) -> datetime:
    """A past instant may be overdue at once. Raises INVALID_INPUT for a future one."""
    if at is not None and at > now() + CLOCKS_APART:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "received_at", "reason": "future"}])
    return at or now()


def _starting(session: Session, start: Start) -> ServiceStart | Standing:
    """The start, or the open case that has this very content already."""
    try:
        opening.check(session, start, now())
    except DomainError as error:
        return same_that_stands(session, error, start.content_hash)
    return ServiceStart(act=start)
