"""Signs of life of the workers, read by `/readyz`. A record database that is away is an answer here, not an error."""

from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from models.database import Database
from models.stores.messages import HeartbeatStore

FRESH = timedelta(seconds=30)
"""A worker beats every few seconds; one that was silent this long is counted as gone."""

KEPT = timedelta(days=1)
"""A killed worker leaves its sign behind, and its successor has another name."""


def beat(database: Database, worker: str, at: datetime) -> None:
    """Record that the worker lives. A record database that is away is no reason to stop the worker."""
    try:
        with database.write() as session:
            store = HeartbeatStore(session)
            store.forget_before(at - KEPT)
            store.beat(worker, at)
    except OperationalError:
        return


def leave(database: Database, worker: str) -> None:
    """A worker that stops takes its sign of life with it: half a minute of `ready` without anybody would be untrue."""
    try:
        with database.write() as session:
            HeartbeatStore(session).remove(worker)
    except OperationalError:
        return


def worker_alive(database: Database, now: datetime) -> bool:
    """Whether the records answer and hold a sign of life of any worker within the last 30 seconds."""
    try:
        with database.read() as session:
            newest = HeartbeatStore(session).newest()
    except SQLAlchemyError:
        return False
    return newest is not None and now - newest < FRESH
