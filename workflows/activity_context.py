"""Names in each log line of an activity which workflow, and so which case, it was written for."""

from typing import Any

from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class ActivityContext(Interceptor):
    """Binds workflow id, activity type and attempt: business ids, no personal data."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap every activity of the worker."""
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        with bound_contextvars(workflow=info.workflow_id, activity=info.activity_type, attempt=info.attempt):
            return await super().execute_activity(input)
