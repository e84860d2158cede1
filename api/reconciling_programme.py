"""Walks seasons, campaigns and memberships beside the engine, as `reconciling` walks cases.

Ten thousand memberships are not asked for their state every quarter of an hour: by the clock only that each has its
run is compared, and all they hold when somebody asks.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.gateway import Gateway, WorkflowGoneError
from api.gateway.reads import WITH_STATE, Look, RunStatus
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
CHUNK = 64
"""Looks between two signs of life: a worker that is away leaves so many unanswered in twenty seconds."""
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
    """One walk. `deep`: memberships are asked for what they hold too; `by` is whose repairs they are, None to look.

    `counts` are those of the whole run; `alive` tells that it is under way.
    """

    database: Database
    gateway: Gateway
    job: Job
    deep: bool
    by: By | None
    counts: Counter[str]
    alive: Callable[[], None]
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self) -> None:
        """Compare, keep what differs, and mend it where that was asked for. Raises JobLostError."""
        expected = await run_in_threadpool(self._expected)
        running = {run.workflow_id async for run in self.gateway.running([MEMBERSHIP, QUOTA_SEASON, SURVEY])}
        asked = [name for name in expected if self.deep or name not in running or not name.startswith(MEMBERSHIP)]
        self.counts["compared"] += len(expected)
        first = {seen.workflow_id: seen for seen in await self._look(asked)}
        if not first:
            return
        await asyncio.sleep(SETTLE_SECONDS)
        again = await self._look(list(first))
        standing = [seen for seen in again if seen.same_as(first.get(seen.workflow_id))]
        self.counts["moving"] += len(again) - len(standing)
        for seen in standing:
            await self._keep(seen)

    def _expected(self) -> list[str]:
        with self.database.read() as session:
            return ProgrammeStore(session).expected()

    async def _look(self, workflow_ids: Sequence[str]) -> list[_Seen]:
        """Those that differ, chunk by chunk: a job that gives no sign of life for long is taken over."""
        found: list[_Seen] = []
        for at in range(0, len(workflow_ids), CHUNK):
            seen = await asyncio.gather(*map(self._look_at, workflow_ids[at : at + CHUNK]))
            found += [one for one in seen if one.compared.differences]
            await run_in_threadpool(self.alive)
        return found

    async def _look_at(self, workflow_id: str) -> _Seen:
        shape = SHAPES[workflow_id.partition("/")[0]]
        async with self.turn:
            look = await self.gateway.look(workflow_id, shape.state, shape.query)
        self.counts["unanswered"] += look.status in WITH_STATE and not look.answered
        return _Seen(workflow_id, look, await run_in_threadpool(self._judge, workflow_id, look))

    def _judge(self, workflow_id: str, look: Look[Any]) -> Compared:
        """Nothing where the run told nothing that could be compared."""
        with self.database.read() as session:
            over = look.status is RunStatus.COMPLETED and ProgrammeStore(session).is_member(workflow_id)
            if over or look.status not in WITH_STATE:
                return Compared((_lost(look),), (0, 0, 0))
            if look.answered and look.state is not None:
                return compare_programme(session, workflow_id, look.state)
        return Compared((), (0, 0, 0))

    async def _keep(self, seen: _Seen) -> None:
        repaired = self.by is not None and await run_in_threadpool(self._repair, seen, self.by)
        lacks = any(found.again for found in seen.compared.differences)
        told = self.by is not None and lacks and await self._start_again(seen)
        at = datetime.now(UTC)
        rows = [
            Drift(
                job_id=self.job.id,
                kind=found.kind,
                workflow_id=seen.workflow_id,
                sides=found.sides,
                found_at=at,
                repaired_at=at if (told and found.again) or (repaired and found.should is not None) else None,
            )
            for found in seen.compared.differences
        ]
        await run_in_threadpool(self._add, rows)
        self.counts["drifted"] += len(rows)
        self.counts["repaired"] += sum(row.repaired_at is not None for row in rows)

    def _add(self, rows: list[Drift]) -> None:
        with self.database.write() as session:
            ReconcileStore(session).add(rows)

    def _repair(self, seen: _Seen, by: By) -> bool:
        if not seen.compared.mendable:
            return False
        with self.database.write() as session:
            return repair_programme(session, seen.workflow_id, seen.look.state, seen.compared, by)

    async def _start_again(self, seen: _Seen) -> bool:
        """What a run lacks is told to it once more; a run that is gone begins by it. False when it was not heard."""
        with suppress(DomainError, WorkflowGoneError):  # away again, or over: the next run tells
            for start in await run_in_threadpool(self._starts, seen.workflow_id):
                if isinstance(start, MembershipGrant):
                    await self.gateway.grant(start)
                else:
                    await self.gateway.send(start)
            return True
        return False

    def _starts(self, workflow_id: str) -> list[Any]:
        with self.database.read() as session:
            return starts_of(session, workflow_id)


def _told(compared: Compared) -> list[tuple[DriftKind, dict[str, Any]]]:
    return [(found.kind, found.sides) for found in compared.differences]


def _lost(look: Look[Any]) -> Difference:
    """A run that is not there, or that of a member which came to its end before its last term did."""
    return Difference(DriftKind.RUN_MISSING, sides={"status": ["running", look.status.value]}, again=True)
