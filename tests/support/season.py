"""A quota season on an engine, and head office leading it."""

from itertools import count

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

from models.identifiers import QUOTA_SEASON, season_id
from models.messages.approval import PostRef
from models.messages.season import MoveSeason, OpenSeason, SeasonAnswered, SeasonState
from models.types import Door, SeasonPhase
from tests.support.engine import Refused
from tests.support.world import World
from workflows.options import TASK_TIMEOUT

_numbers = count(1)


class RunningSeason:
    """A season and who leads it."""

    def __init__(self, world: World, handle: WorkflowHandle[object, SeasonPhase], year: int) -> None:
        self.world, self.handle, self.year = world, handle, year

    async def state(self) -> SeasonState:
        """As the workflow holds it."""
        state: SeasonState = await self.handle.query("state", result_type=SeasonState)
        return state

    def act(
        self, to: SeasonPhase, version: int, *, login: str = "hq-vip", reason: str = "按日程", key: str = ""
    ) -> MoveSeason:
        """A move to send."""
        role, code = self.world.post(login)
        return MoveSeason(
            update_id=f"{self.world.accounts[login]}:{key or f'season-{next(_numbers)}'}",
            content_hash="x",
            actor_id=self.world.accounts[login],
            actor_name=self.world.name(login),
            posts=(PostRef(role=role, institution_code=code),),
            door=Door.API,
            comment=reason,
            version=version,
            to=to,
        )

    async def send(self, act: MoveSeason) -> SeasonAnswered:
        """Send under its own id. Raises Refused."""
        try:
            answer: SeasonAnswered = await self.handle.execute_update(
                "move", act, id=act.update_id, result_type=SeasonAnswered
            )
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError):
                raise Refused(error.cause) from error
            raise
        return answer

    async def through(self, *phases: SeasonPhase) -> None:
        """From phase to phase."""
        for phase in phases:
            await self.send(self.act(phase, (await self.state()).version))


async def open_season(client: Client, world: World, year: int, queue: str, *, login: str = "hq-vip") -> RunningSeason:
    """Open the season of a year as the gateway does. Raises Refused."""
    role, code = world.post(login)
    start = OpenSeason(
        update_id=f"{world.accounts[login]}:open-{next(_numbers)}",
        content_hash="x",
        actor_id=world.accounts[login],
        actor_name=world.name(login),
        posts=(PostRef(role=role, institution_code=code),),
        door=Door.API,
        comment="年度评定开始",
        year=year,
        workflow_id=season_id(year),
    )
    operation: WithStartWorkflowOperation[object, SeasonPhase] = WithStartWorkflowOperation(
        QUOTA_SEASON,
        start,
        id=start.workflow_id,
        task_queue=queue,
        result_type=SeasonPhase,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    )
    try:
        await client.execute_update_with_start_workflow(
            "opened", id=start.update_id, start_workflow_operation=operation, result_type=SeasonAnswered
        )
    except WorkflowUpdateFailedError as error:
        if isinstance(error.cause, ApplicationError):
            raise Refused(error.cause) from error
        raise
    return RunningSeason(world, await operation.workflow_handle(), year)
