"""Acts: starts and updates, and what the engine's errors on the way mean."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetActivityRequest
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.gateway.reads import READ_DEADLINE, EngineReads
from api.watch.calls import timed_call
from models.database import in_write_transaction
from models.errors import DomainError, ErrorCode
from models.identifiers import (
    APPROVAL,
    CARE_TOUCHPOINT,
    COMPLAINT,
    GREEN_CHANNEL,
    PERIOD_CLOSE,
    QUALIFICATION,
    QUOTA_SEASON,
    ROLLOUT,
    SURVEY,
    calendar_publish_id,
)
from models.messages.approval import Answered
from models.messages.calendar_publication import PublishCalendar
from models.messages.envelope import (
    Envelope,
    ProgrammeUpdate,
    SeasonStart,
    ServiceStart,
    Starting,
    SurveyStart,
    SurveyUpdate,
    Updating,
)
from models.messages.membership import MembershipAnswered
from models.messages.qualification import MembershipGrant
from models.messages.season import MoveSeason, SeasonAnswered
from models.messages.survey import SurveyAnswered
from workflows import granting
from workflows.calendar_publish import CalendarPublishWorkflow
from workflows.options import TASK_TIMEOUT

ANSWER_DEADLINE_SECONDS = 6.0
"""More than the sticky time-out plus two seconds; the caller hears within eight, whatever happens."""
HEALTH_TIMEOUT = timedelta(seconds=1)
REACHABLE_FOR_SECONDS = 1.0

_ENDED_FIRST = "AcceptedUpdateCompletedWorkflow"
"""What the engine says of an act that was taken by a run which ended before it answered: the records know the rest."""

_log = structlog.get_logger(__name__)


Answer: TypeAlias = Answered | SeasonAnswered | MembershipAnswered | SurveyAnswered
"""What workflows answer to an act."""
_WORKFLOWS = {
    "start": QUALIFICATION,
    "season_start": QUOTA_SEASON,
    "approval_start": APPROVAL,
    "rollout_start": ROLLOUT,
    "period_close_start": PERIOD_CLOSE,
    "survey_start": SURVEY,
}
_STARTED: dict[type[Starting], type[Answer]] = {SeasonStart: SeasonAnswered, SurveyStart: SurveyAnswered}
"""What a start is answered with, where it is no case."""
_SERVICES = {"green_channel": GREEN_CHANNEL, "complaint": COMPLAINT, "touchpoint": CARE_TOUCHPOINT}


class WorkflowGoneError(Exception):
    """The engine knows no running workflow of that id: the records tell what became of it."""


class Gateway(EngineReads):
    """Sends starts and updates, and turns every answer into a result or a domain error."""

    def __init__(self, client: Client, task_queue: str) -> None:
        super().__init__(client)
        self._task_queue = task_queue
        self._reachable_until = 0.0

    @cached_property
    def unseen(self) -> dict[UUID, datetime]:
        """Kept requests that this process sent without hearing what became of them, by their id, and when."""
        return {}

    async def healthy(self) -> bool:
        """Whether the engine answers within a second."""
        try:
            return bool(await self._client.service_client.check_health(timeout=HEALTH_TIMEOUT))
        except (RPCError, RuntimeError):
            return False

    async def send(self, envelope: Envelope) -> Answer:
        """Send and wait for the answer.

        Raises the workflow's refusal, ENGINE_UNAVAILABLE (nothing was sent), NOT_YET_CONFIRMED (sent, outcome
        unknown), or WorkflowGoneError.
        """
        with timed_call(envelope.kind):
            return await self._send(envelope)

    async def _send(self, envelope: Envelope) -> Answer:
        await self._ensure_reachable()
        with _translated():
            async with asyncio.timeout(ANSWER_DEADLINE_SECONDS):
                answer = await self._deliver(envelope)
        self._reachable_until = time.monotonic() + REACHABLE_FOR_SECONDS
        return answer

    async def tell_calendar(self, publication_id: UUID) -> None:
        """Start `calendar-publish`; one that runs already goes on.

        Raises ENGINE_UNAVAILABLE, NOT_YET_CONFIRMED, or WorkflowGoneError when it has run.
        """
        await self._ensure_reachable()
        with _translated():
            async with asyncio.timeout(ANSWER_DEADLINE_SECONDS):
                await self._client.start_workflow(
                    CalendarPublishWorkflow.run,
                    PublishCalendar(publication_id=publication_id),
                    id=calendar_publish_id(publication_id),
                    task_queue=self._task_queue,
                    task_timeout=TASK_TIMEOUT,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                )

    async def retry(self, workflow_id: str) -> tuple[str, ...]:
        """重试: activities that fail are tried again at once, counted from the first try; gives their names.

        One that has gone through by itself since it was looked at is not among them. Raises ENGINE_UNAVAILABLE,
        NOT_YET_CONFIRMED, or WorkflowGoneError when the run is over.
        """
        await self._ensure_reachable()
        with _translated():
            found = await self._client.get_workflow_handle(workflow_id).describe(rpc_timeout=READ_DEADLINE)
            failing = [pending for pending in found.raw_description.pending_activities if pending.attempt > 1]
            again = [one.activity_type.name for one in failing if await self._reset(workflow_id, one.activity_id)]
        return tuple(again)

    async def _reset(self, workflow_id: str, activity_id: str) -> bool:
        """Whether the activity was still there to be tried again."""
        execution = WorkflowExecution(workflow_id=workflow_id)
        request = ResetActivityRequest(namespace=self._client.namespace, execution=execution, id=activity_id)
        try:
            await self._client.workflow_service.reset_activity(request, timeout=READ_DEADLINE)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def grant(self, grant: MembershipGrant) -> None:
        """Tell a membership of a term, or start it by that; it ignores what it knows.

        Raises ENGINE_UNAVAILABLE, NOT_YET_CONFIRMED.
        """
        await self._ensure_reachable()
        with _translated():
            await granting.grant(self._client, self._task_queue, grant)

    async def terminate(self, workflow_id: str, run_id: str, reason: str) -> None:
        """终止: this very run ends at once; its workflow is not asked. Nothing to do where it is over.

        Raises ENGINE_UNAVAILABLE, NOT_YET_CONFIRMED.
        """
        await self._ensure_reachable()
        with suppress(WorkflowGoneError), _translated():
            handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
            await handle.terminate(reason=reason, rpc_timeout=READ_DEADLINE)

    async def _deliver(self, envelope: Envelope) -> Answer:
        if isinstance(envelope, Updating):
            return await self._update(envelope)
        return await self._start(envelope)

    async def _ensure_reachable(self) -> None:
        if in_write_transaction():
            raise RuntimeError("no transaction may be held during an engine call (decisions.md 1)")
        # Asked before sending, so that "nothing was sent" is a fact and not a guess from an error.
        if time.monotonic() < self._reachable_until:
            return
        if not await self.healthy():
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)

    async def _start(self, envelope: Starting) -> Answer:
        start = envelope.act
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            _type_of(envelope),
            start,
            id=start.workflow_id,
            task_queue=self._task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        )
        answer: Answer = await self._client.execute_update_with_start_workflow(
            "opened",
            id=start.update_id,
            start_workflow_operation=operation,
            result_type=_STARTED.get(type(envelope), Answered),
        )
        return answer

    async def _update(self, envelope: Updating) -> Answer:
        handle = self._client.get_workflow_handle(envelope.workflow_id)
        answer: Answer = await handle.execute_update(
            envelope.kind, envelope.act, id=envelope.act.update_id, result_type=_answer_type(envelope)
        )
        return answer


def _type_of(envelope: Starting) -> str:
    if isinstance(envelope, ServiceStart):
        return _SERVICES[envelope.act.kind]
    return _WORKFLOWS[envelope.kind]


def _answer_type(envelope: Updating) -> type[Answer]:
    if isinstance(envelope, SurveyUpdate):
        return SurveyAnswered
    if not isinstance(envelope, ProgrammeUpdate):
        return Answered
    return SeasonAnswered if isinstance(envelope.act, MoveSeason) else MembershipAnswered


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise _refusal(error) from error
    except WorkflowAlreadyStartedError as error:
        raise WorkflowGoneError from error
    except (WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError) as error:
        raise DomainError(ErrorCode.NOT_YET_CONFIRMED) from error
    except RPCError as error:
        raise _rpc(error) from error
    except RuntimeError as error:  # a lazy client that could not connect
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error


def _refusal(error: WorkflowUpdateFailedError) -> Exception:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type == _ENDED_FIRST:
        return WorkflowGoneError()
    if isinstance(cause, ApplicationError) and cause.type in set(ErrorCode):
        return DomainError(ErrorCode(cause.type), **(cause.details[0] if cause.details else {}))
    _log.error("update failed outside the domain", cause=type(cause).__name__)
    return DomainError(ErrorCode.INTERNAL_ERROR)


def _rpc(error: RPCError) -> Exception:
    if error.status is RPCStatusCode.NOT_FOUND:
        return WorkflowGoneError()
    if error.status is RPCStatusCode.INVALID_ARGUMENT:
        _log.error("engine refused the request", status=error.status.name)
        return DomainError(ErrorCode.INTERNAL_ERROR)
    return DomainError(ErrorCode.NOT_YET_CONFIRMED)
