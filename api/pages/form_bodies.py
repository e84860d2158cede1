"""A form of a page read by the rules of the JSON body that says the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Form
from pydantic import BaseModel, ValidationError

from api.problems import invalid_input
from models.errors import DomainError

Text = Annotated[str, Form(max_length=600)]
"""A text as it was typed: longer than the body lets it be, so that what is too long is refused at its field."""
BodyT = TypeVar("BodyT", bound=BaseModel)


@dataclass(frozen=True)
class TypedReason:
    """A form that asks for nothing but a reason, as it stands; with the refusal when it was refused."""

    reason: str = ""
    error: DomainError | None = None


def validated(kind: type[BodyT], given: Mapping[str, Any]) -> BodyT:
    """The body. Raises INVALID_INPUT at its fields."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise invalid_input([{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()]) from error
