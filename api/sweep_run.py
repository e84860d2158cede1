"""Sweeps 巡检 started by hand, and followed until they rest."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.client import Client, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from models.errors import DomainError, ErrorCode
from models.identifiers import sweep_id
from models.messages.sweep import StartSweep
from models.settings import Settings
from workflows.client import QUICK_RETRY, connect
from workflows.sweeping import start_sweep

POLL_SECONDS = 0.3
ANSWER = timedelta(seconds=10)
"""A worker that runs answers at once; without one the sweep waits for it, and nobody waits for the sweep."""
WAITING, FINISHED, QUIET, FAILED = "waiting", "finished", "quiet", "failed"


@dataclass(frozen=True)
class Swept:
    """How far the sweep of a branch is. `quiet`: all done but the greetings; `waiting`: no worker runs it now.

    `failed`: its run ended before it was through; the same command starts it again.
    """

    institution_code: str
    phase: str
    counts: dict[str, int] = field(default_factory=dict)


async def run_sweeps(settings: Settings, starts: Sequence[StartSweep], done: Callable[[], None]) -> list[Swept]:
    """Start what has not run and follow all of it; `done` is called for each that rests.

    Raises ENGINE_UNAVAILABLE.
    """
    try:
        client = await connect(settings, retry=QUICK_RETRY)
        for start in starts:
            reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
            await start_sweep(client, settings.task_queue, start, reuse)
    except (RPCError, RuntimeError, ValueError) as error:
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
    return [await _rest(client, start, done) for start in starts]


async def _rest(client: Client, start: StartSweep, done: Callable[[], None]) -> Swept:
    while (swept := await _progress(client, start)).phase not in {WAITING, FINISHED, QUIET, FAILED}:
        await asyncio.sleep(POLL_SECONDS)
    done()
    return swept


async def _progress(client: Client, start: StartSweep) -> Swept:
    handle = client.get_workflow_handle(sweep_id(start.institution_code, start.day))
    try:
        found: dict[str, int | str] = await handle.query(
            "progress",
            result_type=dict[str, int | str],
            reject_condition=QueryRejectCondition.NOT_COMPLETED_CLEANLY,
            rpc_timeout=ANSWER,
        )
    except WorkflowQueryRejectedError:
        return Swept(start.institution_code, FAILED)
    except (RPCError, WorkflowQueryFailedError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.UNAVAILABLE:
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE) from error
        return Swept(start.institution_code, WAITING)
    counts = {name: number for name, number in found.items() if isinstance(number, int)}
    return Swept(start.institution_code, str(found["phase"]), counts)
