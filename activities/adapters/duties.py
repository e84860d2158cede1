"""Starts of service cases and calls to memberships on the engine, at a rate that leaves room for people."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from models.identifiers import CARE_TOUCHPOINT, GREEN_CHANNEL, PERIOD_CLOSE
from models.messages.approval import Answered
from models.messages.membership import MembershipDue
from models.messages.quarter import StartPeriodClose
from models.messages.service import StartGreenChannel, StartTouchpoint

TASK_TIMEOUT = timedelta(seconds=3)
"""As of every workflow (decisions.md 4): what `workflows.options` says, which stands to the left of here."""

_log = structlog.get_logger(__name__)


class Pacer:
    """Lets callers through one by one, at most so many a second, whoever of one process they are."""

    def __init__(self) -> None:
        self._next = 0.0

    async def turn(self, per_second: int) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + 1 / per_second
        await asyncio.sleep(at - now)


@dataclass
class EngineDuties:
    """The engine as the sweep uses it; every worker process has one."""

    client: Client
    task_queue: str
    _starts: Pacer = field(default_factory=Pacer)
    _signals: Pacer = field(default_factory=Pacer)

    async def start_touchpoint(self, start: StartTouchpoint, per_second: int) -> bool:
        """Start its case; False when it runs or has run. One whose opening was refused may be started again."""
        return await self._start(CARE_TOUCHPOINT, start, per_second)

    async def start_close(self, start: StartPeriodClose, per_second: int) -> bool:
        """Start the close of a quarter, as above."""
        return await self._start(PERIOD_CLOSE, start, per_second)

    async def _start(self, workflow: str, start: StartTouchpoint | StartPeriodClose, per_second: int) -> bool:
        await self._starts.turn(per_second)
        try:
            await self.client.start_workflow(
                workflow,
                start,
                id=start.workflow_id,
                task_queue=self.task_queue,
                task_timeout=TASK_TIMEOUT,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def start_renewal(self, start: StartGreenChannel, per_second: int) -> bool:
        """Start the request and wait for its first record; False when it was refused."""
        await self._starts.turn(per_second)
        operation: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
            GREEN_CHANNEL,
            start,
            id=start.workflow_id,
            task_queue=self.task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        )
        try:
            await self.client.execute_update_with_start_workflow(
                "opened", id=start.update_id, start_workflow_operation=operation, result_type=Answered
            )
        except WorkflowUpdateFailedError as error:
            _log.warning("a renewal was refused", case_id=str(start.case_id), cause=type(error.cause).__name__)
            return False
        except WorkflowAlreadyStartedError:
            pass  # it has run to its end: its record is there
        return True

    async def call_due(self, workflow_id: str, message: MembershipDue, per_second: int) -> bool:
        """Signal `due`; False for a membership that the engine knows no more, which reconciliation finds."""
        await self._signals.turn(per_second)
        try:
            await self.client.get_workflow_handle(workflow_id).signal("due", message)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            _log.warning("no running membership to call", workflow_id=workflow_id)
            return False
        return True
