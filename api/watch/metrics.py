"""`/metrics` of the API process, on a port of its own that only the machine itself reaches (decisions.md 23).

Requests by route, status and time taken; calls to the engine, and whether it answers; the process; and the programme's
figures. A worker shows the metrics of Temporal's SDK on its own port (`workflows.telemetry`).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.gateway import Gateway
from api.watch.business import BusinessCollector
from api.watch.calls import ENGINE_CALLS, REQUESTS
from models.database import Database
from models.settings import Settings

ASKED_SECONDS = 5.0
EngineAlive = Callable[[], bool]


class EngineCollector(Collector):
    """Asks the engine at each scrape: at night nobody acts, so nobody's act would tell that it is away."""

    def __init__(self, alive: EngineAlive) -> None:
        self.alive = alive

    def describe(self) -> Iterable[Metric]:
        """Nothing: the engine is not asked at registration."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """1 or 0."""
        yield GaugeMetricFamily("greenlane_engine_up", "1 while the engine answers.", value=float(self.alive()))


def asked_of(gateway: Gateway | None) -> EngineAlive:
    """Asks a gateway from another thread, in the running loop, which is where it lives; without one it is away."""
    loop = asyncio.get_running_loop()

    def alive() -> bool:
        if gateway is None:
            return False
        answer = asyncio.run_coroutine_threadsafe(gateway.healthy(), loop)
        try:
            return answer.result(ASKED_SECONDS)
        except TimeoutError:
            answer.cancel()
            return False

    return alive


def registry_of(database: Database, alive: EngineAlive) -> CollectorRegistry:
    """Everything the process shows, with the figures of these records and whether the engine is there."""
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR, ENGINE_CALLS, REQUESTS):
        registry.register(collector)
    registry.register(EngineCollector(alive))
    registry.register(BusinessCollector(database))
    return registry


@contextmanager
def served(settings: Settings, database: Database, alive: EngineAlive) -> Iterator[None]:
    """Serve the metrics while the application runs, if a port is set. Raises ValueError when the port is taken."""
    if settings.metrics_port is None:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, settings.metrics_host, registry_of(database, alive))
    except OSError as error:
        raise ValueError(f"GREENLANE_METRICS_PORT {settings.metrics_port} cannot be used: {error.strerror}") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
