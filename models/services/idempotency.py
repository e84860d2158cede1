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

OK = 200


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
    """A request that is to be sent."""

    record_id: UUID
    envelope: Envelope


@dataclass(frozen=True)
class Kept:
    """A request that was answered: HTTP status and content, a refusal as its code and context."""

    status: int
    answer: dict[str, Any]


def find(session: Session, key: Key) -> Reservation | Kept | None:
    """What stands under the key, if anything. Raises IDEMPOTENCY_CONFLICT for other content."""
    row = IdempotencyStore(session).find(key.account_id, key.key)
    if row is None:
        return None
    if (row.route, row.body_hash) != (key.route, key.body_hash):
        raise DomainError(ErrorCode.IDEMPOTENCY_CONFLICT)
    return _kept(row) or reservation_of(row)


def reserve(session: Session, key: Key, envelope: Envelope, now: datetime) -> Reservation:
    """Keep the message until an answer was seen."""
    row = _row(key, now)
    row.message, row.sent_at = Outgoing(envelope=envelope).model_dump_json(), now
    IdempotencyStore(session).add(row)
    return reservation_of(row)


def keep(session: Session, key: Key, status: int, answer: dict[str, Any], now: datetime) -> None:
    """Keep the answer of a request of which nothing is to be sent: ids only, no text, for the row is not encrypted."""
    row = _row(key, now)
    row.state, row.status, row.answer = DONE, status, answer
    IdempotencyStore(session).add(row)


def reservation_of(row: IdempotencyRecord) -> Reservation:
    """The message of the row, to be sent or sent again."""
    return Reservation(row.id, Outgoing.model_validate_json(row.message or "").envelope)


def settled(session: Session, record_id: UUID) -> Kept | None:
    """The definitive answer of the request; None while it has none."""
    row = IdempotencyStore(session).get(record_id)
    return _kept(row) if row is not None else None


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


def _row(key: Key, now: datetime) -> IdempotencyRecord:
    return IdempotencyRecord(
        account_id=key.account_id, key=key.key, route=key.route, body_hash=key.body_hash, created_at=now
    )


def _kept(row: IdempotencyRecord) -> Kept | None:
    return Kept(row.status or OK, row.answer or {}) if row.state == DONE else None


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
