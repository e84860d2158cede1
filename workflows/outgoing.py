"""Starts a workflow for every delivery whose hour has come, and keeps the outbox short; runs beside the worker."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from models.database import Database
from models.identifiers import NOTIFICATION, notification_id
from models.messages.notifications import SendNotification
from models.services.notifications import sending
from models.stores.channels import DeliveryStore
from models.stores.messages import OutboxStore
from workflows.options import TASK_TIMEOUT

AT_ONCE = 50
KEEP_OUTBOX = timedelta(days=1)
TRIM_EVERY_SECONDS = 3600.0
LEASE = timedelta(minutes=5)
"""A workflow is done with an attempt long before: whoever has not been by then is asked for."""
LOOK_AFTER_SECONDS = 60.0

_log = structlog.get_logger(__name__)


async def dispatch_due(client: Client, database: Database, task_queue: str, now: datetime) -> int:
    """Start what is due; gives how many runs were started. One run per delivery: starting twice is none."""
    waiting = await asyncio.to_thread(_due, database, now)
    return sum([await _start(client, task_queue, delivery_id) for delivery_id in waiting])


def _due(database: Database, now: datetime) -> list[UUID]:
    with database.read() as session:
        return list(DeliveryStore(session).due(now, AT_ONCE))


async def settle_abandoned(client: Client, database: Database, task_queue: str, now: datetime) -> int:
    """Take up what a workflow left behind that is no more; gives how many such workflows there were.

    What was being sent is unconfirmed and stays unsent; what waited is started anew.
    """
    late = await asyncio.to_thread(_under_way, database, now - LEASE)
    gone = [delivery_id for delivery_id in late if not await _is_running(client, delivery_id)]
    for delivery_id in gone:
        if await asyncio.to_thread(_let_go, database, delivery_id):
            await _start(client, task_queue, delivery_id, WorkflowIDReusePolicy.ALLOW_DUPLICATE)
    return len(gone)


def _under_way(database: Database, before: datetime) -> list[UUID]:
    with database.read() as session:
        return DeliveryStore(session).under_way(before, AT_ONCE)


def _let_go(database: Database, delivery_id: UUID) -> bool:
    with database.write() as session:
        return sending.let_go(session, delivery_id)


async def _is_running(client: Client, delivery_id: UUID) -> bool:
    try:
        found = await client.get_workflow_handle(notification_id(delivery_id)).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return found.status is WorkflowExecutionStatus.RUNNING


async def _start(
    client: Client,
    task_queue: str,
    delivery_id: UUID,
    reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
) -> bool:
    try:
        await client.start_workflow(
            NOTIFICATION,
            SendNotification(delivery_id=delivery_id),
            id=notification_id(delivery_id),
            task_queue=task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=reuse,
        )
    except WorkflowAlreadyStartedError:
        return False  # its claim is on the way
    return True


class Outgoing:
    """The worker's turn at deliveries; `turn` is called about once a second."""

    def __init__(self, client: Client, database: Database, task_queue: str) -> None:
        self._client = client
        self._database = database
        self._task_queue = task_queue
        self._trimmed_at = float("-inf")
        self._looked_at = float("-inf")

    async def turn(self) -> None:
        """Start what is due. Records or engine that are away are waited for: the deliveries stay where they are."""
        try:
            await dispatch_due(self._client, self._database, self._task_queue, datetime.now(UTC))
            await self._look_after()
            await self._trim()
        except (OperationalError, RPCError) as error:
            _log.warning("notifications wait", error=type(error).__name__)

    async def _look_after(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_AFTER_SECONDS:
            return
        self._looked_at = time.monotonic()
        await settle_abandoned(self._client, self._database, self._task_queue, datetime.now(UTC))

    async def _trim(self) -> None:
        if time.monotonic() - self._trimmed_at < TRIM_EVERY_SECONDS:
            return
        await asyncio.to_thread(trim_outbox, self._database, datetime.now(UTC))
        self._trimmed_at = time.monotonic()


def trim_outbox(database: Database, now: datetime) -> int:
    """Forget events that no open page can still ask for; gives how many."""
    with database.write() as session:
        return OutboxStore(session).trim(now - KEEP_OUTBOX)
