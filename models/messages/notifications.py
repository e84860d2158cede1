"""What crosses the engine when a notification is sent: ids and outcomes, no person and no text."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from models.messages.base import Message

BROKEN_OFF = "broken off while sending"
"""Error of an attempt whose worker or workflow was lost in it."""
SendOutcome = Literal["sent", "again", "failed", "unconfirmed"]


class SendNotification(Message):
    """Start of a `notification` workflow: the delivery it was started for; a digest takes its companions along."""

    delivery_id: UUID


class ClaimDelivery(Message):
    """Take the deliveries of a workflow up for the attempt with this number (from 1)."""

    delivery_id: UUID
    attempt: int
    at: datetime


class Claimed(Message):
    """What was taken up; empty when there is nothing left to send."""

    delivery_ids: tuple[UUID, ...] = ()


class SendResult(Message):
    """What became of one attempt. `dropped` were not needed any more. `error` names no person."""

    outcome: SendOutcome
    error: str | None = None
    dropped: tuple[UUID, ...] = ()


class SettleDelivery(Message):
    """Write down what became of an attempt; `retry_at` when there is another."""

    delivery_ids: tuple[UUID, ...]
    result: SendResult
    at: datetime
    retry_at: datetime | None = None
