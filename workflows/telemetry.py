"""What API and worker tell about their talk with the engine: SDK metrics for Prometheus, traces for a collector.

Both are off unless their setting is there. A span names routes, workflow and activity types and the ids of cases; no
payload goes into one.
"""

from functools import cache

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NoOpTracer, Tracer
from temporalio.client import Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from models.settings import Settings


def tracer_of(settings: Settings) -> Tracer:
    """The one tracer of this process; it records nothing while no collector is set."""
    return _tracer(settings.otlp_endpoint, settings.service_name) if settings.otlp_endpoint else NoOpTracer()


def interceptors(settings: Settings) -> list[Interceptor]:
    """Carry the trace of a request through client, workflow and activity."""
    return [TracingInterceptor(tracer_of(settings))] if settings.otlp_endpoint else []


def sdk_runtime(settings: Settings) -> Runtime | None:
    """The SDK's runtime with its metrics on the metrics port; None while no port is set. Before connecting, once.

    Raises ValueError when the port is taken.
    """
    if settings.metrics_port is None:
        return None
    address = f"{settings.metrics_host}:{settings.metrics_port}"
    config = PrometheusConfig(address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True)
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=config))
    except ValueError as error:
        raise ValueError(f"GREENLANE_METRICS_PORT {settings.metrics_port} cannot be used: {error}") from error


@cache
def _tracer(endpoint: str, service: str) -> Tracer:
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    return provider.get_tracer("greenlane")
