"""Live inboxes: each process reads the outbox once a second, however many pages are open (decisions.md 28)."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from api.loops import beside
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.stores.messages import OutboxStore
from models.stores.tasks import Person
from models.tables.messages import OutboxEvent
from models.types import Role

POLL_SECONDS = 1.0
REREAD_SECONDS = 10.0
"""Numbers are given before they are committed: an event may turn up behind a later one, at most this much after it."""
PAGE = 500
MAX_STREAMS = 5
"""Open pages of one account; the browser keeps one only for the page somebody looks at."""
RETRY_SECONDS = 60

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Audience:
    """Whose inbox a stream shows: accounts and posts, with those of everybody the reader stands in for."""

    accounts: frozenset[UUID]
    posts: frozenset[tuple[Role, str]]

    @classmethod
    def of(cls, person: Person) -> "Audience":
        """The audience of a reader."""
        others = person.stands_for
        return cls(
            frozenset({person.account_id, *(other.principal_id for other in others)}),
            frozenset({*person.posts, *(post for other in others for post in other.posts)}),
        )

    def concerns(self, event: OutboxEvent) -> bool:
        """Whether the event may have changed this inbox."""
        if event.account_id in self.accounts:
            return True
        return event.role is not None and (event.role, event.institution_code) in self.posts


@dataclass(eq=False)
class Stream:
    """One open page: what came since it was last told, in one piece."""

    account_id: UUID
    audience: Audience
    seq: int
    task_id: UUID | None = None
    ended: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, events: Sequence[OutboxEvent]) -> None:
        """Wake the page when one of the events is its own."""
        mine = [event for event in events if self.audience.concerns(event)]
        if mine:
            self.seq, self.task_id = max(event.seq or 0 for event in mine), mine[-1].task_id
            self._woken.set()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self._woken.set()

    async def news(self, seconds: float) -> bool:
        """Wait for news; False when none came in time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        came = self._woken.is_set()
        self._woken.clear()
        return came


class Live:
    """Every open stream of this process, and the one poll that feeds them."""

    def __init__(self, database: Database, is_stopping: Callable[[], bool] = lambda: False) -> None:
        self._database = database
        self._is_stopping = is_stopping
        self._streams: set[Stream] = set()
        self._seen: dict[int, float] = {}
        self._floor: int | None = None

    async def open(self, account_id: UUID, audience: Audience, after: int | None) -> Stream:
        """A stream for a page; `after` is the number of the last event it was told. Raises RATE_LIMITED."""
        if sum(stream.account_id == account_id for stream in self._streams) >= MAX_STREAMS:
            raise DomainError(ErrorCode.RATE_LIMITED, seconds=RETRY_SECONDS)
        stream = Stream(account_id, audience, 0)
        self._streams.add(stream)
        try:
            newest = await run_in_threadpool(self._newest)
            if self._floor is None:
                self._floor = newest
            stream.seq = newest
            if after is not None and after < newest:
                stream.offer(await run_in_threadpool(self._after, after))
        except BaseException:
            self.close(stream)
            raise
        return stream

    def close(self, stream: Stream) -> None:
        """The page is gone."""
        stream.end()
        self._streams.discard(stream)

    async def run(self) -> None:
        """Poll until cancelled; when the server stops every stream is ended, so that it need not wait for them."""
        while True:
            try:
                await self._turn()
            except OperationalError as error:
                _log.warning("live inboxes wait for the records", error=type(error).__name__)
            await asyncio.sleep(POLL_SECONDS)

    async def _turn(self) -> None:
        if self._is_stopping():
            for stream in self._streams:
                stream.end()
        if not self._streams:
            self._floor = None
            self._seen.clear()
        elif self._floor is not None:
            self._tell(await run_in_threadpool(self._after, self._floor))

    def _tell(self, events: Sequence[OutboxEvent]) -> None:
        now = time.monotonic()
        fresh = [event for event in events if event.seq is not None and event.seq not in self._seen]
        self._seen.update({event.seq: now for event in fresh if event.seq is not None})
        for stream in self._streams:
            stream.offer(fresh)
        old = [seq for seq, at in self._seen.items() if now - at > REREAD_SECONDS]
        for seq in old:
            del self._seen[seq]
        self._floor = max(self._floor or 0, *old) if old else self._floor

    def _newest(self) -> int:
        with self._database.read() as session:
            return OutboxStore(session).newest()

    def _after(self, seq: int) -> list[OutboxEvent]:
        found: list[OutboxEvent] = []
        with self._database.read() as session:
            store = OutboxStore(session)
            while page := store.after(seq, PAGE):
                found += page
                seq = page[-1].seq or seq
                if len(page) < PAGE:
                    break
        return found


@asynccontextmanager
async def live_inboxes(app: FastAPI) -> AsyncIterator[None]:
    """Feed open pages while the application runs; `app.state.is_stopping` tells when the server wants to end."""
    is_stopping = getattr(app.state, "is_stopping", lambda: False)
    app.state.live = Live(app.state.database, is_stopping)
    async with beside("live-inboxes", app.state.live.run):
        yield
