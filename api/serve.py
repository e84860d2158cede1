"""Serves the API and the pages with uvicorn, on a port or on a socket inherited from the supervisor."""

import asyncio
import socket

import typer
import uvicorn

from api.app import create_app
from api.logs import bridge_libraries
from models.settings import Settings

_DRAIN_SECONDS = 5
"""Time for open requests after SIGTERM; live inbox streams end by themselves within a second of it."""


def serve(settings: Settings, inherited: socket.socket | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises typer.Exit when the application does not start."""
    app = create_app(settings)
    bridge_libraries()
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application does it, for the proxies of its settings alone
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = uvicorn.Server(config)
    app.state.is_stopping = lambda: server.should_exit
    asyncio.run(server.serve(sockets=None if inherited is None else [inherited]))
    if not server.started:
        raise typer.Exit(3)
