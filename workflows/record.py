"""One way to write a record from a workflow: a quick local attempt, then a regular activity until it stands.

A whole database outage costs seven events instead of seventy-three a minute (decisions.md 3).
"""

from collections.abc import Callable
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.options import RECORD_LOCALLY, RECORD_UNTIL_DONE
from workflows.refusals import domain_cause

M = TypeVar("M")
R = TypeVar("R")


async def record(activity: Callable[[Any, M], R], message: M) -> R:
    """Run a record activity method and return what stands in the records.

    Raises the domain refusal (ApplicationError whose type is an ErrorCode) when the records refuse.
    """
    try:
        return await workflow.execute_local_activity_method(activity, message, **RECORD_LOCALLY)
    except FailureError as error:
        refused = domain_cause(error)
        if refused is not None:
            raise refused from None
    try:
        return await workflow.execute_activity_method(activity, message, **RECORD_UNTIL_DONE)
    except FailureError as error:
        raise (domain_cause(error) or error) from None
