"""Notices a restore that went round `greenlane restore`: records and engine count the same marks.

A mark is set on the engine first, with the newest entry of the audit trail, and counted in the records then. An engine
that names an entry which the records lack is younger than they are; one that is behind their count is older. Either way
the doors close until both were compared.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from temporalio.client import Client
from temporalio.service import RPCError

from models.database import Database
from models.services import maintenance
from models.services.by import By
from models.stores.audit import AuditStore
from models.stores.maintenance import MaintenanceStore
from models.tables.maintenance import EngineMark
from models.types import SYSTEM_RESTORE, Door
from workflows.age_mark import AgeMark, read_mark, write_mark

EVERY = timedelta(minutes=1)
"""A restore of something younger than the last mark is not noticed."""
NOT_OF_ONE_AGE = "records and engine are not of one age"
_BY = By(SYSTEM_RESTORE, Door.SYSTEM)
_log = structlog.get_logger(__name__)


@dataclass
class Marking:
    """The marks of one copy, which is named by its task queue."""

    database: Database
    client: Client
    copy: str
    every: timedelta = EVERY
    agreed: bool = False
    """Both were found to agree, or a person opened the doors: what the next mark replaces is not looked at."""

    async def turn(self) -> None:
        """Close the doors when the engine's mark is none of these records; else set the next one when it is time."""
        with suppress(IntegrityError):  # another process of the copy wrote the one row first: it did the same
            await self._turn()

    async def _turn(self) -> None:
        # Before the engine is asked: another process of the copy may mark it, and count, between the two looks.
        counted = await run_in_threadpool(self._count)
        mark = await read_mark(self.client, self.copy)
        following = await run_in_threadpool(self._judged, mark, counted)
        self.agreed = False
        if following is None:
            return
        try:
            await write_mark(self.client, self.copy, following)
        except RPCError as error:  # nothing can be noticed later, and nobody waits for it
            _log.warning("the engine takes no mark", error=str(error))
            return
        await run_in_threadpool(self._counted, following)

    def _counted(self, mark: AgeMark) -> None:
        with self.database.write() as session:
            store = MaintenanceStore(session)
            row = store.mark() or EngineMark(number=0, at=datetime.now(UTC))
            row.number, row.at = max(row.number, mark.number), datetime.now(UTC)
            store.set_mark(row)

    def _count(self) -> int:
        with self.database.read() as session:
            row = MaintenanceStore(session).mark()
        return row.number if row is not None else 0

    def _judged(self, mark: AgeMark | None, counted: int) -> AgeMark | None:
        """The mark to set now; None when it is not time, or the doors were closed instead."""
        with self.database.read() as session:
            if self.agreed or _fits(session, mark, counted):
                return _next(session, mark) if self.agreed or _is_due(session, mark, self.every) else None
        with self.database.write() as session:
            backup = maintenance.Backup(f"mark {mark.number if mark else 0}", _as_of(session, mark))
            maintenance.begin(session, NOT_OF_ONE_AGE, _BY, backup)
        _log.warning("the doors are closed", reason=NOT_OF_ONE_AGE)
        return None


def _fits(session: Session, mark: AgeMark | None, counted: int) -> bool:
    """Whether the engine's mark is of these records, which had counted so many before it was read."""
    if counted > (mark.number if mark else 0):
        return False
    if mark is None or mark.seq == 0:
        return True
    entry = AuditStore(session).at(mark.seq)
    return entry is not None and entry.chain_hash == mark.hash


def _is_due(session: Session, mark: AgeMark | None, every: timedelta) -> bool:
    """Whether something happened since the last mark, and that is long enough ago."""
    own, head = MaintenanceStore(session).mark(), AuditStore(session).newest()
    if own is None or mark is None or own.number != mark.number:
        return True
    return (head.seq if head else 0) != mark.seq and datetime.now(UTC) - own.at >= every


def _next(session: Session, mark: AgeMark | None) -> AgeMark:
    own, head = MaintenanceStore(session).mark(), AuditStore(session).newest()
    number = max(own.number if own else 0, mark.number if mark else 0) + 1
    return AgeMark(number=number, seq=head.seq, hash=head.chain_hash) if head else AgeMark(number=number)


def _as_of(session: Session, mark: AgeMark | None) -> datetime:
    """Until when both surely agreed: the entry that the mark names where it is known, else the end of the records."""
    store = AuditStore(session)
    entry = store.at(mark.seq) if mark else None
    known = entry if entry is not None and mark is not None and entry.chain_hash == mark.hash else store.newest()
    return known.at if known is not None else datetime.now(UTC)
