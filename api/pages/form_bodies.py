"""A form of a page read by the rules of the JSON body that says the same."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.problems import invalid_input

BodyT = TypeVar("BodyT", bound=BaseModel)


def validated(kind: type[BodyT], given: Mapping[str, Any]) -> BodyT:
    """The body. Raises INVALID_INPUT at its fields."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise invalid_input([{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()]) from error
