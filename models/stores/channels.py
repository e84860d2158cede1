"""Queries of how people want to be told, and of what waits to be sent to them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from models.tables.messages import ChannelPreference, Delivery, Notification
from models.tables.organisation import Account
from models.types import Channel, DeliveryState

WAITING = (DeliveryState.PENDING, DeliveryState.DIGEST)


class Told(NamedTuple):
    """A person, and what it chose; None when it chose nothing."""

    account: Account
    preference: ChannelPreference | None


class ChannelStore:
    """Preferences by person."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def preference(self, account_id: UUID) -> ChannelPreference | None:
        """What one person chose; None when it chose nothing."""
        return self.session.get(ChannelPreference, account_id)

    def of_people(self, account_ids: Iterable[UUID]) -> list[Told]:
        """Accounts with what they chose, each once, in the order asked for; unknown ids are left out."""
        wanted = list(dict.fromkeys(account_ids))
        statement = (
            select(Account, ChannelPreference)
            .outerjoin(ChannelPreference, col(ChannelPreference.account_id) == col(Account.id))
            .where(col(Account.id).in_(wanted))
        )
        found = {account.id: Told(account, chosen) for account, chosen in self.session.exec(statement)}
        return [found[account_id] for account_id in wanted if account_id in found]

    def add(self, row: ChannelPreference) -> None:
        """Store or change what a person chose."""
        self.session.add(row)


class DeliveryStore:
    """Deliveries by state, by notification and by the workflow that sends them."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, delivery_id: UUID, *, lock: bool = False) -> Delivery | None:
        """One delivery; `lock` keeps others from changing it until the transaction ends (where rows can be locked)."""
        return self.session.get(Delivery, delivery_id, with_for_update=lock)

    def notification(self, row: Delivery) -> Notification | None:
        """What a delivery carries."""
        return self.session.get(Notification, row.notification_id)

    def due(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Deliveries whose hour has come and that no workflow has taken up, oldest first; one per digest and person."""
        statement = (
            select(Delivery.id, Delivery.state, Notification.account_id)
            .join(Notification, col(Notification.id) == col(Delivery.notification_id))
            .where(col(Delivery.state).in_(WAITING), Delivery.not_before <= now, col(Delivery.sent_with).is_(None))
            .order_by(col(Delivery.not_before), col(Delivery.id))
            .limit(limit)
        )
        starts: dict[object, UUID] = {}
        for delivery_id, state, account_id in self.session.exec(statement):
            starts.setdefault(account_id if state == DeliveryState.DIGEST else delivery_id, delivery_id)
        return list(starts.values())

    def under_way(self, before: datetime, limit: int) -> list[UUID]:
        """Deliveries whose workflow should be done with what was due before, oldest first, each once."""
        head = func.coalesce(Delivery.sent_with, Delivery.id)
        statement = (
            select(head)
            .where(col(Delivery.state).in_((*WAITING, DeliveryState.SENDING)), Delivery.not_before <= before)
            .group_by(head)
            .order_by(func.min(Delivery.not_before), head)
            .limit(limit)
        )
        return list(self.session.exec(statement))

    def digest_of(self, account_id: UUID | None, now: datetime) -> list[Delivery]:
        """Everything collected for a person's digest whose hour has come, oldest first."""
        statement = (
            select(Delivery)
            .join(Notification, col(Notification.id) == col(Delivery.notification_id))
            .where(
                Notification.account_id == account_id,
                Delivery.state == DeliveryState.DIGEST,
                Delivery.not_before <= now,
                col(Delivery.sent_with).is_(None),
            )
            .order_by(col(Notification.created_at), col(Delivery.id))
            .with_for_update(of=Delivery)
        )
        return list(self.session.exec(statement))

    def sent_with(self, delivery_id: UUID) -> list[Delivery]:
        """What the workflow of a delivery sends, in the order of what happened."""
        statement = (
            select(Delivery)
            .join(Notification, col(Notification.id) == col(Delivery.notification_id))
            .where(Delivery.sent_with == delivery_id)
            .order_by(col(Notification.created_at), col(Delivery.id))
        )
        return list(self.session.exec(statement))

    def of_notifications(self, notification_ids: Sequence[UUID]) -> list[Delivery]:
        """Every delivery of some notifications."""
        return list(self.session.exec(select(Delivery).where(col(Delivery.notification_id).in_(notification_ids))))

    def newest_test(self, account_id: UUID, template: str) -> tuple[Notification, Delivery] | None:
        """The person's newest notification of a template that went to the robot."""
        statement = (
            select(Notification, Delivery)
            .join(Delivery, col(Delivery.notification_id) == col(Notification.id))
            .where(
                Notification.account_id == account_id,
                Notification.template == template,
                Delivery.channel == Channel.CHAT,
            )
            .order_by(col(Notification.created_at).desc())
            .limit(1)
        )
        return self.session.exec(statement).first()

    def add(self, row: Delivery) -> None:
        """Insert or change a delivery."""
        self.session.add(row)


class InboxMessageStore:
    """通知: what was told to one person, newest first."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def page(
        self, account_id: UUID, *, unread: bool | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Notification]:
        """Notifications of a person from a keyset position on: unread ones, those that were read, or (None) all."""
        at, number = col(Notification.created_at), col(Notification.id)
        statement = select(Notification).where(Notification.account_id == account_id)
        if unread is not None:
            is_unread = col(Notification.read_at).is_(None)
            statement = statement.where(is_unread if unread else col(Notification.read_at).is_not(None))
        if after is not None:
            statement = statement.where(at <= after[0], (at < after[0]) | (number < after[1]))
        return list(self.session.exec(statement.order_by(at.desc(), number.desc()).limit(limit)))

    def unread(self, account_id: UUID, cap: int) -> int:
        """How many the person has not read, at most `cap`."""
        statement = (
            select(Notification.id)
            .where(Notification.account_id == account_id, col(Notification.read_at).is_(None))
            .limit(cap)
        )
        return self.session.exec(select(func.count()).select_from(statement.subquery())).one()

    def of(self, account_id: UUID, notification_id: UUID) -> Notification | None:
        """One notification of a person; None when it is somebody else's."""
        row = self.session.get(Notification, notification_id)
        return row if row is not None and row.account_id == account_id else None

    def mark_all_read(self, account_id: UUID, at: datetime) -> None:
        """Everything the person has not read yet is read now."""
        rows = update(Notification).where(
            col(Notification.account_id) == account_id, col(Notification.read_at).is_(None)
        )
        self.session.execute(rows.values(read_at=at))
