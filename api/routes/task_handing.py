"""`/tasks/{task_id}`: handing the task over, more or fewer signers, taking back, its clock, operations."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from api import chain_acts
from api.chain_acts import Judgement
from api.deps import Action
from api.routes.sending import Sending, sending
from api.schemas.cases import DecidedAnswer
from api.schemas.desk import (
    AddSignerBody,
    HandBackBody,
    HandBody,
    OverrideBody,
    PauseBody,
    ReassignBody,
    RemoveSignerBody,
    ResumeBody,
    TakeBackBody,
)

router = APIRouter(prefix="/tasks", tags=["tasks"])
ActorDep = Annotated[Sending, sending(Action.ACT_ON_TASKS)]
OperationsDep = Annotated[Sending, sending(Action.MANAGE_OPS)]


@router.post("/{task_id}/transfer")
async def transfer(task_id: UUID, body: HandBody, by: ActorDep) -> DecidedAnswer:
    """转办: the task is theirs now; the clock runs on."""
    act = partial(chain_acts.transfer, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("transfer", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/delegate")
async def delegate(task_id: UUID, body: HandBody, by: ActorDep) -> DecidedAnswer:
    """委派: they advise, then the task returns."""
    act = partial(chain_acts.delegate, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("delegate", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/delegate-return")
async def hand_back(task_id: UUID, body: HandBackBody, by: ActorDep) -> DecidedAnswer:
    """交回 by the delegate with its advice, or called back by who delegated."""
    act = partial(chain_acts.hand_back, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("delegate-return", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/add-signer")
async def add_signer(task_id: UUID, body: AddSignerBody, by: ActorDep) -> DecidedAnswer:
    """前加签 / 后加签: one more obligatory signature."""
    act = partial(chain_acts.add_signer, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("add-signer", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/remove-signer")
async def remove_signer(task_id: UUID, body: RemoveSignerBody, by: ActorDep) -> DecidedAnswer:
    """减签 of a signer that the caller added and that has not signed."""
    act = partial(chain_acts.remove_signer, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("remove-signer", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/take-back")
async def take_back(task_id: UUID, body: TakeBackBody, by: ActorDep) -> DecidedAnswer:
    """撤回 of the decision on this task, until anybody acted after it; `next_task_id` is the task to decide anew."""
    act = partial(chain_acts.take_back, by.caller, task_id=task_id, comment=body.comment)
    return await by.on_task("take-back", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/pause")
async def pause(task_id: UUID, body: PauseBody, by: ActorDep) -> DecidedAnswer:
    """暂停 of the clock, with its reason."""
    act = partial(chain_acts.pause_clock, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("pause", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/resume")
async def resume(task_id: UUID, body: ResumeBody, by: ActorDep) -> DecidedAnswer:
    """恢复 of the clock: the deadline moves on by the paused office time."""
    act = partial(chain_acts.resume_clock, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("resume", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/reassign")
async def reassign(task_id: UUID, body: ReassignBody, by: OperationsDep) -> DecidedAnswer:
    """改派 by operations, with a reason."""
    act = partial(chain_acts.reassign, by.caller, task_id=task_id, **body.model_dump())
    return await by.on_task("reassign", task_id, body, lambda key: act(key=key))


@router.post("/{task_id}/override")
async def override(task_id: UUID, body: OverrideBody, by: OperationsDep) -> DecidedAnswer:
    """运营干预: a decision by operations with a reason, always marked."""
    judgement = Judgement(**body.model_dump())
    return await by.on_task(
        "override", task_id, body, lambda key: chain_acts.override(by.caller, key, task_id, judgement)
    )
