"""Names in each log line of an activity which workflow, and so which case, it was written for, and at whose request."""

from collections.abc import Sequence
from typing import Any

from structlog.contextvars import bind_contextvars
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class ActivityContext(Interceptor):
    """Binds workflow id, activity type, attempt, and the number of the request: business ids, no personal data."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap every activity of the worker."""
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        # Not unbound: each activity is a task of its own, and the SDK logs its failure after this has ended.
        bind_contextvars(workflow=info.workflow_id, activity=info.activity_type, attempt=info.attempt)
        bind_contextvars(**_request(input.args))
        return await super().execute_activity(input)


def _request(args: Sequence[Any]) -> dict[str, str]:
    """The number of the request whose act, or start, an activity records."""
    acts = [getattr(message, name, None) for message in args for name in ("act", "start")]
    numbers = [number for act in acts if (number := getattr(act, "request_id", None))]
    return {"request_id": numbers[0]} if numbers else {}
