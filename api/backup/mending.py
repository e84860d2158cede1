"""Brings records and engine together after a restore, case by case, and what the programme did since the backup."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.workflow import NondeterminismError

from api.gateway import Gateway, WorkflowGoneError
from models.database import Database
from models.errors import DomainError
from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.messages.envelope import Envelope, ProgrammeUpdate, SeasonStart, SurveyStart, SurveyUpdate
from models.rules.calendar import local_date
from models.services.idempotency import reservation_of
from models.settings import Settings
from models.stores.restored import RestoredStore, Stand
from models.types import CaseKind
from workflows.rebuilding import Writers, grant_again, rebuild

LOOK_BACK = timedelta(days=7)
"""Cases that closed this long before the restore are compared too."""
READ_DEADLINE = timedelta(seconds=5)
SLACK = timedelta(minutes=5)
"""How far the clocks of two machines may stand apart: what stands is adopted, so writing too much again is no harm."""
AT_ONCE = 16
NAMED = 5
"""So many of the runs that tell nothing are named in the log, every time."""
_PROGRAMME = (MEMBERSHIP, QUOTA_SEASON, SURVEY)
_PROGRAMME_ACTS = (SeasonStart, SurveyStart, ProgrammeUpdate, SurveyUpdate)
_CUT_OFF = "cut off before the restore"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, order=True)
class Difference:
    """One case in the records and in the engine; None where it does not stand there. A run that is `silent` told
    nothing: no worker takes its queue, or none can read its history."""

    workflow_id: str
    stand: Stand | None
    engine: int | None
    silent: bool = False
    running: str | None = None
    """The run that goes on in the engine."""

    @property
    def is_cut_off(self) -> bool:
        """Whether operations ended the case, so that its run is to be none."""
        return self.stand is not None and self.stand.is_cut_off

    @property
    def is_one(self) -> bool:
        """Whether they differ, or may. A closed case needs no run any more."""
        if self.is_cut_off:
            return self.running is not None
        if self.silent:
            return True
        if self.stand is None or self.engine is None:
            return self.stand is None or self.stand.is_open
        return self.stand.step_no != self.engine

    @property
    def is_engine_ahead(self) -> bool:
        """Whether the records lack acts."""
        return self.engine is not None and (self.stand is None or self.stand.step_no < self.engine)


@dataclass(frozen=True)
class Mending:
    """Both stores of one copy, and the activities that write its records."""

    database: Database
    gateway: Gateway
    client: Client
    settings: Settings
    writing: Writers

    async def differences(self, since: datetime) -> list[Difference]:
        """Cases whose last act is not the same in records and engine; `since`: when the backup was put back."""
        stands = await run_in_threadpool(self._stands, since - LOOK_BACK)
        runs = await self._runs(since - LOOK_BACK)
        engine = await self._told({*runs, *stands})
        silent = {workflow_id for workflow_id, step_no in engine.items() if step_no is None}
        if silent:
            _log.warning("runs tell nothing", number=len(silent), workflow_ids=sorted(silent)[:NAMED])
        found = [
            Difference(one, stands.get(one), engine.get(one), one in silent, runs.get(one))
            for one in {*stands, *engine}
        ]
        return sorted(difference for difference in found if difference.is_one)

    def _stands(self, closed_since: datetime) -> dict[str, Stand]:
        with self.database.read() as session:
            return {stand.workflow_id: stand for stand in RestoredStore(session).stands(closed_since)}

    async def _runs(self, closed_since: datetime) -> dict[str, str | None]:
        """Workflows with a case that run, each with its run, or closed a short while ago."""
        kinds = _names(kind for kind in CaseKind if kind not in _PROGRAMME)
        listed = self.client.list_workflows(f"WorkflowType IN ({kinds}) AND {_recent(closed_since)}")
        seen = sorted([(run.start_time, run) async for run in listed], key=itemgetter(0))  # the newest run is the last
        return {run.id: run.run_id if run.status is WorkflowExecutionStatus.RUNNING else None for _, run in seen}

    async def _told(self, workflow_ids: set[str]) -> dict[str, int | None]:
        """The last act of each as its workflow tells it; None of a run that tells nothing."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def told(workflow_id: str) -> dict[str, int | None]:
            async with turn:
                return await self._step_no(workflow_id)

        every = await asyncio.gather(*map(told, workflow_ids))
        return {workflow_id: step_no for one in every for workflow_id, step_no in one.items()}

    async def _step_no(self, workflow_id: str) -> dict[str, int | None]:
        """The workflow's last act; nothing where the engine knows no case of it: refused, or gone."""
        try:
            state: dict[str, Any] | None = await self.client.get_workflow_handle(workflow_id).query(
                "state", rpc_timeout=READ_DEADLINE
            )
        except WorkflowQueryFailedError:
            return {}
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return {}
            if error.status is RPCStatusCode.UNAVAILABLE:
                raise
            return {workflow_id: None}
        return {} if state is None else {workflow_id: int(state["step_no"])}

    async def mend(self, difference: Difference) -> None:
        """Write the records again, or send the kept requests again; what neither helps stays as it is."""
        try:
            if difference.is_cut_off:
                await self.gateway.terminate(difference.workflow_id, difference.running or "", _CUT_OFF)
                return
            if difference.silent:
                return
            if difference.is_engine_ahead:
                await rebuild(self.client, self.writing, difference.workflow_id)
                return
            for envelope in await run_in_threadpool(self._requests, difference):
                await self.gateway.send(envelope)
        except (DomainError, WorkflowGoneError, NondeterminismError) as error:
            _log.warning("stays as it is", workflow_id=difference.workflow_id, error=str(error))

    def _requests(self, difference: Difference) -> list[Envelope]:
        if difference.stand is None:
            return []
        with self.database.read() as session:
            rows = RestoredStore(session).requests_after(difference.stand.case_id, difference.engine or 0)
            return [reservation_of(row).envelope for row in rows]

    async def programme(self, as_of: datetime) -> None:
        """Memberships, seasons and campaigns, both ways; `as_of` is when the records were copied."""
        since = as_of - SLACK
        async for run in self.client.list_workflows(f"WorkflowType IN ({_names(_PROGRAMME)}) AND {_recent(since)}"):
            try:
                await rebuild(self.client, self.writing, run.id, since)
            except NondeterminismError as error:
                _log.warning("stays as it is", workflow_id=run.id, error=str(error))
        await grant_again(self.client, self.database, self.settings.task_queue, local_date(datetime.now(UTC)))
        for envelope in await run_in_threadpool(self._programme_requests, as_of - LOOK_BACK):
            with suppress(DomainError, WorkflowGoneError):  # known, over, or refused: it stands as it stood
                await self.gateway.send(envelope)

    def _programme_requests(self, since: datetime) -> list[Envelope]:
        with self.database.read() as session:
            envelopes = [reservation_of(row).envelope for row in RestoredStore(session).answered_since(since)]
        return [envelope for envelope in envelopes if isinstance(envelope, _PROGRAMME_ACTS)]


def _names(kinds: Iterable[str]) -> str:
    return ", ".join(f"'{kind!s}'" for kind in kinds)


def _recent(since: datetime) -> str:
    return f"(ExecutionStatus = 'Running' OR CloseTime > '{since.isoformat()}')"
