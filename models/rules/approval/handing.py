"""转办 / 委派 / 交回 / 改派: the task goes to somebody else, for good or for advice."""

from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask, StepState
from models.messages.handing import Delegate, HandBack, Reassign, Target, Transfer
from models.rules.approval.history import accepted, people_of, refuse_stale, task_of, with_task
from models.rules.approval.normal import normalised, open_step
from models.rules.approval.people import (
    DECLARED,
    bad_target,
    check_four_eyes,
    check_holder,
    check_operations,
    check_target,
)


def signers_task(state: ApprovalState, act: Transfer | Delegate | HandBack) -> OpenTask:
    """The signer's task of an act. Raises WRONG_STAGE for the declarant's own and for the one for operations."""
    task = task_of(state, act.task_id)
    if task.step in {NOBODY_TO_ACT, DECLARED}:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    return task


def check_transfer(state: ApprovalState, act: Transfer) -> None:
    """By the holder, also one whom four eyes refuse: that is what it should do."""
    state = normalised(state)
    task = signers_task(state, act)
    check_holder(task, act)
    refuse_stale(task, act.version)
    check_target(state, task, act, act.to)


def transfer(state: ApprovalState, act: Transfer, at: datetime) -> ApprovalState:
    """转办: task and seat are theirs now."""
    check_transfer(state, act)
    state = normalised(state)
    task = task_of(state, act.task_id)
    return accepted(state, act, at, "transfer", _given(state, task, act.to), to_name=act.to.name)


def check_delegate(state: ApprovalState, act: Delegate) -> None:
    """By a holder who may sign, to anybody but itself and the declarant: a delegate only advises."""
    state = normalised(state)
    task = signers_task(state, act)
    check_holder(task, act)
    check_four_eyes(state, act)
    refuse_stale(task, act.version)
    if act.to.account_id in people_of(act) | {state.declared_by}:
        raise bad_target(act.to)


def delegate(state: ApprovalState, act: Delegate, at: datetime) -> ApprovalState:
    """委派: away for advice; it comes back to who gave it, even if it was in a queue."""
    check_delegate(state, act)
    state = normalised(state)
    task = task_of(state, act.task_id)
    giver = act.on_behalf_of or act.actor_id
    change = {
        "assignee_id": giver,
        "delegate_id": act.to.account_id,
        "delegate_name": act.to.name,
        "delegated_by": giver,
        "version": task.version + 1,
    }
    tasks = with_task(state, task.model_copy(update=change))
    return accepted(state, act, at, "delegate", {"tasks": tasks}, to_name=act.to.name)


def check_hand_back(state: ApprovalState, act: HandBack) -> None:
    """By the delegate with its advice, or called back by who delegated."""
    task = signers_task(state, act)
    if task.delegate_id is None:
        raise DomainError(ErrorCode.STALE_VERSION)
    if not people_of(act) & {task.delegate_id, task.delegated_by}:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.delegate_name or task.role.value)
    refuse_stale(task, act.version)


def hand_back(state: ApprovalState, act: HandBack, at: datetime) -> ApprovalState:
    """交回: with who delegated it again."""
    check_hand_back(state, act)
    state = normalised(state)
    task = task_of(state, act.task_id)
    tasks = with_task(state, task.model_copy(update={**_NOT_DELEGATED, "version": task.version + 1}))
    return accepted(state, act, at, "hand_back", {"tasks": tasks})


def check_reassign(state: ApprovalState, act: Reassign) -> None:
    """By operations with a reason; a signer's task only to whom it could be transferred."""
    state = normalised(state)
    task = task_of(state, act.task_id)
    if task.step == NOBODY_TO_ACT:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    check_operations(state, act)
    refuse_stale(task, act.version)
    if task.step != DECLARED:
        check_target(state, task, act, act.to)
    elif not act.to.authorised or act.to.account_id == task.assignee_id:
        raise bad_target(act.to)


def reassign(state: ApprovalState, act: Reassign, at: datetime) -> ApprovalState:
    """改派: theirs now, and no longer with a delegate."""
    check_reassign(state, act)
    state = normalised(state)
    task = task_of(state, act.task_id)
    return accepted(state, act, at, "reassign", _given(state, task, act.to), to_name=act.to.name)


_NOT_DELEGATED: dict[str, object] = {"delegate_id": None, "delegate_name": None, "delegated_by": None}


def _given(state: ApprovalState, task: OpenTask, to: Target) -> dict[str, object]:
    """The task with its new holder, and its seat in the step, so that a later task of the seat is theirs as well."""
    changed = {"assignee_id": to.account_id, "version": task.version + 1, **_NOT_DELEGATED}
    tasks = with_task(state, task.model_copy(update=changed))
    if task.step == DECLARED:
        return {"tasks": tasks}
    return {"tasks": tasks, "step": _seat_given(open_step(state), task.signer_id, to)}


def _seat_given(step: StepState, signer_id: str, to: Target) -> StepState:
    given = {"account_id": to.account_id, "name": to.name}
    seats = tuple(seat.model_copy(update=given) if seat.signer_id == signer_id else seat for seat in step.signers)
    return step.model_copy(update={"signers": seats})
