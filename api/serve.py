"""Serves the API and the pages with uvicorn, on a port or on a socket inherited from the supervisor."""

import asyncio
import socket

import typer
import uvicorn

from api.app import create_app
from models.settings import Settings

_DRAIN_SECONDS = 5
"""Time for open requests after SIGTERM; live inbox streams are cut then."""


def serve(settings: Settings, inherited: socket.socket | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises typer.Exit when the application does not start."""
    config = uvicorn.Config(
        create_app(settings),
        host=settings.http_host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = uvicorn.Server(config)
    asyncio.run(server.serve(sockets=None if inherited is None else [inherited]))
    if not server.started:
        raise typer.Exit(3)
