"""Real questions to a child whether it can do its work; none of them guesses from time passed."""

import asyncio
import http.client
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

_ANSWER_SECONDS = 3.0


async def engine_answers(client: Client) -> bool:
    """Whether the engine's gRPC health check says it serves."""
    try:
        return await client.service_client.check_health(retry=False, timeout=timedelta(seconds=_ANSWER_SECONDS))
    except (RPCError, RuntimeError):  # RuntimeError: no connection yet
        return False


async def worker_polls(client: Client, task_queue: str, since: datetime) -> bool:
    """Whether a worker has asked the engine for work of this queue after `since` (aware, UTC)."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        answer = await client.workflow_service.describe_task_queue(
            request, retry=False, timeout=timedelta(seconds=_ANSWER_SECONDS)
        )
    except (RPCError, RuntimeError):
        return False
    return any(poller.last_access_time.ToDatetime(tzinfo=UTC) >= since for poller in answer.pollers)


async def api_is_ready(host: str, port: int) -> bool:
    """Whether `/readyz` answers 200: database, engine and worker seen from the API."""
    return await asyncio.to_thread(_get_status, host, port, "/readyz") == http.client.OK


def _get_status(host: str, port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
