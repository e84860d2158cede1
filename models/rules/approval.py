"""The approval chain as a pure state machine: who may do what now, and what state follows (decisions.md 9-13).

Every function takes the state and an act and returns the next state or raises DomainError; no clock, no I/O.
Tasks of the next step are opened by the caller, who knows ids and the calendar.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import (
    NOBODY_TO_ACT,
    Act,
    ApprovalState,
    Correct,
    Decide,
    OpenTask,
    PastAct,
    Resubmit,
    RouteStep,
    Withdraw,
)
from models.types import Outcome, Role, SeatKind, Stage, Tier, Verdict

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
    """The step after `stage`, or None when `stage` is the last of the route."""
    taken = steps_taken(state)
    if stage is Stage.DECLARED:
        return taken[0]
    position = [step.stage for step in taken].index(stage)
    return taken[position + 1] if position + 1 < len(taken) else None


def is_final(state: ApprovalState, stage: Stage) -> bool:
    """Whether an approval at `stage` takes the seat."""
    return stage not in SIDE_STAGES and stage is not Stage.DECLARED and next_step(state, stage) is None


def earlier_stages(state: ApprovalState) -> tuple[Stage, ...]:
    """Where the current step may return the case to: the declarant, then every earlier step."""
    taken = [step.stage for step in steps_taken(state)]
    before = taken[: taken.index(state.stage)] if state.stage in taken else []
    return (Stage.DECLARED, *before)


def task_of(state: ApprovalState, task_id: UUID) -> OpenTask:
    """The open task; raises ALREADY_DECIDED with who and when, CASE_CLOSED, or STALE_VERSION for any other."""
    for task in state.tasks:
        if task.task_id == task_id:
            return task
    for past in reversed(state.acts):
        if past.task_id == task_id:
            raise already_decided(past)
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    raise DomainError(ErrorCode.STALE_VERSION)


def already_decided(past: PastAct) -> DomainError:
    """The refusal that names who decided, what, and when."""
    verb = past.verdict.value if past.verdict else past.act
    return DomainError(ErrorCode.ALREADY_DECIDED, who=past.actor_name, when=past.at.isoformat(), verb=verb)


def check_person(state: ApprovalState, task: OpenTask, act: Act) -> None:
    """Right person, not the declarant, not the one of the step before (四眼原则)."""
    assigned = task.assignee_id == act.actor_id
    posted = any(post.role is task.role and post.institution_code == task.institution_code for post in act.posts)
    if not (assigned or (task.assignee_id is None and posted)):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)
    if task.step == NOBODY_TO_ACT:
        return
    if act.actor_id == state.declared_by:
        raise DomainError(ErrorCode.OWN_CASE)
    if act.actor_id in barred_people(state):
        raise DomainError(ErrorCode.CONSECUTIVE_STEP)


def barred_people(state: ApprovalState) -> frozenset[UUID]:
    """Who may not take the open step whatever post they hold: the declarant and whoever took the step before."""
    took = [past.actor_id for past in state.acts if past.act in {"declare", "decide", "resubmit"}]
    return frozenset({state.declared_by, *took[-1:]})


def check_decide(state: ApprovalState, act: Decide) -> None:
    """Everything that can refuse a decision; the page calls it too, to leave a button out."""
    task = task_of(state, act.task_id)
    check_person(state, task, act)
    if act.version != task.version:
        raise DomainError(ErrorCode.STALE_VERSION)
    if task.step == NOBODY_TO_ACT:
        return
    if act.verdict is not Verdict.APPROVE and not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    _VERDICT_CHECKS[act.verdict](state, act)


def _check_approve(state: ApprovalState, act: Decide) -> None:
    falls_to_silver = state.tier is Tier.GOLD and act.approve_as is Tier.SILVER and is_final(state, state.stage)
    if act.approve_as not in {None, state.tier} and not falls_to_silver:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def _check_reject(state: ApprovalState, _: Decide) -> None:
    if not step_of(state, state.stage).may_reject:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def _check_return(state: ApprovalState, act: Decide) -> None:
    if (act.return_to or Stage.DECLARED) not in earlier_stages(state):
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if state.round >= state.max_rounds:
        raise DomainError(ErrorCode.TOO_MANY_ROUNDS, max=state.max_rounds)


_VERDICT_CHECKS: dict[Verdict, Callable[[ApprovalState, Decide], None]] = {
    Verdict.APPROVE: _check_approve,
    Verdict.REJECT: _check_reject,
    Verdict.RETURN: _check_return,
}


def decide(state: ApprovalState, act: Decide, at: datetime) -> ApprovalState:
    """The state after a decision. Its next task is not open yet; a terminal state carries its outcome."""
    check_decide(state, act)
    task = task_of(state, act.task_id)
    if task.step == NOBODY_TO_ACT:
        rest = tuple(other for other in state.tasks if other.task_id != act.task_id)
        return _after(state, act, at, "acknowledge", {"tasks": rest}, task_id=act.task_id)
    moves = {Verdict.APPROVE: _approved, Verdict.REJECT: _rejected, Verdict.RETURN: _returned}
    change = {"tasks": (), **moves[act.verdict](state, act)}
    return _after(state, act, at, "decide", change, task_id=act.task_id, verdict=act.verdict)


def _approved(state: ApprovalState, act: Decide) -> dict[str, object]:
    following = next_step(state, state.stage)
    if following is not None:
        opened = state.branch_approval_opened or following.stage is state.withdraw_until
        return {"stage": following.stage, "branch_approval_opened": opened}
    silver = act.approve_as is Tier.SILVER and state.tier is Tier.GOLD
    seat = {"tier": Tier.SILVER, "seat_kind": SeatKind.SILVER} if silver else {}
    return {"stage": Stage.ACTIVE, "outcome": Outcome.APPROVED, **seat}


def _rejected(_: ApprovalState, __: Decide) -> dict[str, object]:
    return {"stage": Stage.REJECTED, "outcome": Outcome.REJECTED}


def _returned(state: ApprovalState, act: Decide) -> dict[str, object]:
    target = act.return_to or Stage.DECLARED
    return {"stage": Stage.RETURNED if target is Stage.DECLARED else target, "round": state.round + 1}


def check_correct(state: ApprovalState, act: Correct) -> None:
    """A reviewer may correct facts only on the open task of a step that allows it."""
    task = task_of(state, act.task_id)
    check_person(state, task, act)
    if task.step == NOBODY_TO_ACT or not step_of(state, state.stage).may_correct_facts:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    if act.version != task.version:
        raise DomainError(ErrorCode.STALE_VERSION)
    if not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    if not act.corrections:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1)


def correct(state: ApprovalState, act: Correct, at: datetime) -> ApprovalState:
    """The same step with a newer task version: whoever looked at the old facts must look again."""
    check_correct(state, act)
    tasks = tuple(
        task.model_copy(update={"version": task.version + 1}) if task.task_id == act.task_id else task
        for task in state.tasks
    )
    return _after(state, act, at, "correct", {"tasks": tasks})


def check_resubmit(state: ApprovalState, act: Resubmit) -> None:
    """The declarant while the case is returned to it; a colleague of its post once the records handed it over."""
    heir = any(p.role is Role.MGR and p.institution_code == state.declarant_institution for p in act.posts)
    _check_declarant(state, state.declared_by if heir else act.actor_id, act.version)
    if state.stage is not Stage.RETURNED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def resubmit(state: ApprovalState, act: Resubmit, at: datetime) -> ApprovalState:
    """From the first step again, in the round that the return opened."""
    check_resubmit(state, act)
    first = steps_taken(state)[0].stage
    opened = state.branch_approval_opened or first is state.withdraw_until
    task_id = state.tasks[0].task_id if state.tasks else None
    change = {"stage": first, "tasks": (), "branch_approval_opened": opened}
    return _after(state, act, at, "resubmit", change, task_id=task_id)


def check_withdraw(state: ApprovalState, act: Withdraw) -> None:
    """By the declarant until branch approval opened, and whenever the case was returned to it."""
    _check_declarant(state, act.actor_id, act.version)
    if state.branch_approval_opened and state.stage is not Stage.RETURNED:
        raise DomainError(ErrorCode.TOO_LATE_TO_WITHDRAW)


def withdraw(state: ApprovalState, act: Withdraw, at: datetime) -> ApprovalState:
    """The case ends as withdrawn; every open task goes with it."""
    check_withdraw(state, act)
    change: dict[str, object] = {"stage": Stage.WITHDRAWN, "outcome": Outcome.WITHDRAWN, "tasks": ()}
    return _after(state, act, at, "withdraw", change)


def _check_declarant(state: ApprovalState, actor_id: UUID, version: int) -> None:
    if state.outcome is not None:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    if actor_id != state.declared_by:
        raise DomainError(ErrorCode.NOT_ALLOWED, who="declarant")
    if version != state.version:
        raise DomainError(ErrorCode.STALE_VERSION)


_ActName = Literal["declare", "decide", "resubmit", "withdraw", "correct", "acknowledge"]


def _after(
    state: ApprovalState,
    act: Act,
    at: datetime,
    name: _ActName,
    change: dict[str, object],
    *,
    task_id: UUID | None = None,
    verdict: Verdict | None = None,
) -> ApprovalState:
    past = PastAct(
        step_no=state.step_no + 1,
        act=name,
        stage=state.stage,
        round=state.round,
        task_id=task_id,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        verdict=verdict,
        at=at,
    )
    common = {"step_no": state.step_no + 1, "version": state.version + 1, "acts": (*state.acts, past)}
    return state.model_copy(update={**common, **change})
