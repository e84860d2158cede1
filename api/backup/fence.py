"""After a restore: brings records and engine together, both ways, and lets people in once nothing differs.

Records ahead of the engine: the kept requests are sent again under their own keys, and the workflow adopts what the
records say. Engine ahead of the records: they are written again from the history. What no way leads out of stays in the
list of the comparison, and the doors stay closed until a person opens them (`greenlane maintenance end`).
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.workflow import NondeterminismError

from api.gateway import Gateway, WorkflowGoneError
from models.database import Database
from models.errors import DomainError
from models.identifiers import MEMBERSHIP, QUOTA_SEASON, SURVEY
from models.messages.envelope import Envelope
from models.services import maintenance
from models.services.by import By
from models.services.idempotency import reservation_of
from models.settings import Settings
from models.stores.restored import RestoredStore, Stand
from models.tables.maintenance import Maintenance
from models.types import SYSTEM_RESTORE, CaseKind, Door
from workflows.rebuilding import Writers, rebuild, writers

EVERY_SECONDS = 2.0
LOOK_BACK = timedelta(days=7)
"""Cases that closed this long before the restore are compared too."""
READ_DEADLINE = timedelta(seconds=5)
AGREED = "records and engine agree"
_BY = By(SYSTEM_RESTORE, Door.SYSTEM)
_PROGRAMME = (MEMBERSHIP, QUOTA_SEASON, SURVEY)
SLACK = timedelta(minutes=5)
"""How far the clocks of two machines may stand apart: what stands is adopted, so writing too much again is no harm."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Fence:
    """The doors of one copy after a restore."""

    database: Database
    gateway: Gateway
    client: Client
    settings: Settings

    async def keep(self) -> None:
        """While a restore holds the doors closed, try to open them; until cancelled."""
        while True:
            try:
                await self.turn()
            except (OperationalError, RPCError, DomainError, RuntimeError) as error:  # RuntimeError: no connection yet
                _log.warning("the doors stay closed", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def turn(self) -> int | None:
        """Mend what can be mended and compare; opens at zero. Gives what is left, None when no restore holds them."""
        held = await run_in_threadpool(self._held)
        if held is None:
            return None
        writing = writers(self.client, self.database, self.settings)
        for difference in await self._differences(held.since):
            await self._mend(difference, writing)
        if held.drift is None and held.records_as_of is not None:
            await self._programme(held.records_as_of - SLACK, writing)
        left = len(await self._differences(held.since))
        await run_in_threadpool(self._note, left)
        return left

    def _held(self) -> Maintenance | None:
        with self.database.read() as session:
            row = maintenance.standing(session)
        return row if row is not None and row.backup_id is not None else None

    async def _programme(self, since: datetime, writing: Writers) -> None:
        """What no case stands for (memberships, seasons, campaigns): written again from what the engine did since."""
        async for run in self.client.list_workflows(f"WorkflowType IN ({_names(_PROGRAMME)}) AND {_recent(since)}"):
            try:
                await rebuild(self.client, writing, run.id, since)
            except NondeterminismError as error:
                _log.warning("stays as it is", workflow_id=run.id, error=str(error))

    def _note(self, left: int) -> None:
        with self.database.write() as session:
            maintenance.note_drift(session, left, datetime.now(UTC))
            if left == 0:
                maintenance.end(session, AGREED, _BY)
        _log.info("compared after a restore", left=left)

    async def _differences(self, since: datetime) -> list["Difference"]:
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
        told = {workflow_id: await self._step_no(workflow_id) for workflow_id in ids}
        return {workflow_id: step_no for workflow_id, step_no in told.items() if step_no is not None}

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

    async def _mend(self, difference: "Difference", writing: Writers) -> None:
        try:
            if difference.is_engine_ahead:
                await rebuild(self.client, writing, difference.workflow_id)
                return
            for envelope in await run_in_threadpool(self._requests, difference):
                await self.gateway.send(envelope)
        except (DomainError, WorkflowGoneError, NondeterminismError) as error:
            _log.warning("stays as it is", workflow_id=difference.workflow_id, error=str(error))

    def _requests(self, difference: "Difference") -> list[Envelope]:
        if difference.stand is None:
            return []
        with self.database.read() as session:
            rows = RestoredStore(session).requests_after(difference.stand.case_id, difference.engine or 0)
            return [reservation_of(row).envelope for row in rows]


def _names(kinds: Iterable[str]) -> str:
    return ", ".join(f"'{kind!s}'" for kind in kinds)


def _recent(since: datetime) -> str:
    return f"(ExecutionStatus = 'Running' OR CloseTime > '{since.isoformat()}')"


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
