"""Queries of what was told to people, of what changed their inboxes, and of the workers' signs of life."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from models.tables.messages import Delivery, Notification, OutboxEvent, WorkerHeartbeat


class NotificationStore:
    """Messages by the key that makes each of them go out once."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def by_key(self, key: str) -> Notification | None:
        """The message stored under the key, sent or not."""
        return self.session.exec(select(Notification).where(Notification.dedupe_key == key)).first()

    def standing(self, keys: Iterable[str]) -> frozenset[str]:
        """Which of the keys a message is stored under already."""
        statement = select(Notification.dedupe_key).where(col(Notification.dedupe_key).in_(list(keys)))
        return frozenset(self.session.exec(statement))

    def add(self, row: Notification | Delivery) -> None:
        """Insert or change a message, or one of its ways out."""
        self.session.add(row)

    def append(self, event: OutboxEvent) -> None:
        """Announce an event to open pages, with the next flush."""
        self.session.add(event)


class OutboxStore:
    """What changed inboxes, in the order of `seq` (decisions.md 28)."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def newest(self) -> int:
        """Number of the newest event; 0 when there is none."""
        return self.session.exec(select(func.max(col(OutboxEvent.seq)))).one() or 0

    def after(self, seq: int, limit: int) -> Sequence[OutboxEvent]:
        """Events later than the number, oldest first."""
        statement = select(OutboxEvent).where(col(OutboxEvent.seq) > seq).order_by(col(OutboxEvent.seq)).limit(limit)
        return self.session.exec(statement).all()

    def trim(self, before: datetime) -> int:
        """Forget events older than an instant; gives how many. Nobody resumes that far back."""
        found = self.session.execute(delete(OutboxEvent).where(col(OutboxEvent.at) < before))
        return found.rowcount  # type: ignore[attr-defined, no-any-return]


class HeartbeatStore:
    """One row per worker process, moved with each beat."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def beat(self, worker: str, at: datetime) -> None:
        """The worker lives at this instant."""
        row = self.session.get(WorkerHeartbeat, worker) or WorkerHeartbeat(worker=worker, at=at)
        row.at = at
        self.session.add(row)

    def remove(self, worker: str) -> None:
        """The worker is gone."""
        self.session.execute(delete(WorkerHeartbeat).where(col(WorkerHeartbeat.worker) == worker))

    def forget_before(self, at: datetime) -> None:
        """Workers whose last sign of life is older are gone."""
        self.session.execute(delete(WorkerHeartbeat).where(col(WorkerHeartbeat.at) < at))

    def newest(self) -> datetime | None:
        """When any worker last gave a sign of life."""
        return self.session.exec(select(func.max(col(WorkerHeartbeat.at)))).one()
