"""Ids of tasks that open: fresh ones, or those the engine knows them by when a record is written again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from models.tables.columns import new_id

_given: ContextVar[Iterator[UUID] | None] = ContextVar("greenlane_given_task_ids", default=None)


def new_task_id() -> UUID:
    """The id of the next task that opens."""
    given = _given.get()
    return new_id() if given is None else next(given, None) or new_id()


@contextmanager
def given_task_ids(ids: Sequence[UUID]) -> Iterator[None]:
    """Within the block tasks open under these ids, in this order."""
    token = _given.set(iter(ids))
    try:
        yield
    finally:
        _given.reset(token)
