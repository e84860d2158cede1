"""Ports of the loopback address."""

import socket


def free_port() -> int:
    """A port nobody holds at this moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        number: int = found.getsockname()[1]
        return number
