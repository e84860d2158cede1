"""Time-outs and retry policies, named once (decisions.md 3, 4; performance.md section 0)."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

from models.errors import ErrorCode

TASK_TIMEOUT = timedelta(seconds=3)
"""A worker killed inside a local activity costs this long instead of ten seconds."""

STICKY_TIMEOUT = timedelta(seconds=2)
"""How long a task waits for the worker that knew the workflow before another takes it."""

RECORD_LOCALLY: LocalActivityConfig = {
    "start_to_close_timeout": timedelta(seconds=2),
    "schedule_to_close_timeout": timedelta(seconds=2),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
"""The one quick attempt of a record, inside the workflow task."""

DOMAIN_CODES = [code.value for code in ErrorCode]

RECORD_UNTIL_DONE: ActivityConfig = {
    "start_to_close_timeout": timedelta(seconds=10),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        maximum_interval=timedelta(seconds=5),
        non_retryable_error_types=DOMAIN_CODES,
    ),
}
"""A record is never given up: the record database may be away for an hour."""

EFFECT: ActivityConfig = {
    "start_to_close_timeout": timedelta(seconds=30),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=DOMAIN_CODES,
    ),
}
"""Effects outside the record database: other workflows, mail."""

SEND_ONCE: ActivityConfig = {
    "start_to_close_timeout": timedelta(seconds=60),
    "retry_policy": RetryPolicy(maximum_attempts=1),
}
"""A message to a person: the engine starts it at most once; what comes of it decides whether there is another."""

SWEEP: ActivityConfig = {
    "start_to_close_timeout": timedelta(minutes=1),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        maximum_interval=timedelta(seconds=30),
        non_retryable_error_types=DOMAIN_CODES,
    ),
}
"""One chunk of a sweep: repeated until it stands, for each is safe to repeat; so long a killed worker holds it up."""

REACH: ActivityConfig = {
    **SWEEP,
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(seconds=10),
}
"""A chunk that starts or signals one by one: a worker that dies among them is noticed soon."""

GREET: ActivityConfig = {
    "start_to_close_timeout": timedelta(minutes=15),
    "schedule_to_close_timeout": timedelta(hours=10),
    "heartbeat_timeout": timedelta(seconds=60),
    "retry_policy": RetryPolicy(
        initial_interval=timedelta(seconds=5),
        maximum_interval=timedelta(minutes=10),
        non_retryable_error_types=DOMAIN_CODES,
    ),
}
"""Messages to customers: the mail server may be away for hours, but a greeting belongs to its day."""
