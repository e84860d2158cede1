"""终止: a case whose run cannot be mended is cut off. It is not cancelled 取消, which a running case does in order."""

from datetime import datetime
from typing import Literal

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act, ApprovalState
from models.messages.calendar import CalendarSnapshot
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.rules import rollout
from models.rules.approval.history import accepted as accepted_by_chain
from models.rules.service.clocks import finished
from models.rules.service.history import accepted as accepted_by_service
from models.types import CaseKind, Outcome, Stage

TERMINATED: Literal["terminate"] = "terminate"
"""Name of the act in the records."""
NEVER_CUT_OFF = frozenset({CaseKind.COMPLAINT, CaseKind.PERIOD_CLOSE})
"""A complaint is answered and a quarter published, whatever happens to their runs: these are only started again."""


def check_terminable(kind: CaseKind, state: ApprovalState | ServiceState | RolloutState) -> None:
    """Raises CASE_CLOSED, and WRONG_STAGE for a kind that is never cut off."""
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    if kind in NEVER_CUT_OFF:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def terminated(
    state: ApprovalState | ServiceState | RolloutState, act: Act, at: datetime, calendar: CalendarSnapshot
) -> ApprovalState | ServiceState | RolloutState:
    """The case without its open tasks, ended as 终止; clocks of a service stop, counted on `calendar`."""
    if isinstance(state, RolloutState):
        return rollout.cut_off(state, act, at)
    over: dict[str, object] = {"stage": Stage.CANCELLED, "outcome": Outcome.TERMINATED}
    if isinstance(state, ServiceState):
        over["clocks"] = tuple(finished(clock, at, calendar) for clock in state.clocks)
        return accepted_by_service(state, act, TERMINATED, at, over)
    gone = tuple(task.task_id for task in state.tasks)
    return accepted_by_chain(state, act, at, TERMINATED, {**over, "step": None, "tasks": ()}, closed=gone)
