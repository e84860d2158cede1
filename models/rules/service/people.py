"""Who may act on a service case: its handler, whoever works its queue, the lead, operations, the customer itself."""

from collections.abc import Callable
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act
from models.messages.service import ServiceState
from models.messages.service_acts import ConfirmService, OnService
from models.service_types import ComplaintGrade
from models.types import CUSTOMER_ID, Door, Role

Check = Callable[[ServiceState, OnService], None]


def people_of(act: Act) -> frozenset[UUID]:
    """Everybody whose hand is in it: who acted, and for whom (B 代 A)."""
    return frozenset({act.actor_id} if act.on_behalf_of is None else {act.actor_id, act.on_behalf_of})


def owner(act: Act) -> tuple[UUID, str]:
    """Whose case it becomes by an act: the person stood in for, else who acted."""
    if act.on_behalf_of is not None:
        return act.on_behalf_of, act.on_behalf_of_name or act.actor_name
    return act.actor_id, act.actor_name


def is_serious(state: ServiceState) -> bool:
    """重大投诉: the lead's."""
    return state.grade is ComplaintGrade.SERIOUS


def lead_post(state: ServiceState) -> tuple[Role, str]:
    """Post and institution of the lead."""
    return state.lead_role, state.lead_institution_code or state.institution_code


def queue(state: ServiceState) -> tuple[Role, str]:
    """Post and institution whose queue the case waits in; a serious complaint waits in the lead's."""
    return lead_post(state) if is_serious(state) else (state.role, state.institution_code)


def is_lead(state: ServiceState, act: Act) -> bool:
    """Whether the actor holds the lead's post."""
    return lead_post(state) in _posts(act)


def is_holder(state: ServiceState, act: Act) -> bool:
    """The handler or its stand-in, or any holder of the queue's post while nobody handles it."""
    if is_serious(state) and is_lead(state, act):
        return True
    if state.handler_id is not None:
        return state.handler_id in people_of(act)
    return queue(state) in _posts(act)


def is_system(act: Act) -> bool:
    """Whether the programme itself acts, not a person."""
    return act.door is Door.SYSTEM


def by_holder(state: ServiceState, act: OnService) -> None:
    """Raises NOT_YOUR_TASK for anybody but the holder."""
    if not is_holder(state, act):
        raise not_yours(state)


def by_holder_or_lead(state: ServiceState, act: OnService) -> None:
    """Raises NOT_YOUR_TASK for anybody but the holder and the lead."""
    if not (is_holder(state, act) or is_lead(state, act)):
        raise not_yours(state)


def by_lead(state: ServiceState, act: OnService) -> None:
    """Raises NOT_YOUR_TASK for anybody but the lead."""
    if not is_lead(state, act):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=state.lead_role.value)


def by_holder_lead_operations_or_programme(state: ServiceState, act: OnService) -> None:
    """Also by the programme itself, which hands over and lets go. Raises as `by_holder_lead_or_operations`."""
    if not is_system(act):
        by_holder_lead_or_operations(state, act)


def by_holder_lead_or_operations(state: ServiceState, act: OnService) -> None:
    """Also by operations 运营, with a reason. Raises NOT_YOUR_TASK and REASON_REQUIRED."""
    if is_holder(state, act) or is_lead(state, act):
        return
    if all(role is not Role.OPS for role, _ in _posts(act)):
        raise not_yours(state)
    require_reason(act)


def by_anybody_of_the_desk(state: ServiceState, act: OnService) -> None:
    """The handler, the lead, or any holder of the desk's post: whoever the customer spoke to."""
    desk = {(state.role, state.institution_code), lead_post(state)}
    if not (is_holder(state, act) or desk & _posts(act)):
        raise not_yours(state)


def by_customer_or_holder(state: ServiceState, act: OnService) -> None:
    """The customer by its link, or the holder."""
    if act.actor_id != CUSTOMER_ID:
        by_holder(state, act)
    elif act.door is not Door.LINK:
        raise not_yours(state)


def by_programme_or_desk(state: ServiceState, act: OnService) -> None:
    """The programme, the holder, or the lead."""
    if not is_system(act):
        by_holder_or_lead(state, act)


def by_programme_or_lead(state: ServiceState, act: OnService) -> None:
    """The programme, the lead, or operations with a reason."""
    if is_system(act) or is_lead(state, act):
        return
    if all(role is not Role.OPS for role, _ in _posts(act)):
        raise not_yours(state)
    require_reason(act)


def refuse_customer(state: ServiceState, act: OnService) -> None:
    """The customer may only confirm. Raises NOT_ALLOWED."""
    if act.actor_id == CUSTOMER_ID and not isinstance(act, ConfirmService):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=state.role.value)


def require_reason(act: Act) -> None:
    """Raises REASON_REQUIRED when the comment is empty."""
    if not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)


def not_yours(state: ServiceState) -> DomainError:
    """The refusal that names the handler, else the post of the queue."""
    role, _ = queue(state)
    name = state.handler_name if state.handler_id is not None else None
    return DomainError(ErrorCode.NOT_YOUR_TASK, who=name or role.value)


def _posts(act: Act) -> frozenset[tuple[Role, str]]:
    return frozenset((post.role, post.institution_code) for post in act.posts)
