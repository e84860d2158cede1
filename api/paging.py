"""Keyset paging: `limit` and an opaque `cursor` that holds the sort key of the last row seen."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query

from models.errors import DomainError, ErrorCode

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_LONGEST = 62
"""Bits of a number that both databases hold."""
RowT = TypeVar("RowT")
Key = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Paging:
    """What the caller asked for: `after` is the sort key of the last row of the page before, None at the start."""

    limit: int = DEFAULT_LIMIT
    after: Key | None = None

    @property
    def fetch(self) -> int:
        """Rows to read: one more than shown tells whether there is a next page."""
        return self.limit + 1

    def cut(self, rows: Sequence[RowT], key: Callable[[RowT], Key]) -> tuple[list[RowT], str | None]:
        """The rows to show and the cursor of the next page. `key` gives a row's sort key as plain JSON values."""
        shown = list(rows[: self.limit])
        return shown, encode_cursor(key(shown[-1])) if len(rows) > self.limit else None

    def text(self, position: int = 0) -> str | None:
        """One part of the sort key that must be text. Raises INVALID_INPUT for a cursor of another list."""
        if self.after is None:
            return None
        value = self.after[position] if position < len(self.after) else None
        if not isinstance(value, str):
            raise _bad_cursor()
        return value

    def number(self, position: int = 0) -> int | None:
        """One part of the sort key that must be a whole number. Raises INVALID_INPUT for a cursor of another list."""
        if self.after is None:
            return None
        value = self.after[position] if position < len(self.after) else None
        if not isinstance(value, int) or isinstance(value, bool) or value.bit_length() > _LONGEST:
            raise _bad_cursor()
        return value

    def id(self) -> UUID | None:
        """A sort key that is an id alone. Raises INVALID_INPUT for a cursor of another list."""
        if self.after is None:
            return None
        try:
            return UUID(self.text() or "")
        except ValueError as error:
            raise _bad_cursor() from error

    def text_and_id(self) -> tuple[str, UUID] | None:
        """A sort key of a text and an id. Raises INVALID_INPUT for a cursor of another list."""
        if self.after is None:
            return None
        try:
            return self.text(0) or "", UUID(self.text(1) or "")
        except ValueError as error:
            raise _bad_cursor() from error

    def instant_and_id(self) -> tuple[datetime, UUID] | None:
        """A sort key of an instant and an id. Raises INVALID_INPUT for a cursor of another list."""
        if self.after is None:
            return None
        try:
            at = datetime.fromisoformat(self.text(0) or "")
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC), UUID(self.text(1) or "")
        except (ValueError, OverflowError) as error:
            raise _bad_cursor() from error


def encode_cursor(key: Key) -> str:
    """Opaque form of a sort key."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Key:
    """The sort key of `encode_cursor`. Raises INVALID_INPUT."""
    try:
        values: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not isinstance(values, list) or not all(v is None or _is_text(v) or isinstance(v, int) for v in values):
        raise _bad_cursor()
    return tuple(values)


def _is_text(value: Any) -> bool:
    """Text that both databases hold and an address can carry: no NUL, no half of a surrogate pair."""
    return isinstance(value, str) and "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _bad_cursor() -> DomainError:
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "cursor", "reason": "bad_cursor"}])


async def _paging(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Paging:
    return Paging(limit, decode_cursor(cursor) if cursor else None)


PagingDep = Annotated[Paging, Depends(_paging)]
