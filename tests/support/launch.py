"""A launch on an engine, and the people who work on it."""

from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from models.identifiers import ROLLOUT, rollout_id
from models.messages.approval import Answered, PostRef
from models.messages.handing import Target
from models.messages.rollout import (
    CancelRollout,
    CompletePart,
    LaunchRollout,
    PartTask,
    PlanRollout,
    ReassignPart,
    RescheduleItem,
    RolloutAct,
    RolloutState,
    StartRollout,
)
from models.tables.columns import new_id
from models.types import Door, Outcome, Role
from tests.support.engine import Refused
from tests.support.world import World
from workflows.options import TASK_TIMEOUT

_numbers = count(1)
BRANCHES = ("BJ", "SH")


class Launch:
    """A running launch."""

    def __init__(self, world: World, handle: WorkflowHandle[object, Outcome], case_id: UUID) -> None:
        self.world, self.handle, self.case_id = world, handle, case_id

    async def state(self) -> RolloutState:
        """As the workflow holds it."""
        state: RolloutState = await self.handle.query("state", result_type=RolloutState)
        return state

    async def launch(self, login: str = "hq-vip") -> Answered:
        """启动."""
        return await self.send(LaunchRollout(**who(self.world, login), version=(await self.state()).version))

    async def replan(self, **change: Any) -> Answered:
        """The draft with changes."""
        state = await self.state()
        kept = {"start_on": state.start_on, "branches": state.branches, "items": state.items}
        act = PlanRollout(**who(self.world, "hq-vip"), version=state.version, **{**kept, **change})
        return await self.send(act)

    async def move(self, number: int, from_on: date, to_on: date, comment: str = "培训场地有变") -> Answered:
        """改期."""
        version = (await self.state()).version
        fields = {**who(self.world, "hq-vip"), "comment": comment}
        return await self.send(RescheduleItem(**fields, version=version, number=number, from_on=from_on, to_on=to_on))

    async def complete(self, task: PartTask, login: str, comment: str = "已完成", **fields: Any) -> Answered:
        """完成 of one part."""
        return await self.send(self.completing(task, login, comment, **fields))

    def completing(self, task: PartTask, login: str, comment: str = "已完成", **fields: Any) -> CompletePart:
        """Such an act, to send."""
        known = {**who(self.world, login), "comment": comment, **fields}
        return CompletePart(**known, task_id=task.task_id, version=task.version)

    async def reassign(self, task: PartTask, to: str, comment: str = "原负责人外出") -> Answered:
        """改派."""
        target = Target(account_id=self.world.accounts[to], name=self.world.name(to), authorised=True)
        fields = {**who(self.world, "hq-vip"), "comment": comment}
        return await self.send(ReassignPart(**fields, task_id=task.task_id, version=task.version, to=target))

    async def cancel(self, comment: str = "推迟到明年") -> Answered:
        """取消."""
        fields = {**who(self.world, "hq-vip"), "comment": comment}
        return await self.send(CancelRollout(**fields, version=(await self.state()).version))

    async def open_parts(self, number: int) -> tuple[PartTask, ...]:
        """Open tasks of one piece of work."""
        return tuple(task for task in (await self.state()).tasks if task.part.number == number)

    async def do_all(self, *numbers: int) -> None:
        """Every open part of some pieces of work, each by a holder of the post it waits at."""
        for number in numbers:
            for task in await self.open_parts(number):
                await self.complete(task, holder(self.world, task))

    async def send(self, act: RolloutAct) -> Answered:
        """Send under its own id. Raises Refused."""
        try:
            answer: Answered = await self.handle.execute_update("lead", act, id=act.update_id, result_type=Answered)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError):
                raise Refused(error.cause) from error
            raise
        return answer


def holder(world: World, task: PartTask) -> str:
    """Somebody who has the task's post."""
    return next(login for login in world.accounts if world.post(login) == (task.role, task.institution_code))


def who(world: World, login: str, post: tuple[Role, str] | None = None) -> dict[str, Any]:
    """Who acts, as every act carries it."""
    role, code = post or world.post(login)
    return {
        "update_id": f"{world.accounts[login]}:launch-{next(_numbers)}",
        "content_hash": "x",
        "actor_id": world.accounts[login],
        "actor_name": world.name(login),
        "posts": (PostRef(role=role, institution_code=code),),
        "door": Door.API,
    }


async def open_launch(
    client: Client,
    world: World,
    start_on: date,
    queue: str,
    *,
    login: str = "hq-vip",
    branches: tuple[str, ...] = BRANCHES,
) -> Launch:
    """Open a draft as the gateway does. Raises Refused."""
    case_id = new_id()
    start = StartRollout(
        **who(world, login), case_id=case_id, workflow_id=rollout_id(case_id), start_on=start_on, branches=branches
    )
    operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
        ROLLOUT,
        start,
        id=start.workflow_id,
        task_queue=queue,
        result_type=Outcome,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        await client.execute_update_with_start_workflow(
            "opened", id=start.update_id, start_workflow_operation=operation, result_type=Answered
        )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError):
            raise Refused(error.cause) from error
        raise
    return Launch(world, await operation.workflow_handle(), case_id)
