"""Commands that run things: `up`, `demo`, `api`, `worker`, `migrate`, `prepare-engine`.

Each child process loads only its own half, so the imports of a command stand inside it.
"""
# ruff: noqa: PLC0415 - see above

import asyncio
import socket
from typing import Annotated

import typer
from rich.console import Console

from api.terminal import errors, reported
from models.settings import Settings

console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(up)
    app.command()(demo)
    app.command()(api)
    app.command()(worker)
    app.command()(migrate)
    app.command("prepare-engine")(prepare_engine)


def up() -> None:
    """Run the whole service; on an empty database, print the link that creates the first administrator."""
    _run(Settings())


def demo() -> None:
    """Run the whole service with the sample book, on this machine only."""
    _run(Settings(demo=True))


def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default GREENLANE_HTTP_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default GREENLANE_HTTP_PORT.")] = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run the API and the pages only (the database and the engine are elsewhere)."""
    from api.serve import serve

    settings = _checked()
    chosen = {"http_host": host or settings.http_host, "http_port": settings.http_port if port is None else port}
    serve(settings.model_copy(update=chosen), None if fd is None else socket.socket(fileno=fd))


def worker() -> None:
    """Run the worker only; SIGTERM lets it finish what it holds."""
    from api.forms.batch import run_batch
    from api.logs import bridge_libraries, configure_logs
    from models.services.batches import JOB_KIND
    from workflows.worker import run_worker

    configure_logs()
    bridge_libraries()
    with reported():
        asyncio.run(run_worker(_checked(), {JOB_KIND: run_batch}))


def migrate() -> None:
    """Bring the record database to the newest version; the built-in rulebook becomes version 1 of an empty one."""
    from api.supervisor.welcome import fill

    with reported():
        fill(Settings(demo=False), console)


def prepare_engine() -> None:
    """Create the engine's namespace if missing, keep histories 90 days, register the search attributes."""
    from api.engine_preparation import EnginePreparationError, prepare

    settings = _checked()
    if settings.temporal_address is None:
        raise typer.BadParameter("set GREENLANE_TEMPORAL_ADDRESS; the embedded engine is prepared on every start")
    try:
        asyncio.run(prepare(settings))
    except EnginePreparationError as error:
        raise _refused(str(error)) from error
    console.print(f"namespace {settings.temporal_namespace} at {settings.temporal_address} is ready")


def _checked() -> Settings:
    """The settings of the environment; leaves with code 1 and what to change when they must not be used."""
    settings = Settings()
    try:
        settings.check()
    except ValueError as error:
        raise _refused(str(error)) from error
    return settings


def _refused(reason: str) -> typer.Exit:
    errors.print(f"greenlane: {reason}", style="bold red", markup=False, soft_wrap=True)
    return typer.Exit(1)


def _run(settings: Settings) -> None:
    from api.supervisor.errors import StartError
    from api.supervisor.run import run_copy
    from api.supervisor.welcome import fill, greet

    try:
        run_copy(settings, console, fill=lambda ready: fill(ready, console), greet=lambda ready: greet(ready, console))
    except StartError as error:
        if error.detail:
            errors.print(error.detail, style="dim", markup=False, soft_wrap=True)
        raise _refused(str(error)) from error
