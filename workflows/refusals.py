"""Domain refusals on their way out of a workflow: the code travels as the failure's type."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError, FailureError

from models.errors import DomainError, ErrorCode

_CODES = frozenset(code.value for code in ErrorCode)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn a DomainError raised in the block into the failure that an update's caller understands."""
    try:
        yield
    except DomainError as error:
        raise refusal(error) from None


def refusal(error: DomainError) -> ApplicationError:
    """The failure of a domain error: type is the code, the one detail its context."""
    return ApplicationError(error.code.value, error.context, type=error.code.value, non_retryable=True)


def domain_cause(error: FailureError) -> ApplicationError | None:
    """The domain refusal inside a failed activity, or None when it failed for another reason.

    A failed local activity raises the ApplicationError itself, a regular one wraps it in ActivityError.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ApplicationError) and cause.type in _CODES:
            return cause
        cause = cause.__cause__
    return None
