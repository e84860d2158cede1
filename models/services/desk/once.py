"""A request that only writes records, done once under its key: the same key gives the first answer again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key
from models.stores.idempotency import DONE, IdempotencyStore
from models.tables.messages import IdempotencyRecord

OK = 200
Facts = dict[str, Any]
"""What a repeat needs to answer as the first time: ids only, no text, for the row is not encrypted."""


def once(session: Session, key: Key, at: datetime, do: Callable[[], Facts]) -> Facts:
    """Do it and keep its facts, or return those of the first time; a refusal is not kept.

    Raises IDEMPOTENCY_CONFLICT for other content under the same key, and what `do` raises.
    """
    first = answered(session, key)
    if first is not None:
        return first
    facts = do()
    row = IdempotencyRecord(
        account_id=key.account_id,
        key=key.key,
        route=key.route,
        body_hash=key.body_hash,
        state=DONE,
        status=OK,
        answer=facts,
        created_at=at,
    )
    IdempotencyStore(session).add(row)
    return facts


def answered(session: Session, key: Key) -> Facts | None:
    """The facts of the first time; None when there was none. Raises IDEMPOTENCY_CONFLICT as `once`."""
    found = IdempotencyStore(session).find(key.account_id, key.key)
    if found is None:
        return None
    if (found.route, found.body_hash) != (key.route, key.body_hash):
        raise DomainError(ErrorCode.IDEMPOTENCY_CONFLICT)
    return found.answer or {}
