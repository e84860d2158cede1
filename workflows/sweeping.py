"""Starts the sweep 巡检 of every branch once a day, from the hour of the rulebook on; runs beside the worker.

After an outage of whatever length the first turn starts the sweep of today, which finds everything due up to now:
there is nothing to catch up with, so no day is missed and none is done twice.
"""

import asyncio
from datetime import UTC, date, datetime

import structlog
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from models.database import Database
from models.identifiers import DUTY_SWEEP, sweep_id
from models.messages.sweep import StartSweep
from models.services.duties.sweeps import to_run
from workflows.options import TASK_TIMEOUT

_log = structlog.get_logger(__name__)


async def start_sweep(
    client: Client,
    task_queue: str,
    start: StartSweep,
    reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
) -> bool:
    """Start the sweep of a branch and day; False when it runs or has run."""
    try:
        await client.start_workflow(
            DUTY_SWEEP,
            start,
            id=sweep_id(start.institution_code, start.day),
            task_queue=task_queue,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=reuse,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


class Sweeping:
    """The worker's turn at sweeps; `turn` is called about once a minute."""

    def __init__(self, client: Client, database: Database, task_queue: str) -> None:
        self._client = client
        self._database = database
        self._task_queue = task_queue
        self._begun: set[tuple[str, date]] = set()

    async def turn(self, now: datetime | None = None) -> int:
        """Start what is not finished today; gives how many were started. Records or engine away: the next turn does."""
        try:
            day, codes = await asyncio.to_thread(self._to_run, now or datetime.now(UTC))
            return sum([await self._begin(code, day) for code in codes])
        except (OperationalError, RPCError) as error:
            _log.warning("sweeps wait", error=type(error).__name__)
            return 0

    def _to_run(self, now: datetime) -> tuple[date, list[str]]:
        with self._database.read() as session:
            return to_run(session, now)

    async def _begin(self, code: str, day: date) -> bool:
        """Ask the engine once a day and branch: a run that it has goes on whatever becomes of this process."""
        if (code, day) in self._begun:
            return False
        started = await start_sweep(self._client, self._task_queue, StartSweep(institution_code=code, day=day))
        self._begun = {held for held in self._begun if held[1] == day} | {(code, day)}
        return started
