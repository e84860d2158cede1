"""Which children one copy has, in starting order: the engine (unless it runs elsewhere), worker, API."""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from temporalio.client import Client

from api.supervisor import probes, temporal_server
from api.supervisor.child import ChildSpec
from api.supervisor.ports import LOOPBACK, engine_ports
from models.settings import Settings

_ENGINE_DRAIN_SECONDS = 10.0
_WORKER_DRAIN_SECONDS = 20.0
_API_DRAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Engine:
    """Where the engine and its own pages are; `command` is empty when somebody else runs it."""

    address: str
    ui_url: str | None
    command: tuple[str, ...] = ()


def locate_engine(settings: Settings) -> Engine:
    """The configured engine, or an embedded one on remembered free ports. Raises StartError."""
    if settings.temporal_address is not None:
        return Engine(settings.temporal_address, settings.temporal_ui_url)
    program = temporal_server.find_program(settings.temporal_cli)
    port, ui_port = engine_ports(settings.home, settings.temporal_port)
    command = temporal_server.command(
        program, home=settings.home, namespace=settings.temporal_namespace, port=port, ui_port=ui_port
    )
    return Engine(f"{LOOPBACK}:{port}", f"http://{LOOPBACK}:{ui_port}", command)


def plan_children(settings: Settings, engine: Engine, client: Client, http: socket.socket) -> list[ChildSpec]:
    """Specs in starting order; they stop in reverse order."""
    environment = _environment(settings, engine)
    children = [_worker(settings, client, environment), _api(settings, http, environment)]
    return [_engine(engine, client), *children] if engine.command else children


def _engine(engine: Engine, client: Client) -> ChildSpec:
    async def is_ready(_: datetime) -> bool:
        return await probes.engine_answers(client)

    return ChildSpec(
        name="temporal",
        command=engine.command,
        environment=temporal_server.environment(),
        is_ready=is_ready,
        drain_seconds=_ENGINE_DRAIN_SECONDS,
    )


def _worker(settings: Settings, client: Client, environment: Mapping[str, str]) -> ChildSpec:
    async def is_ready(since: datetime) -> bool:
        return await probes.worker_polls(client, settings.task_queue, since)

    return ChildSpec(
        name="worker",
        command=_greenlane("worker"),
        environment={**environment, **_watched("worker", settings, 1)},
        is_ready=is_ready,
        drain_seconds=_WORKER_DRAIN_SECONDS,
    )


def _api(settings: Settings, http: socket.socket, environment: Mapping[str, str]) -> ChildSpec:
    host = LOOPBACK if settings.http_host == "0.0.0.0" else settings.http_host  # noqa: S104 - compared, not bound

    async def is_ready(_: datetime) -> bool:
        return await probes.api_is_ready(host, settings.http_port)

    return ChildSpec(
        name="api",
        command=_greenlane("api", "--fd", str(http.fileno())),
        environment={**environment, **_watched("api", settings, 0)},
        is_ready=is_ready,
        drain_seconds=_API_DRAIN_SECONDS,
        inherited=(http.fileno(),),
    )


def _greenlane(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "api.cli", *arguments)


def _watched(name: str, settings: Settings, offset: int) -> dict[str, str]:
    """How a child is called in traces, and its own metrics port: two processes cannot share one."""
    named = {"GREENLANE_SERVICE_NAME": f"{settings.service_name}-{name}"}
    port = settings.metrics_port
    return named if port is None else {**named, "GREENLANE_METRICS_PORT": str(port + offset)}


def _environment(settings: Settings, engine: Engine) -> dict[str, str]:
    """The supervisor's own environment, with everything it decided spelled out."""
    decided = {
        "GREENLANE_HOME": str(settings.home),
        "GREENLANE_HTTP_HOST": settings.http_host,
        "GREENLANE_HTTP_PORT": str(settings.http_port),
        "GREENLANE_TEMPORAL_ADDRESS": engine.address,
        "GREENLANE_DEMO": str(int(settings.demo)),
        "PYTHONUNBUFFERED": "1",
    }
    if engine.ui_url is not None:
        decided["GREENLANE_TEMPORAL_UI_URL"] = engine.ui_url
    return dict(os.environ) | decided
