"""A change of the calendar as it travels in addresses and forms: one `2026-10-01~2026-10-07:off:国庆节` a stretch."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.errors import DomainError, ErrorCode
from models.services.calendar_publication import ChangedDay

LONGEST = 62
AT_MOST = 60
NAME_LENGTH = 100


class ChangeKind(StrEnum):
    """What the days become."""

    OFF = "off"
    WORK = "work"
    HALF = "half"


class Stretch(NamedTuple):
    """Days from `first` to `last`, both included, that become the same."""

    first: date
    last: date
    kind: ChangeKind
    name: str

    @property
    def token(self) -> str:
        """The stretch as text."""
        return f"{self.first}~{self.last}:{self.kind}:{self.name}"

    def days(self) -> list[ChangedDay]:
        """Its days, one by one."""
        length = (self.last - self.first).days + 1
        dates = [self.first + timedelta(days=n) for n in range(length)]
        return [
            ChangedDay(day, self.kind is not ChangeKind.OFF, self.kind is ChangeKind.HALF, self.name) for day in dates
        ]


def read(first: str, last: str, kind: str, name: str) -> Stretch:
    """A stretch as typed; without an end it is one day. Raises INVALID_INPUT with the field that is wrong."""
    begin, end = _date(first, "first"), _date(last or first, "last")
    if not 0 <= (end - begin).days < LONGEST:
        raise _invalid("last", "value_error")
    if kind not in set(ChangeKind):
        raise _invalid("kind", "enum")
    if len(name) > NAME_LENGTH:
        raise _invalid("name", "string_too_long")
    return Stretch(begin, end, ChangeKind(kind), name.strip())


def read_tokens(tokens: Sequence[str]) -> tuple[Stretch, ...]:
    """Stretches from their texts. Raises INVALID_INPUT."""
    if len(tokens) > AT_MOST:
        raise _invalid("first", "too_long")
    return tuple(_read_token(token) for token in tokens if token)


def days_of(stretches: Iterable[Stretch]) -> tuple[ChangedDay, ...]:
    """Every day of the stretches, by date; of two that meet, the later entered counts."""
    found = {line.day: line for stretch in stretches for line in stretch.days()}
    return tuple(found[day] for day in sorted(found))


def _read_token(token: str) -> Stretch:
    span, _, rest = token.partition(":")
    first, _, last = span.partition("~")
    kind, _, name = rest.partition(":")
    return read(first, last, kind, name)


def _date(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _invalid(field, "date_from_datetime_parsing") from None


def _invalid(field: str, reason: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": reason}])
