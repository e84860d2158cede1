"""Walks seasons, campaigns and memberships beside the engine, as `reconciling` walks cases.

Ten thousand memberships are not asked for their state every quarter of an hour: by the clock only that each has its
run is compared, and all they hold when somebody asks.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.gateway import Gateway, WorkflowGoneError
from api.gateway.reads import Look, RunStatus
from models.database import Database
from models.errors import DomainError
from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.messages.qualification import MembershipGrant
from models.ops_types import DriftKind
from models.services.by import By
from models.services.reconcile.comparing import Compared, Difference
from models.services.reconcile.programme import SHAPES, compare_programme, repair_programme
from models.services.reconcile.programme_starts import starts_of
from models.stores.reconcile import ReconcileStore
from models.stores.reconcile_programme import ProgrammeStore
from models.tables.jobs import Job
from models.tables.reconcile import Drift

AT_ONCE = 16
SETTLE_SECONDS = 1.0


@dataclass(frozen=True)
class _Seen:
    """A workflow, its state at one look, and what differed."""

    workflow_id: str
    look: Look[Any]
    compared: Compared

    def same_as(self, other: "_Seen | None") -> bool:
        """Whether nothing moved between two looks."""
        if other is None or self.look.working:
            return False
        return (_told(self.compared), self.compared.mark) == (_told(other.compared), other.compared.mark)


@dataclass(frozen=True)
class Programme:
    """One walk. `deep`: memberships are asked for what they hold too; `by` is whose repairs they are, None to look."""

    database: Database
    gateway: Gateway
    job: Job
    deep: bool
    by: By | None

    async def run(self) -> tuple[int, list[Drift]]:
        """How many workflows were compared, and what differed."""
        expected = await run_in_threadpool(self._expected)
        running = {run.workflow_id async for run in self.gateway.running([MEMBERSHIP, QUOTA_SEASON, SURVEY])}
        asked = [name for name in expected if self.deep or name not in running or not name.startswith(MEMBERSHIP)]
        first = {seen.workflow_id: seen for seen in await self._look(asked)}
        if not first:
            return len(expected), []
        await asyncio.sleep(SETTLE_SECONDS)
        again = await self._look(list(first))
        rows = [row for seen in again if seen.same_as(first.get(seen.workflow_id)) for row in await self._keep(seen)]
        return len(expected), rows

    def _expected(self) -> list[str]:
        with self.database.read() as session:
            return ProgrammeStore(session).expected()

    async def _look(self, workflow_ids: Sequence[str]) -> list[_Seen]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(workflow_id: str) -> _Seen | None:
            shape = SHAPES[workflow_id.partition("/")[0]]
            async with turn:
                look = await self.gateway.look(workflow_id, shape.state, shape.query)
            compared = await run_in_threadpool(self._judge, workflow_id, look)
            return _Seen(workflow_id, look, compared) if compared.differences else None

        return [seen for seen in await asyncio.gather(*map(one, workflow_ids)) if seen is not None]

    def _judge(self, workflow_id: str, look: Look[Any]) -> Compared:
        """Nothing where the run told nothing that could be compared."""
        if look.answered and look.state is not None:
            with self.database.read() as session:
                return compare_programme(session, workflow_id, look.state)
        if look.status in {RunStatus.RUNNING, RunStatus.COMPLETED}:
            return Compared((), (0, 0, 0))
        lost = Difference(DriftKind.RUN_MISSING, sides={"status": ["running", look.status.value]})
        return Compared((lost,), (0, 0, 0))

    async def _keep(self, seen: _Seen) -> list[Drift]:
        mended: set[DriftKind] = set()
        if self.by is not None:
            if await run_in_threadpool(self._repair, seen, self.by):
                mended.add(DriftKind.CASE_DIFFERS)
            if any(found.again for found in seen.compared.differences) or _is_lost(seen):
                mended |= await self._start_again(seen)
        at = datetime.now(UTC)
        rows = [
            Drift(
                job_id=self.job.id,
                kind=found.kind,
                workflow_id=seen.workflow_id,
                sides=found.sides,
                found_at=at,
                repaired_at=at if found.kind in mended else None,
            )
            for found in seen.compared.differences
        ]
        await run_in_threadpool(self._add, rows)
        return rows

    def _add(self, rows: list[Drift]) -> None:
        with self.database.write() as session:
            ReconcileStore(session).add(rows)

    def _repair(self, seen: _Seen, by: By) -> bool:
        if not seen.compared.mendable:
            return False
        with self.database.write() as session:
            return repair_programme(session, seen.workflow_id, seen.look.state, seen.compared, by)

    async def _start_again(self, seen: _Seen) -> set[DriftKind]:
        """What a run lacks is told to it once more; a run that is gone begins by it."""
        with suppress(DomainError, WorkflowGoneError):  # away again, or over: the next run tells
            for start in await run_in_threadpool(self._starts, seen.workflow_id):
                if isinstance(start, MembershipGrant):
                    await self.gateway.grant(start)
                else:
                    await self.gateway.send(start)
            return {DriftKind.RUN_MISSING, DriftKind.RECORD_AHEAD}
        return set()

    def _starts(self, workflow_id: str) -> list[Any]:
        with self.database.read() as session:
            return starts_of(session, workflow_id)


def _told(compared: Compared) -> list[tuple[DriftKind, dict[str, Any]]]:
    return [(found.kind, found.sides) for found in compared.differences]


def _is_lost(seen: _Seen) -> bool:
    return any(found.kind is DriftKind.RUN_MISSING for found in seen.compared.differences)
