"""Messages of a running membership 会员周期: cancellation by an immediate cause, downgrade after its buffer."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from models.messages.approval import Act
from models.messages.base import Message
from models.types import MembershipStage, Tier


class CancelMembership(Act):
    """取消 at once, by a cause of the rulebook; `comment` is the reason."""

    kind: Literal["cancel"] = "cancel"
    customer_no: str
    cause: str


class DowngradeMembership(Act):
    """降级 after its buffer 降级缓冲期; `comment` is the reason. `to` is the tier afterwards."""

    kind: Literal["downgrade"] = "downgrade"
    customer_no: str
    to: Tier


class RecordMembershipAct(Message):
    """An accepted act, to be recorded or adopted by its update id."""

    act: CancelMembership | DowngradeMembership
    at: datetime


class MembershipAnswered(Message):
    """What an accepted act answers: where the membership stands; `buffer_until` is the last day of the old tier."""

    membership_id: UUID
    stage: MembershipStage
    tier: Tier
    buffer_until: date | None = None
    buffer_ends_at: datetime | None = None
    """Instant at which the buffer is over: the end of its last day in Shanghai."""


class EndBuffer(Message):
    """The buffer of a downgrade is over: the new tier counts from now on."""

    membership_id: UUID
    at: datetime
