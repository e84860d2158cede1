"""What API and worker tell about their talk with the engine: SDK metrics for Prometheus, traces for a collector.

Both are off unless their setting is there. A span names routes, workflow and activity types and the ids of cases; no
payload goes into one, and of an exception its type: its text may name people.
"""

import logging
from collections.abc import Sequence
from functools import cache

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import NoOpTracer, Status, Tracer
from temporalio.client import Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from models.settings import Settings

_EXCEPTION_TYPE = "exception.type"
_LOGS = LoggingConfig(
    filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
    forwarding=LogForwardingConfig(logging.getLogger("temporalio.core"), append_target_to_name=False),
)


def tracer_of(settings: Settings) -> Tracer:
    """The one tracer of this process; it records nothing while no collector is set."""
    return _tracer(settings.otlp_endpoint, settings.service_name) if settings.otlp_endpoint else NoOpTracer()


def interceptors(settings: Settings) -> list[Interceptor]:
    """Carry the trace of a request through client, workflow and activity."""
    return [TracingInterceptor(tracer_of(settings))] if settings.otlp_endpoint else []


@cache
def log_runtime() -> Runtime:
    """The SDK's runtime with what it has to say in our log, not in a form of its own beside it; one a process."""
    return Runtime(telemetry=TelemetryConfig(logging=_LOGS))


def sdk_runtime(settings: Settings) -> Runtime:
    """The same with its metrics on the metrics port, where one is set. Before connecting, once.

    Raises ValueError when the port is taken.
    """
    if settings.metrics_port is None:
        return log_runtime()
    address = f"{settings.metrics_host}:{settings.metrics_port}"
    config = PrometheusConfig(address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True)
    try:
        return Runtime(telemetry=TelemetryConfig(logging=_LOGS, metrics=config))
    except ValueError as error:
        raise ValueError(f"GREENLANE_METRICS_PORT {settings.metrics_port} cannot be used: {error}") from error


@cache
def _tracer(endpoint: str, service: str) -> Tracer:
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(_WordlessExporter(endpoint)))
    return provider.get_tracer("greenlane")


class _WordlessExporter(OTLPSpanExporter):
    """Sends spans without what exceptions say: the SDK notes text and stack of each, causes included."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_wordless(span) for span in spans])


def _wordless(span: ReadableSpan) -> ReadableSpan:
    types = [str((event.attributes or {}).get(_EXCEPTION_TYPE)) for event in span.events]
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={**(span.attributes or {}), **({"error.type": types[-1]} if types else {})},
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
