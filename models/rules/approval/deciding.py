"""同意 / 驳回 / 退回: one signature, and what follows when it decides the step."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import (
    NOBODY_TO_ACT,
    ApprovalState,
    Decide,
    OpenTask,
    PassedStep,
    SignOff,
    StepState,
    Undo,
)
from models.rules.approval.history import accepted, refuse_stale, refuse_without_reason, task_of
from models.rules.approval.normal import normalised, open_step
from models.rules.approval.people import DECLARED, check_operations, check_person, check_turn, is_automatic
from models.rules.approval.route import earlier_stages, is_final, next_step, passed_before, step_of
from models.rules.approval.signing import resettled, result
from models.types import Door, Outcome, SeatKind, Stage, Tier, Verdict


def check_decide(state: ApprovalState, act: Decide) -> None:
    """Everything that can refuse a decision; the page calls it too, to leave a button out."""
    state = normalised(state)
    task = task_of(state, act.task_id)
    _check_decider(state, task, act)
    refuse_stale(task, act.version)
    if task.step == NOBODY_TO_ACT:
        return
    open_step(state)  # raises WRONG_STAGE where nothing is to be signed
    if act.verdict is not Verdict.APPROVE and not is_automatic(act):
        refuse_without_reason(act)
    _VERDICT_CHECKS[act.verdict](state, act)


def _check_decider(state: ApprovalState, task: OpenTask, act: Decide) -> None:
    """The holder of the task; operations stepping in (运营干预); or the clock, for the whole step."""
    stepping_in = act.door is Door.OVERRIDE or is_automatic(act)
    if not stepping_in or task.step == NOBODY_TO_ACT:
        check_person(state, task, act)
        return
    if task.step == DECLARED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if act.door is Door.OVERRIDE:
        check_operations(state, act)
        check_turn(state, task)


def _check_approve(state: ApprovalState, act: Decide) -> None:
    """Gold may fall to silver only with the signature that ends the case: nobody else would know of it."""
    falls = state.tier is Tier.GOLD and act.approve_as is Tier.SILVER and is_final(state, state.stage)
    if act.approve_as in {None, state.tier}:
        return
    if not falls or _verdict_of_step(_signed(state, act, open_step(state).opened_at), act) is not Verdict.APPROVE:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def _check_reject(state: ApprovalState, _: Decide) -> None:
    if not step_of(state, state.stage).may_reject:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def _check_return(state: ApprovalState, act: Decide) -> None:
    if _target(state, act) not in earlier_stages(state):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if state.round >= state.max_rounds:
        raise DomainError(ErrorCode.TOO_MANY_ROUNDS, max=state.max_rounds)


_VERDICT_CHECKS: dict[Verdict, Callable[[ApprovalState, Decide], None]] = {
    Verdict.APPROVE: _check_approve,
    Verdict.REJECT: _check_reject,
    Verdict.RETURN: _check_return,
}


def decide(state: ApprovalState, act: Decide, at: datetime) -> ApprovalState:
    """The state after a decision: one more signature, or the step is over and its tasks are gone.

    The next step is not open yet (`step_to_open`); a terminal state carries its outcome.
    """
    check_decide(state, act)
    state = normalised(state)
    if task_of(state, act.task_id).step == NOBODY_TO_ACT:
        rest = tuple(other for other in state.tasks if other.task_id != act.task_id)
        return accepted(state, act, at, "acknowledge", {"tasks": rest}, task_id=act.task_id)
    signed = _signed(state, act, at)
    verdict = _verdict_of_step(signed, act)
    tasks = resettled(signed, _without(state, act)) if verdict is None else ()
    change = {"step": signed} if verdict is None else _step_over(state, act, signed, verdict)
    closed = tuple(task.task_id for task in state.tasks if task.task_id not in {*_ids(tasks), act.task_id})
    change = {**change, "tasks": tasks}
    return accepted(state, act, at, "decide", change, task_id=act.task_id, closed=closed, verdict=act.verdict)


def _signed(state: ApprovalState, act: Decide, at: datetime) -> StepState:
    """The open step with this signature on it."""
    step, task = open_step(state), task_of(state, act.task_id)
    signature = SignOff(
        signer_id=task.signer_id,
        task_id=task.task_id,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        on_behalf_of=act.on_behalf_of,
        verdict=act.verdict,
        at=at,
    )
    return step.model_copy(update={"sign_offs": (*step.sign_offs, signature)})


def _verdict_of_step(signed: StepState, act: Decide) -> Verdict | None:
    """Any signer's return ends the step at once, and so does the clock; otherwise the rule of the signers says."""
    if act.verdict is Verdict.RETURN or is_automatic(act):
        return act.verdict
    return result(signed)


def _step_over(state: ApprovalState, act: Decide, signed: StepState, verdict: Verdict) -> dict[str, object]:
    moves = {Verdict.APPROVE: _approved, Verdict.REJECT: _rejected, Verdict.RETURN: _returned}
    change = moves[verdict](state, act, signed)
    undo = None if "outcome" in change else _undo(state, act)
    return {"step": None, "undo": undo, **change}


def _undo(state: ApprovalState, act: Decide) -> Undo:
    return Undo(
        task_id=act.task_id,
        actor_id=act.actor_id,
        stage=state.stage,
        round=state.round,
        step=open_step(state),
        passed=state.passed,
        branch_approval_opened=state.branch_approval_opened,
    )


def _approved(state: ApprovalState, act: Decide, signed: StepState) -> dict[str, object]:
    following = next_step(state, state.stage)
    if following is not None:
        opened = state.branch_approval_opened or following.stage is state.withdraw_until
        passed = PassedStep(stage=state.stage, round=state.round, sign_offs=signed.sign_offs)
        return {
            "stage": following.stage,
            "branch_approval_opened": opened,
            "passed": (*state.passed, passed),
        }
    silver = act.approve_as is Tier.SILVER and state.tier is Tier.GOLD
    seat = {"tier": Tier.SILVER, "seat_kind": SeatKind.SILVER} if silver else {}
    return {"stage": state.approved_as, "outcome": Outcome.APPROVED, **seat}


def _rejected(_: ApprovalState, __: Decide, ___: StepState) -> dict[str, object]:
    return {"stage": Stage.REJECTED, "outcome": Outcome.REJECTED}


def _returned(state: ApprovalState, act: Decide, _: StepState) -> dict[str, object]:
    """A new round at an earlier step; what was approved before that step still counts.

    Back at the declarant all of it waits for what it changes: `resubmit` says which sign-offs are kept.
    """
    target = _target(state, act)
    if target is Stage.DECLARED:
        return {"stage": Stage.RETURNED, "round": state.round + 1}
    return {"stage": target, "round": state.round + 1, "passed": passed_before(state, target)}


def _target(state: ApprovalState, act: Decide) -> Stage:
    """Where it goes back to: as far as it can where the act does not say. The first step has nowhere to return to."""
    return act.return_to or next(iter(earlier_stages(state)), Stage.DECLARED)


def _without(state: ApprovalState, act: Decide) -> tuple[OpenTask, ...]:
    return tuple(task for task in state.tasks if task.task_id != act.task_id)


def _ids(tasks: tuple[OpenTask, ...]) -> frozenset[UUID]:
    return frozenset(task.task_id for task in tasks)
