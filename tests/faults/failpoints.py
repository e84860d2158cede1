"""Every delivery of every activity as a worker makes it that dies in it.

An activity is broken off at its first commit, then at its second, and so on until it got to its end; then it is
delivered once more, as an engine does that never heard of the end. That last delivery must move no row and give no
other answer. Nothing of this exists in the service itself.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlmodel import Session
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

AGAIN, PAUSE_SECONDS = 100, 0.02
"""How often a delivery is repeated while others write beside it."""
_DEAD = object()
Rows = dict[str, list[Any]]


class Killed(BaseException):
    """The worker dies: no handler of an activity holds it up."""


@dataclass
class _Delivery:
    """One run of an activity, and the commit at which it dies; 0 for never."""

    dies_at: int = 0
    commits: int = 0


_delivery: ContextVar[_Delivery | None] = ContextVar("delivery", default=None)


@dataclass
class Failpoints(Interceptor):
    """Breaks off and repeats the activities of a worker on these records, but for those that are started once only."""

    records: Path
    once: frozenset[str]
    broken_off: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    moved: list[str] = field(default_factory=list)
    answered: dict[str, str] = field(default_factory=dict)
    _begun: int = 0
    _ended: int = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap every activity of the worker."""
        return _Walked(next, self)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """While the points can be reached."""
        event.listen(Session, "before_commit", self._at_commit)
        event.listen(Session, "after_commit", self._committed)
        try:
            yield
        finally:
            event.remove(Session, "before_commit", self._at_commit)
            event.remove(Session, "after_commit", self._committed)

    def _at_commit(self, _: Session) -> None:
        delivery = _delivery.get()
        if delivery is not None:
            delivery.commits += 1
            if delivery.commits == delivery.dies_at:
                raise Killed
        self._begun += 1

    def _committed(self, _: Session) -> None:
        self._ended += 1

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is writing."""
        return self._begun == self._ended

    @property
    def commits(self) -> int:
        """How many transactions there were."""
        return self._begun

    def compare(self, name: str, first: tuple[Any, Rows], again: tuple[Any, Rows]) -> None:
        """Note what the last delivery changed: answer and records."""
        self.repeated[name] += 1
        if first[0] != again[0]:
            self.answered[name] = f"{first[0]!r}, then {again[0]!r}"
        self.moved += [f"{name} moved {table}" for table, rows in first[1].items() if rows != again[1][table]]

    def rows(self) -> Rows:
        """Everything that stands, by table."""
        with closing(sqlite3.connect(self.records)) as records:
            names = records.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {name: records.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}


class _Walked(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, points: Failpoints) -> None:  # noqa: A002 - the SDK's name
        super().__init__(next)
        self._points = points

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        name, commit = activity.info().activity_type, 1
        if name in self._points.once:
            return await super().execute_activity(input)
        while (answer := await self._delivered(input, _Delivery(commit))) is _DEAD:
            self._points.broken_off[name] += 1
            commit += 1
        return await self._again(name, input, answer)

    async def _delivered(self, input: ExecuteActivityInput, delivery: _Delivery) -> Any:  # noqa: A002 - the SDK's name
        context = activity._Context.current()
        heartbeat, token = context.heartbeat, _delivery.set(delivery)
        try:
            return await super().execute_activity(input)
        except Killed:
            return _DEAD
        finally:
            _delivery.reset(token)
            context.heartbeat = heartbeat  # the SDK wraps it anew at every delivery

    async def _again(self, name: str, input: ExecuteActivityInput, first: Any) -> Any:  # noqa: A002 - the SDK's name
        """The same delivery once more, as soon as nobody else writes beside it; its answer is what the engine gets."""
        points, answer = self._points, first
        for _ in range(AGAIN):
            quiet, begun, before, delivery = points.is_quiet, points.commits, points.rows(), _Delivery()
            answer, after = await self._delivered(input, delivery), points.rows()
            if quiet and points.commits - begun == delivery.commits:
                points.compare(name, (first, before), (answer, after))
                break
            await asyncio.sleep(PAUSE_SECONDS)
        return answer
