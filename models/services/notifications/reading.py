"""What a person was told: read, marked as read, and the numbers beside its inbox."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.notifications.channels import Planned, preference_of
from models.services.notifications.telling import emit, write
from models.stores.channels import DeliveryStore, InboxMessageStore
from models.stores.tasks import COUNT_CAP, Person, TaskFilter, TaskStore
from models.tables.messages import Delivery, Notification
from models.tables.organisation import Account
from models.types import Channel, DeliveryState

TEST = "channel_test"


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much waits for a person; each stops at `COUNT_CAP`."""

    todo: int
    overdue: int
    queue: int
    unread: int


def numbers(session: Session, person: Person, now: datetime) -> Numbers:
    """What waits for a person at this instant; what it put off (稍后处理) does not."""
    tasks = TaskStore(session)
    wanted = {"todo": TaskFilter(awake_at=now), "overdue": TaskFilter(awake_at=now, due_before=now)}
    found = tasks.todo_counts(person, wanted)
    queue = tasks.queue_count(person, TaskFilter(awake_at=now))
    return Numbers(found["todo"], found["overdue"], queue, unread(session, person.account_id))


def unread(session: Session, account_id: UUID) -> int:
    """How many notifications a person has not read."""
    return InboxMessageStore(session).unread(account_id, COUNT_CAP)


def mark_read(session: Session, account_id: UUID, notification_id: UUID, at: datetime) -> Notification:
    """Read now, if it was not; the person's other open pages count anew. Raises NOT_FOUND for somebody else's."""
    row = InboxMessageStore(session).of(account_id, notification_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    if row.read_at is None:
        row.read_at = at
        session.add(row)
        emit(session, "notified", at, account_id=account_id)
    return row


def mark_all_read(session: Session, account_id: UUID, at: datetime) -> None:
    """Everything is read now."""
    InboxMessageStore(session).mark_all_read(account_id, at)
    emit(session, "notified", at, account_id=account_id)


def send_test(session: Session, account: Account, at: datetime) -> None:
    """A line to the person's own robot, at once; what became of it is `last_test`. Raises INVALID_INPUT without one."""
    if not preference_of(session, account.id, at).chat_url:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "chat_url", "reason": "missing"}])
    row = Notification(
        dedupe_key=f"{TEST}:{uuid4()}:{account.id}",
        account_id=account.id,
        template=TEST,
        content="{}",
        created_at=at,
        read_at=at,
    )
    write(session, [(row, (Planned(Channel.CHAT, DeliveryState.PENDING, at),))])


def last_test(session: Session, account_id: UUID) -> Delivery | None:
    """What became of the newest test."""
    found = DeliveryStore(session).newest_test(account_id, TEST)
    return found[1] if found else None
