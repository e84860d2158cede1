"""Acts on a green-channel request: what JSON and pages send, and what the rules would let the caller do now."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api import service_acts
from api.act_base import act_fields, inbox_of, known_person
from api.acts import Prepare, Standing
from api.chain_acts import refusal_of
from api.deps import Action, Caller
from api.schemas.green_channel import TakeInBody
from models.errors import DomainError, ErrorCode
from models.messages.envelope import Envelope
from models.messages.handing import Target
from models.messages.service import ServiceState
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CancelService,
    CompleteService,
    ConfirmService,
    PauseService,
    ResumeService,
    ServiceAct,
)
from models.rules import service
from models.services.authority import is_authorised
from models.services.idempotency import Key
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.green_channel import GreenChannelStore, GreenRow
from models.stores.tasks import TaskStore
from models.tables.cases import Case
from models.tables.organisation import Institution
from models.types import PauseReason


def visible_request(session: Session, caller: Caller, case_id: UUID) -> GreenRow:
    """The request, if it is served or owned within the caller's scope, or a task of it concerns it.

    Raises NOT_FOUND.
    """
    row = GreenChannelStore(session).visible(case_id, caller.scope(Action.READ_SERVICES))
    if row is None and TaskStore(session).concerns(case_id, inbox_of(session, caller)):
        return known_request(session, case_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def known_request(session: Session, case_id: UUID) -> GreenRow:
    """The request, whoever asks. Raises NOT_FOUND."""
    row = GreenChannelStore(session).get(case_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def taking_in(caller: Caller, key: Key, body: TakeInBody) -> Prepare:
    """登记受理: the start of a request, the same for JSON and the page."""
    return service_acts.take_in(
        caller,
        key,
        customer_no=body.customer_no,
        service=body.service,
        reference_no=body.reference_no,
        channel=body.channel,
        received_at=body.received_at,
        policy_no=body.policy_no,
        contact_id=body.contact_id,
        contact_name=body.contact_name,
        undisputed_amount=body.undisputed_amount,
        advance_amount=body.advance_amount,
        institution_code=body.institution_code,
        comment=body.remark,
    )


def crosses(places: Mapping[str, Institution], served_at: str, owned_by: str) -> bool:
    """跨地域: whether it is served beside the line of institutions that owns the customer (article 17 item 8)."""
    served, owner = places.get(served_at), places.get(owned_by)
    if served is None or owner is None:
        return served_at != owned_by
    return not (owner.path.startswith(served.path) or served.path.startswith(owner.path))


def accept(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """受理 by the caller."""
    return _on(caller, key, case_id, lambda fields: AcceptService(**_with(fields, version, comment)))


def assign(caller: Caller, key: Key, case_id: UUID, *, version: int, to: UUID, comment: str) -> Prepare:
    """指派 or 改派. Raises INVALID_INPUT for nobody we know, BAD_TRANSFER_TARGET for who has left or may not do it."""

    def prepare(session: Session) -> Envelope | Standing:
        visible_request(session, caller, case_id)
        target = _target(session, case_id, to)
        act = _on(caller, key, case_id, lambda fields: AssignService(**_with(fields, version, comment), to=target))
        return act(session)

    return prepare


def pause(caller: Caller, key: Key, case_id: UUID, *, version: int, reason: PauseReason, comment: str) -> Prepare:
    """暂停 the clock."""
    return _on(caller, key, case_id, lambda fields: PauseService(**_with(fields, version, comment), reason=reason))


def resume(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """恢复 the clock."""
    return _on(caller, key, case_id, lambda fields: ResumeService(**_with(fields, version, comment)))


def complete(
    caller: Caller, key: Key, case_id: UUID, *, version: int, result: str, late_reason: str | None, comment: str
) -> Prepare:
    """办理完成. The workflow raises LATE_REASON_REQUIRED past the deadline."""
    return _on(
        caller,
        key,
        case_id,
        lambda fields: CompleteService(**_with(fields, version, comment), result=result, late_reason=late_reason),
    )


def confirm(
    caller: Caller, key: Key, case_id: UUID, *, version: int, satisfied: bool, proof: str, comment: str
) -> Prepare:
    """客户确认 entered by staff with its proof."""
    return _on(
        caller,
        key,
        case_id,
        lambda fields: ConfirmService(**_with(fields, version, comment), satisfied=satisfied, proof=proof),
    )


def cancel(caller: Caller, key: Key, case_id: UUID, *, version: int, comment: str) -> Prepare:
    """取消, with a reason."""
    return _on(caller, key, case_id, lambda fields: CancelService(**_with(fields, version, comment)))


def asking(caller: Caller) -> dict[str, Any]:
    """The fields of an act that is only asked about; its reason is taken for given."""
    return act_fields(caller, Key(caller.account_id, "asked", "", ""), "?")


def may(fields: Mapping[str, Any], state: ServiceState, make: Callable[..., ServiceAct], **given: Any) -> bool:
    """Whether the rules would let the act pass now; the same rules judge it once it is sent."""
    act = make(**{**fields, "version": state.version}, **given)
    return refusal_of(lambda: service.check(state, act)) is None


def _on(caller: Caller, key: Key, case_id: UUID, build: Callable[[dict[str, Any]], ServiceAct]) -> Prepare:
    def prepare(session: Session) -> Envelope | Standing:
        visible_request(session, caller, case_id)
        return service_acts.on_service(caller, key, case_id, build)(session)

    return prepare


def _with(fields: dict[str, Any], version: int, comment: str) -> dict[str, Any]:
    return {**fields, "version": version, "comment": comment.strip()}


def _target(session: Session, case_id: UUID, to: UUID) -> Target:
    account, case = known_person(session, to), CaseStore(session).get(case_id)
    if case is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return Target(account_id=account.id, name=account.name, authorised=may_take(session, case, to))


def may_take(session: Session, case: Case, account_id: UUID) -> bool:
    """Whether a person may be given the request: by a post that may work at the desk that serves it."""
    state = ServiceState.model_validate(case.state)
    desk = rulebook_of(session, case.rulebook_version_id).rulebook.desk
    return is_authorised(session, desk, account_id, state.role, state.institution_code)
