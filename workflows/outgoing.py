"""Starts a workflow for every delivery whose hour has come, and keeps the outbox short; runs beside the worker."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from models.database import Database
from models.identifiers import NOTIFICATION, notification_id
from models.messages.notifications import SendNotification
from models.stores.channels import DeliveryStore
from models.stores.messages import OutboxStore
from workflows.options import TASK_TIMEOUT

AT_ONCE = 50
KEEP_OUTBOX = timedelta(days=1)
TRIM_EVERY_SECONDS = 3600.0

_log = structlog.get_logger(__name__)


async def dispatch_due(client: Client, database: Database, task_queue: str, now: datetime) -> int:
    """Start what is due; gives how many runs were started. One run per delivery, for ever: starting twice is none."""
    waiting = await asyncio.to_thread(_due, database, now)
    return sum([await _start(client, task_queue, delivery_id) for delivery_id in waiting])


def _due(database: Database, now: datetime) -> list[UUID]:
    with database.read() as session:
        return list(DeliveryStore(session).due(now, AT_ONCE))


async def _start(client: Client, task_queue: str, delivery_id: UUID) -> bool:
    try:
        await client.start_workflow(
            NOTIFICATION,
            SendNotification(delivery_id=delivery_id),
            id=notification_id(delivery_id),
            task_queue=task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
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

    async def turn(self) -> None:
        """Start what is due. Records or engine that are away are waited for: the deliveries stay where they are."""
        try:
            await dispatch_due(self._client, self._database, self._task_queue, datetime.now(UTC))
            await self._trim()
        except (OperationalError, RPCError) as error:
            _log.warning("notifications wait", error=type(error).__name__)

    async def _trim(self) -> None:
        if time.monotonic() - self._trimmed_at < TRIM_EVERY_SECONDS:
            return
        await asyncio.to_thread(trim_outbox, self._database, datetime.now(UTC))
        self._trimmed_at = time.monotonic()


def trim_outbox(database: Database, now: datetime) -> int:
    """Forget events that no open page can still ask for; gives how many."""
    with database.write() as session:
        return OutboxStore(session).trim(now - KEEP_OUTBOX)
