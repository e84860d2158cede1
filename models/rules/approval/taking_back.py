"""撤回 by the approver: its own signature while the step is undecided, or the last decision until anybody acted."""

from datetime import datetime
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, SignOff, StepState
from models.messages.handing import TakeBack
from models.rules.approval.history import accepted, people_of, refuse_closed, task_of
from models.rules.approval.normal import normalised
from models.rules.approval.signing import resettled, waits_for


def check_take_back(state: ApprovalState, act: TakeBack) -> None:
    """By who signed, or for whom it was signed. Raises TOO_LATE_TO_TAKE_BACK once somebody acted after it."""
    state = normalised(state)
    refuse_closed(state)
    own = next((past for past in state.acts if past.act == "decide" and past.task_id == act.task_id), None)
    if own is None:
        task_of(state, act.task_id)  # raises who closed it
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if not people_of(own) & people_of(act):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=own.actor_name)
    undoable = state.undo is not None and state.undo.task_id == act.task_id
    if not undoable and _withdrawable(state.step, act.task_id) is None:
        raise DomainError(ErrorCode.TOO_LATE_TO_TAKE_BACK)


def take_back(state: ApprovalState, act: TakeBack, at: datetime) -> ApprovalState:
    """The step as it was before; its signers without a task are asked anew, due when they were due before."""
    check_take_back(state, act)
    state = normalised(state)
    change = _undone(state, act.task_id)
    tasks = change["tasks"]
    left = {task.task_id for task in tasks} if isinstance(tasks, tuple) else set()
    closed = tuple(task.task_id for task in state.tasks if task.task_id not in left)
    return accepted(state, act, at, "take_back", change, closed=closed)


def _undone(state: ApprovalState, task_id: UUID) -> dict[str, object]:
    undo = state.undo
    if undo is not None and undo.task_id == task_id:
        return {
            "stage": undo.stage,
            "round": undo.round,
            "step": undo.step,
            "passed": undo.passed,
            "branch_approval_opened": undo.branch_approval_opened,
            "tasks": (),
        }
    step = state.step
    if step is None:
        raise DomainError(ErrorCode.TOO_LATE_TO_TAKE_BACK)
    signatures = tuple(one for one in step.sign_offs if one.task_id != task_id)
    step = step.model_copy(update={"sign_offs": signatures})
    return {"step": step, "tasks": resettled(step, state.tasks)}


def _withdrawable(step: StepState | None, task_id: UUID) -> SignOff | None:
    """The signature on the open step, unless somebody who had to wait for it has signed after it."""
    own = next((one for one in step.sign_offs if one.task_id == task_id), None) if step else None
    if step is None or own is None:
        return None
    seats = {seat.signer_id: seat for seat in step.signers}
    later = (seats[one.signer_id] for one in step.sign_offs if one is not own)
    return None if any(own.signer_id in waits_for(step, seat) for seat in later) else own
