"""`/events`: server-sent events for the caller's inbox, and the same numbers for whoever cannot keep a stream open."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.act_base import inbox_of
from api.deps import Action, Caller, DatabaseDep, require
from api.live import Audience, Live, Stream
from api.message_answers import inbox_numbers
from api.schemas.messages import InboxNumbers, LiveInbox
from api.security.guard import identify
from models.database import Database
from models.errors import DomainError

router = APIRouter(tags=["notifications"])
HEARTBEAT_SECONDS = 10.0
"""How often a stream looks whether its reader is still signed in, and with which posts."""
RECONNECT_MS = 3000
ReaderDep = Annotated[Caller, require(Action.READ_ME)]


async def _stream(
    request: Request,
    database: DatabaseDep,
    caller: ReaderDep,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> AsyncIterator[Stream]:
    live = cast("Live", request.app.state.live)
    audience = await run_in_threadpool(_audience, database, caller)
    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() else None
    stream = await live.open(caller.account_id, audience, after)
    try:
        yield stream
    finally:
        live.close(stream)


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, database: DatabaseDep, caller: ReaderDep, stream: Annotated[Stream, Depends(_stream)]
) -> AsyncIterator[ServerSentEvent]:
    """Event `inbox` with the numbers now and after every change; ends when the caller's sign-in does.

    At most five streams per account, then 429. `Last-Event-ID` tells what the page saw last: when its inbox changed
    since, the first event says so (`changed`).
    """
    yield ServerSentEvent(comment="greenlane", retry=RECONNECT_MS)
    missed = await stream.news(0.01)
    reader: Caller | None = caller
    yield await run_in_threadpool(_event, database, caller, stream, missed)
    while not stream.ended:
        came = await stream.news(HEARTBEAT_SECONDS)
        reader = await run_in_threadpool(_still, request, database, stream)
        if stream.ended or reader is None:
            return
        if came:
            yield await run_in_threadpool(_event, database, reader, stream, True)


@router.get("/me/inbox")
def read_numbers(database: DatabaseDep, caller: ReaderDep) -> InboxNumbers:
    """The numbers beside the caller's inbox, to be asked for once a minute where streams do not pass."""
    with database.read() as session:
        return inbox_numbers(session, caller, datetime.now(UTC))


def _audience(database: Database, caller: Caller) -> Audience:
    with database.read() as session:
        return Audience.of(inbox_of(session, caller))


def _event(database: Database, caller: Caller, stream: Stream, changed: bool) -> ServerSentEvent:
    with database.read() as session:
        found = inbox_numbers(session, caller, datetime.now(UTC))
    data = LiveInbox(**found.model_dump(), changed=changed, task_id=stream.task_id if changed else None)
    return ServerSentEvent(event="inbox", id=str(stream.seq), raw_data=data.model_dump_json())


def _still(request: Request, database: Database, stream: Stream) -> Caller | None:
    """The reader as it is now; None when its session ended, its token ran out or it was disabled."""
    try:
        caller, _ = identify(request)
    except DomainError:
        return None
    stream.audience = _audience(database, caller)
    return caller
