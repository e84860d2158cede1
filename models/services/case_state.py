"""What a case is, in one value, for whoever reads cases of every kind: an approval, a customer being
served, or a launch."""

from typing import TypeAlias

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.rules import rollout
from models.rules.service import already_acted
from models.tables.cases import Case, Task
from models.types import KINDS_WITHOUT_APPROVAL, SERVICE_KINDS, CaseKind

CaseState: TypeAlias = ApprovalState | ServiceState | RolloutState


def is_service(case: Case) -> bool:
    """Whether a customer is served: tasks and clocks, but nobody approves anything."""
    return case.kind in SERVICE_KINDS


def is_approval(case: Case) -> bool:
    """Whether somebody approves something: a path, four eyes, signatures."""
    return case.kind not in KINDS_WITHOUT_APPROVAL


def state_class(kind: CaseKind) -> type[CaseState]:
    """What the state of a kind of case is read as."""
    if kind is CaseKind.ROLLOUT:
        return RolloutState
    return ServiceState if kind in SERVICE_KINDS else ApprovalState


def state_of(case: Case) -> CaseState:
    """The state as the records have it."""
    return state_class(case.kind).model_validate(case.state)


def approval_of(case: Case) -> ApprovalState:
    """The state of an approval. Raises WRONG_STAGE for any other case: nobody decides, transfers or signs there."""
    if not is_approval(case):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=case.stage.value)
    return ApprovalState.model_validate(case.state)


def served(case: Case) -> ServiceState:
    """The state of a service case. Raises NOT_FOUND for an approval."""
    if not is_service(case):
        raise DomainError(ErrorCode.NOT_FOUND)
    return ServiceState.model_validate(case.state)


def launch_of(case: Case) -> RolloutState:
    """The state of a launch. Raises NOT_FOUND for any other case."""
    if case.kind is not CaseKind.ROLLOUT:
        raise DomainError(ErrorCode.NOT_FOUND)
    return RolloutState.model_validate(case.state)


def waiting_task(case: Case) -> OpenTask | None:
    """The task that somebody has to do now."""
    return next((task for task in state_of(case).tasks if task.step != NOBODY_TO_ACT), None)


def refuse_closed(case: Case, task: Task) -> None:
    """Of a task that is open no more, of a case without approval.

    Raises ALREADY_DECIDED with who and when, CASE_CLOSED, STALE_VERSION.
    """
    if case.kind is CaseKind.ROLLOUT:
        rollout.refuse_closed(launch_of(case), task.id)
    state = served(case)
    for past in state.acts:
        if task.id in past.closed:
            raise already_acted(past)
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    raise DomainError(ErrorCode.STALE_VERSION)
