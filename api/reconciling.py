"""Walks the records beside the engine 对账: chunk after chunk, looks twice before it calls anything drift.

An act that is being recorded stands in the records a moment before its workflow knows; only what differs in the same
way twice, with no activity on its way, is drift.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from api.acts import deliver
from api.gateway import Gateway
from api.gateway.reads import WITH_STATE, Look, Run, Trouble
from api.reconciling_programme import Programme
from models.database import Database
from models.errors import DomainError
from models.messages.approval import ApprovalState
from models.messages.rollout import RolloutState
from models.messages.service import ServiceState
from models.ops_types import KINDS_WITH_RECORDS, DriftKind
from models.services import jobs
from models.services.case_state import state_class
from models.services.idempotency import Reservation, reservation_of
from models.services.jobs import JobLostError
from models.services.reconcile import runs
from models.services.reconcile.comparing import Compared, Difference, compare
from models.services.reconcile.repairing import repair
from models.stores.cases import CaseStore
from models.stores.reconcile import ReconcileStore
from models.stores.restored import RestoredStore
from models.tables.cases import Case
from models.tables.jobs import Job
from models.tables.reconcile import Drift
from models.types import JobState

CHUNK = 64
"""So many between two signs of life: without a worker a look at them takes four read deadlines of the 30 s lease."""
AT_ONCE = 16
"""Looks at runs beside each other: a worker answers each from its cache or from the history."""
SETTLE_SECONDS = 1.0
EVERY_SECONDS = 2.0
ENGINE_AWAY = "引擎不可用，未完成核对"

State = ApprovalState | ServiceState | RolloutState
_log = structlog.get_logger(__name__)


async def reconcile_for_ever(database: Database, gateway: Gateway) -> None:
    """Take up runs that people ask for, and one every so many minutes, until cancelled."""
    since = datetime.now(UTC)
    while True:
        try:
            found = await _next(database, gateway, since)
            if found is not None:
                await reconcile(database, gateway, found)
        except (OperationalError, JobLostError) as error:
            _log.warning("reconciliation waits", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def _next(database: Database, gateway: Gateway, since: datetime) -> UUID | None:
    """A run that waits, else a new one where it is time for one and the engine is there."""
    waiting, due = await run_in_threadpool(_waiting, database, since)
    if due and await gateway.healthy():
        return await run_in_threadpool(_by_the_clock, database, since)
    return waiting


def _waiting(database: Database, since: datetime) -> tuple[UUID | None, bool]:
    with database.read() as session:
        found = jobs.find_free(session, [runs.JOB_KIND])
        return found, found is None and runs.is_due(session, since)


def _by_the_clock(database: Database, since: datetime) -> UUID | None:
    with database.write() as session:
        job = runs.ask_when_due(session, since)
        return job.id if job else None


async def reconcile(
    database: Database, gateway: Gateway, job_id: UUID, walked: Callable[[int, int], None] = lambda _done, _all: None
) -> None:
    """Do the run, unless another process does; `walked` is told how many cases of how many are compared.

    Raises JobLostError when another process took it over meanwhile.
    """
    job = await run_in_threadpool(_claim, database, job_id)
    if job is None:
        return
    try:
        await _Walk(database, gateway, job, walked).run()
    except DomainError as error:
        _log.warning("reconciliation ended", code=error.code.value)
        with database.write() as session:
            jobs.fail(session, job_id, ENGINE_AWAY)


async def wait_for(database: Database, gateway: Gateway, job_id: UUID, walked: Callable[[int, int], None]) -> None:
    """Do the run, or wait until the process that took it up has done it."""
    while True:
        with suppress(JobLostError):
            await reconcile(database, gateway, job_id, walked)
        with database.read() as session:
            job = jobs.get(session, job_id)
        walked(job.done, job.total)
        if job.state in {JobState.DONE, JobState.FAILED}:
            return
        await asyncio.sleep(EVERY_SECONDS / 4)


def _claim(database: Database, job_id: UUID) -> Job | None:
    with database.write() as session:
        return jobs.get(session, job_id) if jobs.claim(session, job_id) else None


@dataclass(frozen=True)
class _Seen:
    """A case, one look at its run, and what differed."""

    case: Case
    look: Look[Any]
    compared: Compared

    def same_as(self, other: "_Seen") -> bool:
        """Whether nothing moved between two looks."""
        alike = [(one.kind, one.task_id, one.sides) for one in self.compared.differences] == [
            (one.kind, one.task_id, one.sides) for one in other.compared.differences
        ]
        return alike and self.compared.mark == other.compared.mark and not self.look.working


@dataclass
class _Walk:
    """One run over every open case, and those that closed a while ago."""

    database: Database
    gateway: Gateway
    job: Job
    walked: Callable[[int, int], None]
    counts: Counter[str] = field(default_factory=Counter)
    failing: dict[str, Drift] = field(default_factory=dict)
    failing_tries: int = 0

    async def run(self) -> None:
        """Cases chunk by chunk, then runs without a record."""
        since, total = await run_in_threadpool(self._prepare)
        after: UUID | None = None
        while chunk := await run_in_threadpool(self._chunk, since, after):
            after = chunk[-1].id
            await self._compare(chunk)
            self.counts["compared"] += len(chunk)
            await run_in_threadpool(self._progress, len(chunk))
            self.walked(self.counts["compared"], total)
        await self._programme()
        await self._orphans()
        await run_in_threadpool(self._finish)

    def _prepare(self) -> tuple[datetime, int]:
        now = datetime.now(UTC)
        with self.database.write() as session:
            rules = runs.watch(session, now)
            self.failing_tries, since = rules.failing_tries, now - timedelta(days=rules.reconcile_closed_days)
            total = ReconcileStore(session).count(since)
            jobs.get(session, self.job.id).total = total
        return since, total

    def _chunk(self, since: datetime, after: UUID | None) -> list[Case]:
        with self.database.read() as session:
            return ReconcileStore(session).to_compare(since, after, CHUNK)

    def _progress(self, done: int) -> None:
        with self.database.write() as session:
            jobs.progress(session, self.job.id, done)

    def _finish(self) -> None:
        self.counts["failing"] = len(self.failing)
        with self.database.write() as session:
            ReconcileStore(session).add(list(self.failing.values()))
            runs.finish(session, self.job.id, self.counts)

    async def _compare(self, cases: Sequence[Case]) -> None:
        first = {seen.case.id: seen for seen in await self._look(cases)}
        if not first:
            return
        await asyncio.sleep(SETTLE_SECONDS)
        again = await self._look([seen.case for seen in first.values()])
        standing = [seen for seen in again if seen.same_as(first[seen.case.id])]
        self.counts["moving"] += len(again) - len(standing)
        for seen in standing:
            await run_in_threadpool(self._keep, seen)
            if seen.compared.record_ahead and self._may_send:
                await self._catch_up(seen)

    async def _look(self, cases: Sequence[Case]) -> list[_Seen]:
        """The cases that differ from their runs as they stand now."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(case: Case) -> Look[Any]:
            async with turn:
                return await self.gateway.look(case.workflow_id, state_class(case.kind))

        looks = await asyncio.gather(*(one(case) for case in cases))
        for case, look in zip(cases, looks, strict=True):
            if look.trouble is not None and look.trouble.tries >= self.failing_tries:
                self.failing[case.workflow_id] = _failing(self.job.id, case, look.trouble)
        return await run_in_threadpool(self._differing, list(zip(cases, looks, strict=True)))

    def _differing(self, looked: Sequence[tuple[Case, Look[Any]]]) -> list[_Seen]:
        found = []
        with self.database.read() as session:
            rows = CaseStore(session).by_ids([case.id for case, _ in looked])
            for case, look in looked:
                row = rows.get(case.id)
                compared = self._judge(session, row, look) if row else None
                if row is not None and compared is not None and compared.differences:
                    found.append(_Seen(row, look, compared))
        return found

    def _judge(self, session: Any, case: Case, look: Look[Any]) -> Compared | None:
        """What differs; None where the run told nothing that could be compared."""
        if look.answered:
            return compare(session, case, look.state) if look.state else None
        if look.status in WITH_STATE:
            self.counts["unanswered"] += 1
            return None
        if case.outcome is None:
            lost = Difference(DriftKind.RUN_MISSING, sides={"status": [case.stage.value, look.status.value]})
            return Compared((lost,), (case.version, 0, 0))
        return compare(session, case, None)

    def _keep(self, seen: _Seen) -> None:
        """Mend it where that was asked for, and keep what was found."""
        now = datetime.now(UTC)
        with self.database.write() as session:
            mended: Sequence[Difference] = ()
            if self.job.params["repair"] and seen.compared.mendable:
                by = runs.by_of(self.job)
                mended = repair(session, seen.case.id, seen.compared, by, now)
            done = {(one.kind, one.task_id) for one in mended}
            rows = [self._row(seen.case, one, now, done) for one in seen.compared.differences]
            ReconcileStore(session).add(rows)
        self.counts["drifted"] += len(rows)
        self.counts["repaired"] += sum(row.repaired_at is not None for row in rows)

    @property
    def _may_send(self) -> bool:
        """Not where somebody asked to look only."""
        return bool(self.job.params["repair"]) or runs.by_of(self.job) == runs.BY_THE_CLOCK

    async def _catch_up(self, seen: _Seen) -> None:
        """Send again what an engine forgot that died between a record and its own: the workflow adopts what stands."""
        for reserved in await run_in_threadpool(self._kept, seen):
            with suppress(DomainError):  # known meanwhile, or away again: the next run finds it
                await deliver(self.database, self.gateway, reserved)

    def _kept(self, seen: _Seen) -> list[Reservation]:
        step_no = seen.compared.state.step_no if seen.compared.state else 0
        with self.database.read() as session:
            rows = RestoredStore(session).requests_after(seen.case.id, step_no)
            return [reservation_of(row) for row in rows]

    def _row(self, case: Case, found: Difference, now: datetime, mended: set[Any]) -> Drift:
        return Drift(
            job_id=self.job.id,
            kind=found.kind,
            workflow_id=case.workflow_id,
            case_id=case.id,
            task_id=found.task_id,
            sides=found.sides,
            found_at=now,
            repaired_at=now if (found.kind, found.task_id) in mended else None,
        )

    async def _programme(self) -> None:
        """What has no case."""
        asked_by = runs.by_of(self.job)
        repairs = asked_by if self.job.params["repair"] else None
        deep = asked_by != runs.BY_THE_CLOCK
        await Programme(
            self.database, self.gateway, self.job, deep, repairs, self.counts, lambda: self._progress(0)
        ).run()

    async def _orphans(self) -> None:
        """Runs that no record knows."""
        held: list[Run] = []
        young = datetime.now(UTC) - runs.OPENING
        async for run in self.gateway.running(KINDS_WITH_RECORDS):
            held += [run] if run.started_at < young else []
            if len(held) >= CHUNK:
                await run_in_threadpool(self._keep_orphans, held)
                held = []
        await run_in_threadpool(self._keep_orphans, held)

    def _keep_orphans(self, held: Sequence[Run]) -> None:
        now = datetime.now(UTC)
        with self.database.write() as session:
            store = ReconcileStore(session)
            known = store.known([run.workflow_id for run in held])
            rows = [_orphan(self.job.id, run, now) for run in held if run.workflow_id not in known]
            store.add(rows)
        self.counts["runs"] += len(held)
        self.counts["drifted"] += len(rows)


def _failing(job_id: UUID, case: Case, trouble: Trouble) -> Drift:
    """Seen on the way: not a difference, but why the case is stuck."""
    next_at = trouble.next_at.isoformat() if trouble.next_at else None
    told = {"activity": trouble.activity, "tries": trouble.tries, "failure": trouble.failure, "next_at": next_at}
    return Drift(
        job_id=job_id,
        kind=DriftKind.RUN_FAILING,
        workflow_id=case.workflow_id,
        case_id=case.id,
        sides={name: [None, value] for name, value in told.items()},
        found_at=datetime.now(UTC),
    )


def _orphan(job_id: UUID, run: Run, now: datetime) -> Drift:
    return Drift(
        job_id=job_id,
        kind=DriftKind.RECORD_MISSING,
        workflow_id=run.workflow_id,
        sides={"started_at": [None, run.started_at.isoformat()]},
        found_at=now,
    )
