"""What operations asks the engine: how a run stands, its state, and which runs there are. Nothing is changed here."""

from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.gateway.history import History, read_history
from models.errors import DomainError, ErrorCode
from workflows.search_attributes import STATE_SEQ

READ_DEADLINE = timedelta(seconds=5)
PAGE = 500

StateT = TypeVar("StateT", bound=BaseModel)


class RunStatus(StrEnum):
    """How a run stands. `gone`: the engine knows nothing of it, or its history was deleted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    TIMED_OUT = "timed_out"
    GONE = "gone"


_STATUS = {
    WorkflowExecutionStatus.RUNNING: RunStatus.RUNNING,
    WorkflowExecutionStatus.COMPLETED: RunStatus.COMPLETED,
    WorkflowExecutionStatus.FAILED: RunStatus.FAILED,
    WorkflowExecutionStatus.CANCELED: RunStatus.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: RunStatus.TERMINATED,
    WorkflowExecutionStatus.TIMED_OUT: RunStatus.TIMED_OUT,
    WorkflowExecutionStatus.CONTINUED_AS_NEW: RunStatus.RUNNING,
}
WITH_STATE = frozenset({RunStatus.RUNNING, RunStatus.COMPLETED})
"""What a run may be asked for its state in."""


class Trouble(NamedTuple):
    """What fails again and again: an activity by its name, or the workflow's own task (`activity` empty).

    `failure` is the kind of its last error, never its text, which may name people; `next_at` when it is tried again,
    None while it is being tried.
    """

    activity: str
    tries: int
    failure: str
    next_at: datetime | None


class Seen(NamedTuple):
    """Which run a look was at: `version` of the state it last told the engine, None before its first record."""

    run_id: str
    kind: str
    started_at: datetime
    version: int | None = None


class Look(NamedTuple, Generic[StateT]):
    """One look at a run. `answered`: it told its state, which is None before its first record stands."""

    status: RunStatus
    state: StateT | None = None
    answered: bool = False
    working: bool = False
    """An activity is on its way: its records may stand already."""
    trouble: Trouble | None = None
    seen: Seen | None = None
    """Of `standing` alone."""


class Run(NamedTuple):
    """A running workflow, as the engine lists it."""

    workflow_id: str
    kind: str
    started_at: datetime
    run_id: str = ""


class EngineReads:
    """Looks at runs. An engine that is away is ENGINE_UNAVAILABLE."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def look(self, workflow_id: str, state: type[StateT], query: str = "state") -> Look[StateT]:
        """How the run stands, and its state as `query` tells it, if the engine still can. Raises ENGINE_UNAVAILABLE."""
        handle = self._client.get_workflow_handle(workflow_id)
        found = await _described(handle)
        if found is None or found.status is None:
            return Look(RunStatus.GONE)
        status = _STATUS[found.status]
        working, trouble = bool(found.raw_description.pending_activities), await self._trouble(found)
        if status not in WITH_STATE:
            return Look(status, working=working)
        # A worker that is away, or cannot read the history, tells nothing: that is no difference.
        with suppress(RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
            told = await handle.query(query, result_type=state, rpc_timeout=READ_DEADLINE)
            return Look(status, told, answered=True, working=working, trouble=trouble)
        return Look(status, working=working, trouble=trouble)

    async def _trouble(self, found: WorkflowExecutionDescription) -> Trouble | None:
        """What is tried at least for the second time, the most often tried first."""
        raw = found.raw_description
        worst = max(raw.pending_activities, key=lambda pending: pending.attempt, default=None)
        if worst is not None and worst.attempt > 1:
            failure = await self._client.data_converter.decode_failure(worst.last_failure)
            next_at = worst.scheduled_time.ToDatetime(UTC) if worst.HasField("scheduled_time") else None
            return Trouble(worst.activity_type.name, worst.attempt, _kind_of(failure), next_at)
        if raw.pending_workflow_task.attempt > 1:
            return Trouble("", raw.pending_workflow_task.attempt, "", None)
        return None

    async def standing(self, workflow_id: str) -> Look[BaseModel]:
        """How the run stands and what fails, without asking its worker. Raises ENGINE_UNAVAILABLE."""
        found = await _described(self._client.get_workflow_handle(workflow_id))
        if found is None or found.status is None:
            return Look(RunStatus.GONE)
        working = bool(found.raw_description.pending_activities)
        status, trouble = _STATUS[found.status], await self._trouble(found)
        return Look(status, working=working, trouble=trouble, seen=_seen(found))

    async def history(self, workflow_id: str) -> History:
        """What happened in the run; nothing once its history is deleted. Raises ENGINE_UNAVAILABLE."""
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            found = await handle.fetch_history(rpc_timeout=READ_DEADLINE)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return History((), None)
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
        except RuntimeError as error:  # a lazy client that could not connect
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
        return await read_history(list(found.events), self._client.data_converter)

    async def running(self, kinds: Collection[str]) -> AsyncIterator[Run]:
        """Every running workflow of these kinds. Raises ENGINE_UNAVAILABLE."""
        names = ", ".join(f"'{kind}'" for kind in sorted(kinds))
        query = f"ExecutionStatus = 'Running' AND WorkflowType IN ({names})"
        try:
            async for found in self._client.list_workflows(query, page_size=PAGE):
                yield Run(found.id, found.workflow_type, found.start_time, found.run_id)
        except (RPCError, RuntimeError) as error:
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error


def _seen(found: WorkflowExecutionDescription) -> Seen:
    version = found.typed_search_attributes.get(STATE_SEQ)
    return Seen(found.run_id, found.workflow_type, found.start_time, version)


def _kind_of(failure: BaseException) -> str:
    """Empty for a failure that was too long for the engine, which keeps no more than that there was one."""
    return (failure.type or "") if isinstance(failure, ApplicationError) else ""


async def _described(handle: WorkflowHandle[object, object]) -> WorkflowExecutionDescription | None:
    try:
        return await handle.describe(rpc_timeout=READ_DEADLINE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
    except RuntimeError as error:  # a lazy client that could not connect
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
