"""Re-sends requests whose answer nobody saw, under their original update id (decisions.md 2)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from api.acts import deliver
from api.calendar_acts import tell_waiting
from api.gateway import Gateway
from models.database import Database
from models.errors import DomainError
from models.services.idempotency import Reservation, reservation_of
from models.stores.idempotency import DONE, IdempotencyStore
from models.tables.messages import IdempotencyRecord

UNANSWERED_AFTER = timedelta(seconds=30)
EVERY_SECONDS = 5.0
AT_ONCE, REFUSED = 50, 300

_log = structlog.get_logger(__name__)


async def dispatch_for_ever(database: Database, gateway: Gateway) -> None:
    """Look for unanswered requests and untold calendars every few seconds until cancelled."""
    while True:
        try:
            await dispatch_once(database, gateway)
            await tell_waiting(database, gateway)
        except OperationalError as error:
            _log.warning("dispatcher waits for the records", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def dispatch_once(database: Database, gateway: Gateway, age: timedelta = UNANSWERED_AFTER) -> int:
    """Re-send what has waited longer than `age`, and what was recorded unseen; gives how many were sent."""
    claimed = await run_in_threadpool(_claim, database, age)
    claimed += await _recorded(database, gateway.unseen, age)
    for reserved in claimed:
        try:
            await deliver(database, gateway, reserved)
        except DomainError as error:
            _log.info("re-sent request answered", code=error.code.value)
    return len(claimed)


def _claim(database: Database, age: timedelta) -> list[Reservation]:
    now = datetime.now(UTC)
    with database.read() as session:
        waiting = IdempotencyStore(session).unanswered(now, age, AT_ONCE)
    if not waiting:
        return []
    with database.write() as session:
        store = IdempotencyStore(session)
        taken = [store.get(record_id) for record_id in waiting if store.claim(record_id, now, age)]
        return [reservation_of(row) for row in taken if row is not None]


async def _recorded(database: Database, unseen: dict[UUID, datetime], age: timedelta) -> list[Reservation]:
    """Acts whose record settled them while nobody heard of them: an engine that died meanwhile has to hear of them.

    One that did not die gives the first answer again. A refusal that was kept is never sent again. `unseen` is touched
    in the event loop alone, where requests change it.
    """
    before = datetime.now(UTC) - age
    due = [record_id for record_id, sent_at in unseen.items() if sent_at < before]
    rows = await run_in_threadpool(_rows, database, due) if due else {}
    for record_id in due:
        row = rows.get(record_id)
        if row is None or (row.state == DONE and (row.status or REFUSED) >= REFUSED):
            unseen.pop(record_id, None)
    settled = [row for row in rows.values() if row.state == DONE and row.id in unseen]
    return [reservation_of(row) for row in settled[:AT_ONCE]]


def _rows(database: Database, record_ids: Sequence[UUID]) -> dict[UUID, IdempotencyRecord]:
    with database.read() as session:
        return {row.id: row for row in IdempotencyStore(session).by_ids(record_ids)}
