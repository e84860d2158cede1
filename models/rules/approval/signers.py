"""前加签 / 后加签 / 减签: one more obligatory signature around one's own, or one less."""

from datetime import datetime
from uuid import UUID

from models.errors import DomainError, ErrorCode
from models.messages.approval import NOBODY_TO_ACT, ApprovalState, OpenTask, Signer, StepState
from models.messages.handing import AddSigner, RemoveSigner
from models.rules.approval.history import accepted, people_of, refuse_stale, task_of
from models.rules.approval.normal import normalised, open_step
from models.rules.approval.people import DECLARED, bad_target, barred_people, check_four_eyes, check_holder
from models.rules.approval.signing import resettled, result
from models.types import AddedPosition


def check_add_signer(state: ApprovalState, act: AddSigner) -> None:
    """By a holder who may sign; the added one is nobody whom four eyes refuse, and no signer of the step already."""
    state = normalised(state)
    task = _task(state, act)
    check_holder(task, act)
    check_four_eyes(state, act)
    refuse_stale(task, act.version)
    if act.to.account_id in barred_people(state) | people_of(act) | _seated(state):
        raise bad_target(act.to)


def add_signer(state: ApprovalState, act: AddSigner, at: datetime) -> ApprovalState:
    """One more seat beside the actor's; with 前加签 the actor's own task waits for it."""
    check_add_signer(state, act)
    state = normalised(state)
    step, own = open_step(state), task_of(state, act.task_id).signer_id
    place = next(number for number, seat in enumerate(step.signers) if seat.signer_id == own)
    seat, before = _new_seat(state, act, own), act.position is AddedPosition.BEFORE
    mine = step.signers[place]
    if before:
        mine = mine.model_copy(update={"waits_for": (*mine.waits_for, seat.signer_id)})
    pair = (seat, mine) if before else (mine, seat)
    seats = (*step.signers[:place], *pair, *step.signers[place + 1 :])
    change = _with_seats(state, step.model_copy(update={"signers": seats}))
    return accepted(state, act, at, "add_signer", change, to_name=act.to.name)


def check_remove_signer(state: ApprovalState, act: RemoveSigner) -> None:
    """An added seat, by who added it, before it signed; and never where that would decide the step."""
    state = normalised(state)
    task = _task(state, act)
    step = open_step(state)
    seat = next((one for one in step.signers if one.signer_id == act.signer_id), None)
    if seat is None or seat.added_by is None:
        raise DomainError(ErrorCode.SIGNER_CANNOT_BE_REMOVED)
    if seat.added_by not in people_of(act):
        raise DomainError(ErrorCode.NOT_YOUR_TASK, who=task.role.value)
    refuse_stale(task, act.version)
    signed = any(one.signer_id == seat.signer_id for one in step.sign_offs)
    if signed or result(_without(step, seat)) is not None:
        raise DomainError(ErrorCode.SIGNER_CANNOT_BE_REMOVED)


def remove_signer(state: ApprovalState, act: RemoveSigner, at: datetime) -> ApprovalState:
    """The seat is gone with its task; nobody waits for it any more."""
    check_remove_signer(state, act)
    state = normalised(state)
    step = open_step(state)
    seat = next(one for one in step.signers if one.signer_id == act.signer_id)
    change = _with_seats(state, _without(step, seat))
    closed = tuple(task.task_id for task in state.tasks if task.signer_id == seat.signer_id and _of_step(task, step))
    return accepted(state, act, at, "remove_signer", change, closed=closed, to_name=seat.name)


def _task(state: ApprovalState, act: AddSigner | RemoveSigner) -> OpenTask:
    task = task_of(state, act.task_id)
    if task.step in {NOBODY_TO_ACT, DECLARED}:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=state.stage.value)
    return task


def _seated(state: ApprovalState) -> frozenset[UUID | None]:
    """People who hold a seat of the step, or the task of one."""
    step = open_step(state)
    return frozenset(
        {
            *(seat.account_id for seat in step.signers),
            *(task.assignee_id for task in state.tasks if _of_step(task, step)),
        }
    )


def _new_seat(state: ApprovalState, act: AddSigner, own: str) -> Signer:
    """`a1`, `a2`... counted over the round, so that the name of a removed seat is never given again."""
    added = sum(
        past.act == "add_signer" and (past.stage, past.round) == (state.stage, state.round) for past in state.acts
    )
    return Signer(
        signer_id=f"a{added + 1}",
        institution_code=task_of(state, act.task_id).institution_code,
        account_id=act.to.account_id,
        name=act.to.name,
        added_by=act.on_behalf_of or act.actor_id,
        waits_for=(own,) if act.position is AddedPosition.AFTER else (),
    )


def _without(step: StepState, gone: Signer) -> StepState:
    seats = tuple(
        seat.model_copy(update={"waits_for": tuple(name for name in seat.waits_for if name != gone.signer_id)})
        for seat in step.signers
        if seat.signer_id != gone.signer_id
    )
    return step.model_copy(update={"signers": seats})


def _with_seats(state: ApprovalState, step: StepState) -> dict[str, object]:
    """Every signer sees another step now, so every open task of it gets a newer version."""
    newer = tuple(
        task.model_copy(update={"version": task.version + 1}) if _of_step(task, step) else task for task in state.tasks
    )
    return {"step": step, "tasks": resettled(step, newer)}


def _of_step(task: OpenTask, step: StepState) -> bool:
    return task.step == step.stage.value
