"""Who may act on a task: holder of the task, four eyes (四眼原则), whose turn it is."""

from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, Act, ApprovalState, OpenTask, PassedStep, PastAct
from models.messages.handing import Target
from models.rules.approval.history import people_of, refuse_without_reason
from models.rules.approval.route import steps_taken
from models.types import SYSTEM_SLA_ID, Door, Role, Stage

DECLARED = Stage.DECLARED.value
"""Step of the task that asks the declarant to resubmit."""


def check_person(state: ApprovalState, task: OpenTask, act: Act) -> None:
    """Everything about the person that can refuse a signature: holder, four eyes, and whether it is its turn."""
    check_holder(task, act)
    if task.step == NOBODY_TO_ACT:
        return
    check_four_eyes(state, act)
    check_turn(state, task)


def check_holder(task: OpenTask, act: Act) -> None:
    """The assignee or its stand-in, or any holder of the post while nobody is assigned. A delegated task is away."""
    assigned = task.assignee_id in people_of(act)
    posted = any(post.role is task.role and post.institution_code == task.institution_code for post in act.posts)
    if not (assigned or (task.assignee_id is None and posted)):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)
    if task.delegate_id is not None:
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.delegate_name or task.role.value)


def check_four_eyes(state: ApprovalState, act: Act) -> None:
    """Never on one's own case, never two steps running; a stand-in is refused for either of the two."""
    if state.declared_by in people_of(act):
        raise DomainError(ErrorCode.OWN_CASE)
    if barred_people(state) & people_of(act):
        raise DomainError(ErrorCode.CONSECUTIVE_STEP)


def check_turn(state: ApprovalState, task: OpenTask) -> None:
    """A task behind 前加签 waits: it belongs to the added signers first."""
    if not task.waiting:
        return
    signers = {signer.signer_id: signer for signer in state.step.signers} if state.step else {}
    own = signers.get(task.signer_id)
    first = next((signers[name].name for name in (own.waits_for if own else ()) if name in signers), "")
    raise DomainError(ErrorCode.NOT_YOUR_TASK, who=first or task.role.value)


def barred_people(state: ApprovalState) -> frozenset[UUID]:
    """Who may not sign the open step whatever post they hold.

    The declarant and whoever resubmitted in its place; whoever acted last; everyone who signed the step before, the
    open step, or the step right behind it if its sign-offs were kept. Each with whom it stood in for.
    """
    signed = [one for passed in _neighbours(state) for one in passed.sign_offs]
    signed += state.step.sign_offs if state.step else ()
    hands = [*(people_of(past) for past in _took(state)), *(people_of(one) for one in signed)]
    return frozenset({state.declared_by}).union(*hands) - {SYSTEM_SLA_ID}


def _took(state: ApprovalState) -> tuple[PastAct, ...]:
    """The last decision or resubmission before the open step, and every resubmission.

    Signatures of the open step bar by standing on it: those taken back, or given under other facts, bar nobody.
    """
    here = (state.stage, state.round)
    acts = [past for past in state.acts if past.act in {"declare", "decide", "resubmit"}]
    before = [past for past in acts if past.act != "decide" or (past.stage, past.round) != here]
    # Acts without a door are older than this rule; what was decided by them must replay.
    return (*before[-1:], *(past for past in acts if past.act == "resubmit" and past.door is not None))


def _neighbours(state: ApprovalState) -> tuple[PassedStep, ...]:
    """Approved steps right before and right behind the open one."""
    places = {step.stage: place for place, step in enumerate(steps_taken(state))}
    here = places.get(state.stage)
    if here is None:
        return ()
    return tuple(passed for passed in state.passed if abs(places[passed.stage] - here) == 1)


def check_operations(state: ApprovalState, act: Act) -> None:
    """Operations may step in on any case but its own, with a reason: everybody can see it did."""
    if not any(post.role is Role.OPS for post in act.posts):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.OPS.value)
    if state.declared_by in people_of(act):
        raise DomainError(ErrorCode.OWN_CASE)
    refuse_without_reason(act)


def is_automatic(act: Act) -> bool:
    """Whether the clock decides (自动决定), not a person."""
    return act.actor_id == SYSTEM_SLA_ID and act.door is Door.SYSTEM


def check_target(state: ApprovalState, task: OpenTask, act: Act, to: Target) -> None:
    """Who is handed a signature: authorised, not the declarant, not barred, not the actor, one seat a person."""
    seats = state.step.signers if state.step else ()
    elsewhere = {seat.account_id for seat in seats if seat.signer_id != task.signer_id}
    barred = barred_people(state) | elsewhere | people_of(act) | {task.assignee_id}
    if not to.authorised or to.account_id in barred:
        raise bad_target(to)


def bad_target(to: Target) -> DomainError:
    """The refusal that names the person."""
    return DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=to.name)
