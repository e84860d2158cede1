"""The levels of one case: which steps it really goes through, what follows, and where it may go back to."""

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, PassedStep, RouteStep
from models.types import SYSTEM_SLA_ID, Stage

SIDE_STAGES = (Stage.RETURNED, Stage.REJECTED, Stage.WITHDRAWN)


def step_of(state: ApprovalState, stage: Stage) -> RouteStep:
    """The route step of a stage; raises WRONG_STAGE when the route has none."""
    for step in state.route:
        if step.stage is stage:
            return step
    raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def steps_taken(state: ApprovalState) -> tuple[RouteStep, ...]:
    """The steps this case really goes through: levels its institution lacks are skipped."""
    return tuple(step for step in state.route if step.institution_code is not None)


def next_step(state: ApprovalState, stage: Stage) -> RouteStep | None:
    """The step that opens after `stage`, or None when `stage` is the last; kept sign-offs (保留签批) are skipped."""
    kept = {passed.stage for passed in state.passed if passed.kept}
    ahead = steps_taken(state)[position(state, stage) + 1 :]
    return next((step for step in ahead if step.stage not in kept), None)


def is_final(state: ApprovalState, stage: Stage) -> bool:
    """Whether an approval at `stage` takes the seat."""
    return stage not in SIDE_STAGES and stage is not Stage.DECLARED and next_step(state, stage) is None


def earlier_stages(state: ApprovalState) -> tuple[Stage, ...]:
    """Where the current step may return the case to: the declarant, then every earlier step.

    Nothing goes back to the programme, which declares what nobody does.
    """
    taken = [step.stage for step in steps_taken(state)]
    before = taken[: taken.index(state.stage)] if state.stage in taken else []
    return tuple(before) if state.declared_by == SYSTEM_SLA_ID else (Stage.DECLARED, *before)


def position(state: ApprovalState, stage: Stage) -> int:
    """Place of a stage among the steps taken; -1 for the declaration, which stands before all of them."""
    if stage is Stage.DECLARED:
        return -1
    return [step.stage for step in steps_taken(state)].index(stage)


def passed_before(state: ApprovalState, stage: Stage) -> tuple[PassedStep, ...]:
    """Approved steps that still count when the case stands at `stage` again: those the route puts before it."""
    place = position(state, stage)
    return tuple(passed for passed in state.passed if position(state, passed.stage) < place)
