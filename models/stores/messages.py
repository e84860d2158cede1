"""Queries of what was sent to people, and of the workers' signs of life."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from models.tables.messages import Notification, OutboxEvent, WorkerHeartbeat


class NotificationStore:
    """Messages by the key that makes each of them go out once."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def by_key(self, key: str) -> Notification | None:
        """The message stored under the key, sent or not."""
        return self.session.exec(select(Notification).where(Notification.dedupe_key == key)).first()

    def add(self, row: Notification) -> None:
        """Insert or change a message."""
        self.session.add(row)

    def append(self, event: OutboxEvent) -> None:
        """Announce an event to open pages, with the next flush."""
        self.session.add(event)


class HeartbeatStore:
    """One row per worker process, moved with each beat."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def beat(self, worker: str, at: datetime) -> None:
        """The worker lives at this instant."""
        row = self.session.get(WorkerHeartbeat, worker) or WorkerHeartbeat(worker=worker, at=at)
        row.at = at
        self.session.add(row)

    def newest(self) -> datetime | None:
        """When any worker last gave a sign of life."""
        return self.session.exec(select(func.max(col(WorkerHeartbeat.at)))).one()
