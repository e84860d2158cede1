"""A request that only writes records, done once under its key: the same key gives the first answer again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.services import idempotency
from models.services.idempotency import OK, Kept, Key

Facts = dict[str, Any]
"""What a repeat needs to answer as the first time: ids only, no text, for the row is not encrypted."""


def once(session: Session, key: Key, at: datetime, do: Callable[[], Facts]) -> Facts:
    """Do it and keep its facts, or return those of the first time; a refusal is not kept.

    Raises IDEMPOTENCY_CONFLICT for other content under the same key, and what `do` raises.
    """
    found = idempotency.find(session, key)
    if isinstance(found, Kept):
        return found.answer
    facts = do()
    idempotency.keep(session, key, OK, facts, at)
    return facts
