"""Domain errors at the activity boundary: the engine retries what may pass and never a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from models.errors import DomainError


@contextmanager
def reporting() -> Iterator[None]:
    """Turn a DomainError into a non-retryable failure whose type is its code."""
    try:
        yield
    except DomainError as error:
        raise ApplicationError(
            error.code.value,
            error.context,
            type=error.code.value,
            non_retryable=True,
            category=ApplicationErrorCategory.BENIGN,
        ) from error
