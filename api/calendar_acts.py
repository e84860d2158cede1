"""Publishing a calendar, the same over HTTP and on the page: stored first, told to running cases afterwards."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.gateway import Gateway, WorkflowGoneError
from api.security.caller import Caller
from models.database import Database
from models.errors import DomainError
from models.services import calendar_publication
from models.services.calendar_publication import Change, Publisher
from models.services.desk.once import once
from models.services.idempotency import Key
from models.stores.calendar import PublicationStore

UNTOLD_AFTER = timedelta(seconds=30)

_log = structlog.get_logger(__name__)


def publisher(caller: Caller, reason: str) -> Publisher:
    """The caller as one who publishes now."""
    return Publisher(caller.account_id, reason, caller.door, datetime.now(UTC))


async def publish(database: Database, gateway: Gateway | None, key: Key, change: Change, by: Publisher) -> UUID:
    """Store the change once under its key and have running cases told; an engine that is away tells them later.

    Raises what `calendar_publication.publish` refuses, and IDEMPOTENCY_CONFLICT.
    """
    publication_id = await run_in_threadpool(_stored, database, key, change, by)
    await tell(gateway, publication_id)
    return publication_id


async def tell(gateway: Gateway | None, publication_id: UUID) -> None:
    """Start telling; what cannot be started now is found by `tell_waiting`."""
    if gateway is None:
        return
    try:
        await gateway.tell_calendar(publication_id)
    except WorkflowGoneError:
        return  # told already
    except DomainError as error:
        _log.warning("calendar is told later", publication_id=str(publication_id), code=error.code.value)


async def tell_waiting(database: Database, gateway: Gateway, age: timedelta = UNTOLD_AFTER) -> int:
    """Start telling of publications that no case has heard of for a while; how many there were."""
    waiting = await run_in_threadpool(_waiting, database, age)
    for publication_id in waiting:
        await tell(gateway, publication_id)
    return len(waiting)


def _stored(database: Database, key: Key, change: Change, by: Publisher) -> UUID:
    with database.write() as session:
        facts = once(session, key, by.now, _publish(session, change, by))
    return UUID(str(facts["publication_id"]))


def _publish(session: Session, change: Change, by: Publisher) -> Callable[[], dict[str, object]]:
    def do() -> dict[str, object]:
        return {"publication_id": str(calendar_publication.publish(session, change, by).id)}

    return do


def _waiting(database: Database, age: timedelta) -> list[UUID]:
    with database.read() as session:
        return PublicationStore(session).not_started(datetime.now(UTC) - age)
