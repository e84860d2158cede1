"""Between rule and records: a rule says which step is to open, the records find its signers and open the tasks."""

from models.messages.approval import ApprovalState, OpenTask, RouteStep, Signer, StepState
from models.rules.approval import signing
from models.rules.approval.normal import is_step, normalised, step_tasks
from models.rules.approval.people import DECLARED
from models.rules.approval.route import step_of
from models.types import Stage


def step_to_open(state: ApprovalState) -> RouteStep | None:
    """The step whose signers are to be found and asked now; None when one is open, or none is due."""
    if state.outcome is not None or not is_step(state) or normalised(state).step is not None:
        return None
    return step_of(state, state.stage)


def awaits_resubmission(state: ApprovalState) -> bool:
    """Whether the declarant is to get its task (重新提交): the case is returned to it and no task says so."""
    return state.stage is Stage.RETURNED and not any(task.step == DECLARED for task in state.tasks)


def with_step(state: ApprovalState, step: StepState) -> ApprovalState:
    """The state with its step open; `signers_without_task` then names whom to ask first."""
    return state.model_copy(update={"step": step})


def signers_without_task(state: ApprovalState) -> tuple[Signer, ...]:
    """Seats whose turn it is and that have no task yet: the records open one for each, due with the step."""
    state = normalised(state)
    if state.step is None or state.outcome is not None:
        return ()
    asked = {task.signer_id for task in step_tasks(state)}
    return tuple(seat for seat in signing.ready(state.step) if seat.signer_id not in asked)


def with_tasks(state: ApprovalState, tasks: tuple[OpenTask, ...]) -> ApprovalState:
    """The state with more open tasks."""
    return state.model_copy(update={"tasks": (*state.tasks, *tasks)})
