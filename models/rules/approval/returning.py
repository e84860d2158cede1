"""重新提交 after a return: from the first step again, without asking those whose sign-off the change did not touch."""

from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState, OpenTask, PassedStep, Resubmit
from models.rules.approval.correcting import FACTS, judges
from models.rules.approval.history import accepted, people_of
from models.rules.approval.people import DECLARED
from models.rules.approval.route import next_step, position, step_of
from models.rules.approval.withdrawing import check_declarant
from models.types import Role, Stage, Verdict


def check_resubmit(state: ApprovalState, act: Resubmit) -> None:
    """The declarant while the case is returned to it, its stand-in, whom operations gave the task, or, once the
    records handed it over, a colleague of its post."""
    task = _own_task(state)
    heir = any(p.role is Role.MGR and p.institution_code == state.declarant_institution for p in act.posts)
    given = task is not None and task.assignee_id in people_of(act)
    stands_in = state.declared_by in people_of(act)
    check_declarant(state, state.declared_by if heir or given or stands_in else act.actor_id, act.version)
    if state.stage is not Stage.RETURNED:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)


def resubmit(state: ApprovalState, act: Resubmit, at: datetime) -> ApprovalState:
    """From the first step that has to sign again, in the round that the return opened."""
    check_resubmit(state, act)
    task, passed = _own_task(state), kept_sign_offs(state, act.changed)
    first = next_step(state.model_copy(update={"passed": passed}), Stage.DECLARED)
    if first is None:  # the step that returned the case never passed, so it is always left
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    opened = state.branch_approval_opened or first.stage is state.withdraw_until
    change: dict[str, object] = {
        "stage": first.stage,
        "step": None,
        "passed": passed,
        "tasks": (),
        "branch_approval_opened": opened,
    }
    closed = tuple(other.task_id for other in state.tasks if other is not task)
    return accepted(state, act, at, "resubmit", change, task_id=task.task_id if task else None, closed=closed)


def kept_sign_offs(state: ApprovalState, changed: tuple[str, ...]) -> tuple[PassedStep, ...]:
    """保留签批: approved steps that look at nothing of what changed, in the order of the route."""
    kept = [one.model_copy(update={"kept": True}) for one in state.passed if _untouched(state, one, changed)]
    return tuple(sorted(kept, key=lambda one: position(state, one.stage)))


def _untouched(state: ApprovalState, passed: PassedStep, changed: tuple[str, ...]) -> bool:
    """A correction since its signatures is a change of facts too."""
    step, signed_at = step_of(state, passed.stage), max(one.at for one in passed.sign_offs)
    corrected = any(past.act == "correct" and past.at >= signed_at for past in state.acts)
    approved = all(one.verdict is Verdict.APPROVE for one in passed.sign_offs)
    fields = {*changed, *((FACTS,) if corrected else ())}
    return approved and bool(step.looks_at) and not any(judges(step, field) for field in fields)


def _own_task(state: ApprovalState) -> OpenTask | None:
    return next((task for task in state.tasks if task.step == DECLARED), None)
