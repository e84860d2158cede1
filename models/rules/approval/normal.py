"""One way to read a state: those written before steps had several signers are brought into today's form."""

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask, Signer, StepState
from models.rules.approval.people import DECLARED
from models.rules.approval.route import step_of, steps_taken


def normalised(state: ApprovalState) -> ApprovalState:
    """A state written before steps had signers: its one open task becomes the only signer of the step."""
    own = step_tasks(state)
    if state.step is not None or not own or not is_step(state):
        return state
    task, route = own[0], step_of(state, state.stage)
    seat = Signer(
        signer_id=task.signer_id,
        role=task.role,
        institution_code=task.institution_code,
        account_id=task.assignee_id,
    )
    step = StepState(
        stage=state.stage,
        round=state.round,
        rule=route.rule,
        needed=route.needed,
        percent=route.percent,
        signers=(seat,),
        opened_at=task.opened_at,
        deadline=task.deadline,
    )
    return state.model_copy(update={"step": step})


def step_tasks(state: ApprovalState) -> tuple[OpenTask, ...]:
    """Open tasks of signers: without the companion for operations, without the declarant's own."""
    return tuple(task for task in state.tasks if task.step not in {NOBODY_TO_ACT, DECLARED})


def is_step(state: ApprovalState) -> bool:
    """Whether the case stands at a step of its route, not at a side stage or its end."""
    return state.stage in {step.stage for step in steps_taken(state)}


def open_step(state: ApprovalState) -> StepState:
    """The open step of a normalised state; raises WRONG_STAGE when the case stands at none."""
    if state.step is None:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    return state.step
