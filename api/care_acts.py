"""Acts on touchpoints before they are done: authorised, and written as messages where the touchpoint has a case.

Before its hour a touchpoint is a row: then the act is one transaction on the records. With a case it goes through the
workflow, whose record transaction changes the row by the same rules (`models.services.care.doing`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api import acts, service_acts
from api.act_base import act_fields, in_place_of, known_person, now
from api.acts import Prepare, Standing
from api.care_answers import visible_touchpoint
from api.deps import Action, Caller
from api.gateway import Gateway
from api.schemas.care import AssignBody, ClearanceBody, CompleteBody, ExtraBody, OnTouchpoint, RescheduleBody, SkipBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.identifiers import approval_id
from models.messages.envelope import ApprovalStart, Envelope
from models.messages.handing import Target
from models.messages.lone_approval import StartApproval
from models.messages.service_acts import (
    AssignService,
    CompleteTouchpoint,
    RescheduleTouchpoint,
    ServiceAct,
    SkipTouchpoint,
)
from models.rules.calendar import local_date
from models.rules.stand_ins import StoodFor, Subject
from models.services import audit
from models.services.approval import lone
from models.services.authority import is_authorised
from models.services.calendars import snapshot
from models.services.care import clearance, doing, touchpoints
from models.services.care.doing import Moment
from models.services.care.entries import entry_of
from models.services.care.touchpoints import Extra
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_in_force
from models.services.stand_ins import standing_for
from models.stores.care_calendar import CareCalendarStore
from models.stores.customers import customer_in_scope
from models.stores.gifts import GiftStore
from models.stores.idempotency import IdempotencyStore
from models.stores.institutions import InstitutionStore
from models.stores.people import PeopleStore
from models.stores.scope import EVERYTHING
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.types import CaseKind, Door, Role, Stage

DONE, SKIPPED, MOVED, ASSIGNED = "complete", "skip", "reschedule", "assign"
"""Every act on a touchpoint, by the last part of its address."""
STARTS = (Stage.PLANNED, Stage.RESCHEDULED)
_LATER = {
    ErrorCode.ENGINE_UNAVAILABLE,
    ErrorCode.NOT_YET_CONFIRMED,
    ErrorCode.DUPLICATE_CASE,
    ErrorCode.WRONG_STAGE,
}
"""What keeps a case from opening now without harm: it opens later, or somebody else opened it."""


def moment(session: Session, institution_code: str, at: datetime) -> Moment:
    """The rules and the working calendar at an instant, for an institution."""
    rules = rulebook_in_force(session, local_date(at)).rulebook
    calendar = snapshot(session, rules.working_time, local_date(at), institution_code=institution_code)
    return Moment(session, rules, calendar, at)


@dataclass(frozen=True)
class Wanted:
    """One act as a request asks for it."""

    caller: Caller
    key: Key
    touchpoint_id: UUID
    name: str
    body: OnTouchpoint


def on_row(database: Database, wanted: Wanted) -> bool:
    """Do the act on the row; False when it has a case, which must be asked then.

    Raises NOT_FOUND, NOT_YOUR_TASK and what `doing` refuses.
    """
    with database.write() as session:
        row = visible_touchpoint(session, wanted.caller, wanted.touchpoint_id)
        kept = IdempotencyStore(session).find(wanted.key.account_id, wanted.key.key)
        row = CareCalendarStore(session).locked(row.id) or row
        if row.case_id is not None and (kept is None or kept.message is not None):
            return False
        once(session, wanted.key, now(), lambda: _change(session, wanted, row))
        return True


def on_case(wanted: Wanted) -> Prepare:
    """The act as a message to the workflow of the touchpoint's case; what completing refuses is asked before."""

    def prepare(session: Session) -> Envelope | Standing:
        row = visible_touchpoint(session, wanted.caller, wanted.touchpoint_id)
        if row.case_id is None:
            raise DomainError(ErrorCode.WRONG_STAGE, stage=row.stage.value)
        at = moment(session, row.institution_code, now())
        built = _builder(at, row, wanted)
        envelope = service_acts.on_service(wanted.caller, wanted.key, row.case_id, built)(session)
        if not isinstance(envelope, Standing) and isinstance(envelope.act, CompleteTouchpoint):
            doing.check_completion(at, row, envelope.act)
        return envelope

    return prepare


def add(session: Session, caller: Caller, key: Key, body: ExtraBody) -> Facts:
    """临时新增. Raises NOT_FOUND outside the caller's institutions, and what `touchpoints.add_extra` refuses."""

    def do() -> Facts:
        customer = customer_in_scope(session, body.customer_no, caller.scope(Action.PLAN_CARE))
        if customer is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        at = moment(session, customer.institution_code, now())
        extra = Extra(
            key=f"{body.code}:extra:{key.account_id}:{key.body_hash[:16]}:{key.key}"[:120],
            by_id=caller.account_id,
            rulebook_version_id=rulebook_in_force(session, local_date(at.at)).version.id,
            **body.model_dump(exclude={"customer_no"}),
        )
        row = touchpoints.add_extra(at, customer, extra)
        _note(session, caller, "add", row, reason=body.reason)
        return {"touchpoint_id": str(row.id)}

    return once(session, key, now(), do)


async def perform(database: Database, gateway: Gateway, wanted: Wanted) -> None:
    """On the row while it has no case, else through the workflow."""
    if not await run_in_threadpool(on_row, database, wanted):
        await acts.perform(database, gateway, wanted.key, on_case(wanted))


async def start_if_due(database: Database, gateway: Gateway, caller: Caller, key: str, touchpoint_id: UUID) -> None:
    """Open the case of a touchpoint whose lead time has begun. Where that cannot be now, the next sweep does it."""

    def row() -> Touchpoint | None:
        with database.read() as session:
            found = CareCalendarStore(session).get(touchpoint_id)
            waits = found is not None and found.stage in STARTS and found.case_id is None and found.human
            return found if waits and found is not None and found.lead_on <= local_date(now()) else None

    due = await run_in_threadpool(row)
    if due is None:
        return
    its_key = acts.key_for(caller, f"{key[:80]}:start", f"touchpoint-start:{touchpoint_id}", {})
    start = service_acts.start_touchpoint(
        caller,
        its_key,
        touchpoint_id=due.id,
        customer_no=due.customer_no,
        institution_code=due.institution_code,
        comment=due.reason or "",
    )
    try:
        await acts.perform(database, gateway, its_key, start)
    except DomainError as error:
        if error.code not in _LATER:
            raise


def ask_clearance(caller: Caller, key: Key, touchpoint_id: UUID, body: ClearanceBody) -> Prepare:
    """合规审批. Raises NOT_FOUND, NOT_YOUR_TASK, and what the subject refuses (DUPLICATE_CASE, INVALID_INPUT)."""

    def prepare(session: Session) -> ApprovalStart:
        row = visible_touchpoint(session, caller, touchpoint_id)
        refuse_others(session, caller, row)
        attempt = len(GiftStore(session).clearances(row.id)) + 1
        start = StartApproval(
            **act_fields(caller, key, body.reason),
            case_id=new_id(),
            workflow_id=approval_id(clearance.GIFT, str(row.id), attempt),
            subject=clearance.GIFT,
            customer_no=row.customer_no,
            year=local_date(now()).year,
            attempt=attempt,
            subject_case_id=row.case_id,
            reason=body.reason,
            facts=clearance.facts_of(row.id, body.gift_name, body.gift_value),
        )
        lone.check(session, start, now())
        return ApprovalStart(act=start)

    return prepare


def refuse_others(session: Session, caller: Caller, row: Touchpoint, *, leads: bool = False) -> StoodFor | None:
    """Whom the caller stands in for; None for its own work. Raises NOT_YOUR_TASK for anybody else's.

    `leads`: whoever leads the post, and operations, may do it too.
    """
    own = {(post.role, post.institution_code) for post in caller.posts}
    mine = row.assignee_id == caller.account_id
    if mine or (row.assignee_id is None and (row.role, row.institution_code) in own):
        return None
    for stood_for in standing_for(session, caller.account_id, now()):
        given = row.assignee_id in {None, stood_for.principal_id}
        if given and (row.role, row.institution_code) in stood_for.posts and stood_for.covers(_subject(session, row)):
            return stood_for
    if leads and _leads(session, own, row):
        return None
    raise DomainError(ErrorCode.NOT_YOUR_TASK, who=_who(session, row))


def target(session: Session, row: Touchpoint, account_id: UUID) -> Target:
    """Whom it is assigned to. Raises INVALID_INPUT for nobody we know, BAD_TRANSFER_TARGET for who may not do it."""
    account = known_person(session, account_id)
    desk = rulebook_in_force(session, local_date(now())).rulebook.desk
    if not is_authorised(session, desk, account_id, row.role, row.institution_code):
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=account.name)
    return Target(account_id=account.id, name=account.name, authorised=True)


def _change(session: Session, wanted: Wanted, row: Touchpoint) -> Facts:
    """The act on a row without a case, with its entry in the audit."""
    body, caller = wanted.body, wanted.caller
    stood_for = refuse_others(session, caller, row, leads=wanted.name != DONE)
    at, reason = moment(session, row.institution_code, now()), body.comment
    if isinstance(body, CompleteBody):
        fields = act_fields(caller, wanted.key, body.comment)
        stood = {**in_place_of(stood_for), "door": Door.STAND_IN} if stood_for else {}
        doing.complete(at, row, _completed({**fields, **stood, "version": 1}, body))
    elif isinstance(body, RescheduleBody):
        reason = body.reason
        doing.reschedule(at, row, body.due_on, reason)
    elif isinstance(body, SkipBody):
        reason = body.reason
        doing.skip(session, row, reason, at.at)
    elif isinstance(body, AssignBody):
        doing.assign(session, row, target(session, row, body.to).account_id, at.at)
    _note(session, caller, wanted.name, row, reason=reason, stood_for=stood_for)
    return {"touchpoint_id": str(row.id)}


def _builder(at: Moment, row: Touchpoint, wanted: Wanted) -> Callable[[dict[str, Any]], ServiceAct]:
    """The message of the act, from the fields that every act carries."""
    body = wanted.body

    def build(fields: dict[str, Any]) -> ServiceAct:
        fields = {**fields, "comment": getattr(body, "reason", body.comment).strip()}
        if body.version is not None:
            fields["version"] = body.version
        if isinstance(body, CompleteBody):
            return _completed(fields, body)
        if isinstance(body, RescheduleBody):
            entry = entry_of(at.rulebook, row.code, row.item)
            doing.check_day(body.due_on, local_date(at.at), "due_on")
            return RescheduleTouchpoint(**fields, to=entry.due(at.calendar, body.due_on) if entry else body.due_on)
        if isinstance(body, AssignBody):
            return AssignService(**fields, to=target(at.session, row, body.to))
        return SkipTouchpoint(**fields)

    return build


def _completed(fields: dict[str, Any], body: CompleteBody) -> CompleteTouchpoint:
    return CompleteTouchpoint(**fields, **body.model_dump(exclude={"version", "comment"}))


def _leads(session: Session, own: set[tuple[Role, str]], row: Touchpoint) -> bool:
    """The branch head over the post (at head office its VIP service manager), or operations."""
    above = {place.code for place in PeopleStore(session).ancestry(row.institution_code)}
    return any(role is Role.OPS or (role in {Role.BR_LEAD, Role.HQ_VIP} and code in above) for role, code in own)


def _subject(session: Session, row: Touchpoint) -> Subject:
    institution = InstitutionStore(session).get(row.institution_code, EVERYTHING)
    return Subject(CaseKind.CARE_TOUCHPOINT, row.tier, institution.path if institution else "/")


def _who(session: Session, row: Touchpoint) -> str:
    account = PeopleStore(session).account(row.assignee_id) if row.assignee_id else None
    return account.name if account else row.role.value


def _note(
    session: Session, caller: Caller, action: str, row: Touchpoint, *, reason: str, stood_for: StoodFor | None = None
) -> None:
    """Append it to the audit: where the touchpoint stands since; nothing that people typed beside the reason."""
    audit.append(
        session,
        actor=str(caller.account_id),
        on_behalf_of=str(stood_for.principal_id) if stood_for else None,
        action=f"touchpoint_{action}",
        object_kind="touchpoint",
        object_id=str(row.id),
        door=Door.STAND_IN if stood_for else caller.door,
        after={"stage": row.stage.value, "due_on": row.due_on.isoformat(), "code": row.code},
        reason=reason.strip()[:500] or None,
        request_id=caller.request_id,
        at=row.updated_at,
    )


def body_of(model: BaseModel) -> dict[str, Any]:
    """A body as its digest is taken of."""
    return model.model_dump(mode="json")
