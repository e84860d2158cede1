"""Brings records and engine together after a restore, case by case, and what the programme did since the backup."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client, WorkflowQueryFailedError
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
_PROGRAMME = (MEMBERSHIP, QUOTA_SEASON, SURVEY)
_PROGRAMME_ACTS = (SeasonStart, SurveyStart, ProgrammeUpdate, SurveyUpdate)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, order=True)
class Difference:
    """One case in the records and in the engine; None where it does not stand there."""

    workflow_id: str
    stand: Stand | None
    engine: int | None

    @property
    def is_one(self) -> bool:
        """Whether they differ. A closed case needs no run any more."""
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
        engine = await self._engine(since - LOOK_BACK, set(stands))
        every = {*stands, *engine}
        found = [Difference(workflow_id, stands.get(workflow_id), engine.get(workflow_id)) for workflow_id in every]
        return sorted(difference for difference in found if difference.is_one)

    def _stands(self, closed_since: datetime) -> dict[str, Stand]:
        with self.database.read() as session:
            return {stand.workflow_id: stand for stand in RestoredStore(session).stands(closed_since)}

    async def _engine(self, closed_since: datetime, known: set[str]) -> dict[str, int]:
        """The last act of every workflow with a case, by workflow id: what runs or closed a short while ago."""
        kinds = _names(kind for kind in CaseKind if kind not in _PROGRAMME)
        listed = self.client.list_workflows(f"WorkflowType IN ({kinds}) AND {_recent(closed_since)}")
        ids = {run.id async for run in listed} | known
        turn = asyncio.Semaphore(AT_ONCE)

        async def told(workflow_id: str) -> tuple[str, int | None]:
            async with turn:
                return workflow_id, await self._step_no(workflow_id)

        every = await asyncio.gather(*map(told, ids))
        return {workflow_id: step_no for workflow_id, step_no in every if step_no is not None}

    async def _step_no(self, workflow_id: str) -> int | None:
        """The workflow's last act; None where the engine knows no case of it: refused, or gone."""
        try:
            state: dict[str, Any] | None = await self.client.get_workflow_handle(workflow_id).query(
                "state", rpc_timeout=READ_DEADLINE
            )
        except WorkflowQueryFailedError:
            return None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return None if state is None else int(state["step_no"])

    async def mend(self, difference: Difference) -> None:
        """Write the records again, or send the kept requests again; what neither helps stays as it is."""
        try:
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
