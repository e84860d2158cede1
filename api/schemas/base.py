"""Bases of every JSON body and answer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, model_validator

ItemT = TypeVar("ItemT")


def _in_utc(at: datetime) -> datetime:
    """The instant as it is kept. Raises ValueError for one at an edge of the calendar that UTC does not have."""
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no instant in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant that somebody sends, with its time zone."""


class Body(BaseModel):
    """A JSON body: unknown fields are refused (422 `unknown_field`), so is the character NUL."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        if _holds_nul(value):
            raise ValueError("the character NUL is not text")
        return value


class Answer(BaseModel):
    """A JSON answer, built from keywords or from a row."""

    model_config = ConfigDict(from_attributes=True)


class PageAnswer(Answer, Generic[ItemT]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[ItemT]
    next_cursor: str | None = None


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_nul(item) for item in value.values())
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return any(_holds_nul(item) for item in value)
    return False
