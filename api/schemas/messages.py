"""Notifications, channels and live numbers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, SecretStr

from api.schemas.base import Answer, Body
from models.types import Channel, DeliveryState

Hour = Annotated[int, Field(ge=0, le=23)]


class InboxNumbers(Answer):
    """What waits for the caller now; each stops at 100."""

    todo: int
    overdue: int
    queue: int
    unread: int


class LiveInbox(InboxNumbers):
    """Event `inbox`: the numbers after a change. `changed` is false in the first one of a page that missed nothing."""

    changed: bool
    task_id: UUID | None = None


class DeliveryAnswer(Answer):
    """How one notification went out on one channel."""

    channel: Channel
    state: DeliveryState
    not_before: datetime
    attempts: int
    sent_at: datetime | None
    error: str | None


class NotificationAnswer(Answer):
    """通知, in the caller's language; `path` is the page it leads to."""

    notification_id: UUID
    template: str
    subject: str
    body: str
    path: str
    case_id: UUID | None
    task_id: UUID | None
    created_at: datetime
    read_at: datetime | None
    deliveries: list[DeliveryAnswer]


class ChannelsAnswer(Answer):
    """How the caller is told. Of a robot's address only its kind is ever shown again."""

    email: bool
    has_address: bool
    digest: bool
    chat: str
    quiet_from_hour: int | None
    quiet_until_hour: int | None
    language: str
    last_test: DeliveryAnswer | None = None


class ChannelsBody(Body):
    """What the caller chooses. Without `chat_url` the stored address stays; an empty one forgets it."""

    email: bool
    digest: bool = False
    chat_url: SecretStr | None = None
    quiet_from_hour: Hour | None = None
    quiet_until_hour: Hour | None = None
    language: Literal["zh", "en"] = "zh"
