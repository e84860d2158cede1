"""撤销 by the declarant, or by operations 运营 in its place."""

from datetime import datetime
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, Withdraw
from models.rules.approval.history import accepted, refuse_closed
from models.rules.approval.people import check_operations
from models.types import Door, Outcome, Stage


def check_withdraw(state: ApprovalState, act: Withdraw) -> None:
    """By the declarant until branch approval opened, and whenever the case was returned to it.

    Operations may as long as the declarant may, on any case but its own, with a reason.
    """
    if act.door is Door.OVERRIDE:
        check_operations(state, act)
        refuse_closed(state)
        _refuse_stale(state, act.version)
    else:
        check_declarant(state, act.actor_id, act.version)
    if state.branch_approval_opened and state.stage is not Stage.RETURNED:
        raise DomainError(ErrorCode.TOO_LATE_TO_WITHDRAW)


def withdraw(state: ApprovalState, act: Withdraw, at: datetime) -> ApprovalState:
    """The case ends as withdrawn; every open task goes with it."""
    check_withdraw(state, act)
    change: dict[str, object] = {
        "stage": Stage.WITHDRAWN,
        "outcome": Outcome.WITHDRAWN,
        "step": None,
        "tasks": (),
    }
    return accepted(state, act, at, "withdraw", change)


def check_declarant(state: ApprovalState, actor_id: UUID, version: int) -> None:
    """The declarant, on the newest version of an open case."""
    refuse_closed(state)
    if actor_id != state.declared_by:
        raise DomainError(ErrorCode.NOT_ALLOWED, who="declarant")
    _refuse_stale(state, version)


def _refuse_stale(state: ApprovalState, version: int) -> None:
    if version != state.version:
        raise DomainError(ErrorCode.STALE_VERSION)
