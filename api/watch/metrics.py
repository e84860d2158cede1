"""`/metrics` of the API process, on a port of its own that only the machine itself reaches (decisions.md 23).

Requests by route, status and time taken; calls to the engine; the process; and the programme's figures. A worker
shows the metrics of Temporal's SDK on its own port (`workflows.telemetry`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, start_http_server

from api.watch.business import BusinessCollector
from api.watch.calls import ENGINE_CALLS, REQUESTS
from models.database import Database
from models.settings import Settings


def registry_of(database: Database) -> CollectorRegistry:
    """Everything the process shows, with the figures of these records."""
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR, ENGINE_CALLS, REQUESTS):
        registry.register(collector)
    registry.register(BusinessCollector(database))
    return registry


@contextmanager
def served(settings: Settings, database: Database) -> Iterator[None]:
    """Serve the metrics while the application runs, if a port is set. Raises ValueError when the port is taken."""
    if settings.metrics_port is None:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry_of(database))
    except OSError as error:
        raise ValueError(f"GREENLANE_METRICS_PORT {settings.metrics_port} cannot be used: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
