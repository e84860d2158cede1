"""受理 and 指派: whose case it is."""

from collections.abc import Mapping
from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.messages.service_acts import AcceptService, AssignService, OnService
from models.rules.service.history import accepted, wrong_stage
from models.rules.service.people import owner
from models.types import Stage

_TAKEN = {
    Stage.RECEIVED: Stage.ACCEPTED,
    Stage.REGISTERED: Stage.AWAITING_FIRST_REPLY,
    Stage.REOPENED: Stage.AWAITING_FIRST_REPLY,
}
_GIVEN = {
    Stage.ACCEPTED: Stage.HANDLING,
    Stage.REGISTERED: Stage.AWAITING_FIRST_REPLY,
    Stage.REOPENED: Stage.AWAITING_FIRST_REPLY,
}


def check_accept(state: ServiceState, _: AcceptService) -> None:
    """Once, by its new handler; later only where nobody handles it any more (a complaint that became serious)."""
    if state.handler_id is not None and state.stage not in _TAKEN:
        raise wrong_stage(state)


def accept(state: ServiceState, act: AcceptService, at: datetime, _: CalendarSnapshot) -> ServiceState:
    """受理: the actor handles it from now on."""
    change: Mapping[str, object] = {**handled_by(act), "stage": _TAKEN.get(state.stage, state.stage)}
    return accepted(state, act, act.kind, at, change)


def check_assign(state: ServiceState, act: AssignService) -> None:
    """To a person who may do it and does not handle it yet. Raises BAD_TRANSFER_TARGET."""
    if not act.to.authorised or act.to.account_id == state.handler_id:
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=act.to.name)


def assign(state: ServiceState, act: AssignService, at: datetime, _: CalendarSnapshot) -> ServiceState:
    """指派: theirs now. A request that nobody accepted yet still waits for its handler to accept it."""
    change: Mapping[str, object] = {
        "handler_id": act.to.account_id,
        "handler_name": act.to.name,
        "stage": _GIVEN.get(state.stage, state.stage),
    }
    return accepted(state, act, act.kind, at, change, to_name=act.to.name)


def handled_by(act: OnService) -> dict[str, object]:
    """The actor, or whom it stands in for, as the handler."""
    handler_id, name = owner(act)
    return {"handler_id": handler_id, "handler_name": name}


def taken_by(state: ServiceState, act: OnService) -> dict[str, object]:
    """Whoever works on a case that nobody handles becomes its handler."""
    return {} if state.handler_id is not None else handled_by(act)
