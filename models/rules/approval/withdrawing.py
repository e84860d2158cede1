"""撤销 by the declarant."""

from datetime import datetime
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, Withdraw
from models.rules.approval.history import accepted, refuse_closed
from models.types import Outcome, Stage


def check_withdraw(state: ApprovalState, act: Withdraw) -> None:
    """By the declarant until branch approval opened, and whenever the case was returned to it."""
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
    if version != state.version:
        raise DomainError(ErrorCode.STALE_VERSION)
