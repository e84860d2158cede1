"""Signs of life of the workers, read by `/readyz`."""

from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlmodel import Session, func, select

from models.database import Database
from models.tables.messages import WorkerHeartbeat

FRESH = timedelta(seconds=20)


def beat(database: Database, worker: str, at: datetime) -> None:
    """Record that the worker lives. A record database that is away is no reason to stop the worker."""
    try:
        with database.write() as session:
            row = session.get(WorkerHeartbeat, worker) or WorkerHeartbeat(worker=worker, at=at)
            row.at = at
            session.add(row)
    except OperationalError:
        return


def worker_alive(session: Session, now: datetime) -> bool:
    """Whether any worker gave a sign within the last 20 seconds."""
    newest = session.exec(select(func.max(WorkerHeartbeat.at))).one()
    return newest is not None and now - newest < FRESH
