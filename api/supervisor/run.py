"""One whole copy from its settings: locks, ports and records first, then the children."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from rich.console import Console
from rich.text import Text

from api.supervisor.errors import StartError
from api.supervisor.home import sole_owner
from api.supervisor.plan import Engine, locate_engine, plan_children
from api.supervisor.ports import is_loopback, listen
from api.supervisor.supervisor import Supervisor
from models.settings import Settings
from workflows.client import connect
from workflows.namespace import prepare_namespace


def run_copy(
    settings: Settings, console: Console, *, fill: Callable[[Settings], None], greet: Callable[[Settings], None]
) -> None:
    """Run a copy until it is told to stop.

    `fill` brings the records up to date before anything starts, `greet` tells the person where to go once
    everything is ready. Raises StartError when it cannot start.
    """
    settings = settings.model_copy(update={"home": settings.home.resolve()})
    _check(settings)
    with sole_owner(settings.home), listen(settings.http_host, settings.http_port) as http:
        settings = settings.model_copy(update={"http_port": http.getsockname()[1]})
        engine = locate_engine(settings)
        settings.secret()  # made here once, not by two children at the same time
        fill(settings)
        asyncio.run(_supervise(settings, engine, http, console, greet))


def _check(settings: Settings) -> None:
    """Refuse unsafe settings before anything starts. Raises StartError."""
    try:
        settings.check()
    except ValueError as error:
        raise StartError(str(error)) from error
    if (settings.demo or settings.demo_marker.exists()) and not is_loopback(settings.http_host):
        raise StartError(
            f"{settings.home} holds the sample book, whose passwords are public: it is served on loopback only"
            " (unset GREENLANE_HTTP_HOST, or use another GREENLANE_HOME)"
        )


async def _supervise(
    settings: Settings, engine: Engine, http: socket.socket, console: Console, greet: Callable[[Settings], None]
) -> None:
    client = await connect(settings.model_copy(update={"temporal_address": engine.address}), lazy=True)

    def say(text: str) -> None:
        with suppress(OSError):  # the terminal may be gone; the service goes on
            console.print(Text(text))

    async def prepare_engine() -> None:
        await prepare_namespace(client)

    supervisor = Supervisor(
        plan_children(settings, engine, client, http),
        settings.home,
        say=say,
        prepare_engine=prepare_engine,
        facts={"url": settings.base_url, "temporal_address": engine.address, "temporal_ui_url": engine.ui_url or ""},
    )
    say("starting engine, worker and API; their logs are in " + str(settings.home / "log"))
    await supervisor.run(on_ready=lambda: greet(settings), on_stop=http.close)
