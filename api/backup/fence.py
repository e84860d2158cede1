"""After a restore: brings records and engine together, both ways, and lets people in once nothing differs.

Records ahead of the engine: the kept requests are sent again under their own keys, and the workflow adopts what the
records say. Engine ahead of the records: they are written again from the history. What no way leads out of stays in the
list of the comparison, and the doors stay closed until a person opens them (`greenlane maintenance end`).
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client
from temporalio.service import RPCError

from api.backup.marking import Marking
from api.gateway import Gateway
from api.reconciling import reconcile
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services import jobs, maintenance
from models.services.by import By
from models.services.reconcile import runs
from models.settings import Settings
from models.tables.maintenance import Maintenance
from models.types import SYSTEM_RESTORE, Door

if TYPE_CHECKING:
    from api.backup.mending import Mending

EVERY_SECONDS, LOOK_SECONDS = 2.0, 5.0
AGREED = "records and engine agree"
_LEFT = {"drifted": 1, "repaired": -1, "unanswered": 1, "moving": 1}
"""What of a comparison's counts keeps the doors closed."""
_BY = By(SYSTEM_RESTORE, Door.SYSTEM)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Fence:
    """The doors of one copy after a restore."""

    database: Database
    gateway: Gateway
    client: Client
    settings: Settings
    marking: Marking

    @classmethod
    def of(cls, database: Database, gateway: Gateway, client: Client, settings: Settings) -> "Fence":
        """The doors of the copy that these settings describe."""
        return cls(database, gateway, client, settings, Marking(database, client, settings.task_queue))

    async def before_the_first(self) -> None:
        """Look at the mark before anybody is let in; an engine that is away takes no act either."""
        with suppress(OperationalError, RPCError, RuntimeError, TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._mark()

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
            await self._mark()
            return None
        mending = self._mending()
        for difference in await mending.differences(held.since):
            await mending.mend(difference)
        if held.drift is None and held.records_as_of is not None:
            await mending.programme(held.records_as_of)
        left = len(await mending.differences(held.since)) or await self._compared()
        if left == 0:
            self.marking.agreed = True
            await self.marking.turn()
        await run_in_threadpool(self._note, left)
        return left

    async def _mark(self) -> None:
        """Only while people are let in: closed doors have their reason, and whoever opens them has looked."""
        if await run_in_threadpool(maintenance.is_closed, self.database):
            self.marking.agreed = True
        else:
            await self.marking.turn()

    def _mending(self) -> "Mending":
        # Everything that a worker runs, and only after a restore: the API does not load it otherwise.
        from api.backup.mending import Mending  # noqa: PLC0415
        from workflows.rebuilding import writers  # noqa: PLC0415

        writing = writers(self.client, self.database, self.settings)
        return Mending(self.database, self.gateway, self.client, self.settings, writing)

    async def _compared(self) -> int:
        """What the comparison 对账 finds and cannot mend; the case that told nothing counts too."""
        job_id = await run_in_threadpool(self._ask)
        await reconcile(self.database, self.gateway, job_id)
        return await run_in_threadpool(self._left, job_id)

    def _left(self, job_id: UUID) -> int:
        with self.database.read() as session:
            counts = jobs.get(session, job_id).result
        if counts is None:
            raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)
        return sum(counts.get(name, 0) * sign for name, sign in _LEFT.items())

    def _ask(self) -> UUID:
        with self.database.write() as session:
            return runs.ask(session, runs.Wish(repair=True, by=_BY)).id

    def _held(self) -> Maintenance | None:
        with self.database.read() as session:
            row = maintenance.standing(session)
        return row if row is not None and row.backup_id is not None else None

    def _note(self, left: int) -> None:
        with self.database.write() as session:
            maintenance.note_drift(session, left, datetime.now(UTC))
            if left == 0:
                maintenance.end(session, AGREED, _BY)
        _log.info("compared after a restore", left=left)
