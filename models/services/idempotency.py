"""Idempotent requests: reserved before the engine is called, settled with the record or with the refusal.

A decision settles its own row in the transaction that records it, so that no crash can part the two.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.envelope import Envelope, Outgoing
from models.stores.idempotency import DONE, IdempotencyStore
from models.tables.messages import IdempotencyRecord


@dataclass(frozen=True)
class Key:
    """Who sends what under which key; `body_hash` tells a repeat from a misuse."""

    account_id: UUID
    key: str
    route: str
    body_hash: str

    @property
    def update_id(self) -> str:
        """`{account id}:{key}`, the engine's own deduplication key (decisions.md 5)."""
        return f"{self.account_id}:{self.key}"


@dataclass(frozen=True)
class Reservation:
    """A request that is to be sent, or was answered already (`status` is set)."""

    record_id: UUID
    envelope: Envelope
    status: int | None = None
    answer: dict[str, Any] | None = None


def find(session: Session, key: Key) -> Reservation | None:
    """The reservation of the key, if there is one. Raises IDEMPOTENCY_CONFLICT for other content."""
    row = IdempotencyStore(session).find(key.account_id, key.key)
    if row is None:
        return None
    if (row.route, row.body_hash) != (key.route, key.body_hash):
        raise DomainError(ErrorCode.IDEMPOTENCY_CONFLICT)
    return reservation_of(row)


def reserve(session: Session, key: Key, envelope: Envelope, now: datetime) -> Reservation:
    """Keep the message until an answer was seen."""
    row = IdempotencyRecord(
        account_id=key.account_id,
        key=key.key,
        route=key.route,
        body_hash=key.body_hash,
        message=Outgoing(envelope=envelope).model_dump_json(),
        created_at=now,
        sent_at=now,
    )
    IdempotencyStore(session).add(row)
    return reservation_of(row)


def reservation_of(row: IdempotencyRecord) -> Reservation:
    """The row as a reservation."""
    envelope = Outgoing.model_validate_json(row.message or "").envelope
    return Reservation(row.id, envelope, row.status if row.state == DONE else None, row.answer)


def settled(session: Session, record_id: UUID) -> Reservation | None:
    """The request with its definitive answer; None while it has none."""
    row = IdempotencyStore(session).get(record_id)
    return reservation_of(row) if row is not None and row.state == DONE else None


def settle(session: Session, record_id: UUID, status: int, answer: dict[str, Any]) -> None:
    """The definitive answer of a request; the first one stands."""
    row = IdempotencyStore(session).get(record_id)
    if row is None or row.state == DONE:
        return
    row.state, row.status, row.answer = DONE, status, answer
    session.add(row)


def settle_by_update(session: Session, update_id: str, status: int, answer: dict[str, Any]) -> None:
    """Settle the request that an act came from, inside the act's own record transaction.

    Raises INVALID_INPUT for an update id that does not begin with an account: the act is refused, not tried for ever.
    """
    account, _, key = update_id.partition(":")
    IdempotencyStore(session).settle(_account(account), key, status, answer)


def _account(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        errors = [{"field": "update_id", "reason": "uuid_parsing"}]
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=errors) from error


def sent_again(session: Session, reserved: Reservation, now: datetime) -> None:
    """Note that a kept request is sent once more: from now on nobody may say that nothing of it was sent."""
    IdempotencyStore(session).touch(reserved.record_id, now)


def release(session: Session, record_id: UUID) -> bool:
    """Forget a request of which nothing was sent, so that the same key can be used again.

    False, and it stays, when it was sent before or beside this: it may have been applied.
    """
    return IdempotencyStore(session).delete_unsent(record_id)
