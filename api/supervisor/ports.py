"""Ports: the one people type is taken before anything starts, the engine's are chosen and remembered."""

import errno
import ipaddress
import socket
from pathlib import Path

from api.supervisor.errors import StartError
from api.supervisor.home import read_facts, write_facts

LOOPBACK = "127.0.0.1"
_BACKLOG = 512


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address or name."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int, setting: str) -> socket.socket:
    """Take a port (0: any free one) without listening yet.

    Raises StartError naming the port and the setting that changes it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except (OSError, OverflowError) as error:
        taken.close()
        raise _refusal(host, port, setting, error) from error
    return taken


def _refusal(host: str, port: int, setting: str, error: Exception) -> StartError:
    in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
    reason = "is already in use" if in_use else f"cannot be used ({error})"
    return StartError(f"port {port} on {host} {reason}: stop what holds it, or choose another with {setting}=PORT")


def listen(host: str, port: int) -> socket.socket:
    """Take the service's own port and listen on it.

    The API child inherits the socket, so the port cannot be lost between two starts of it and calls made
    meanwhile wait instead of being refused. Raises StartError when it is in use.
    """
    taken = bind(host, port, "GREENLANE_HTTP_PORT")
    try:
        taken.listen(_BACKLOG)
    except OSError as error:  # bound before by a process that does not listen yet
        taken.close()
        raise _refusal(host, port, "GREENLANE_HTTP_PORT", error) from error
    return taken


def engine_ports(home: Path, wanted: int) -> tuple[int, int]:
    """Ports of the engine and of its own pages, on loopback.

    A port set by the operator must be free (StartError); otherwise those of the last start are used again
    while they are free, so that links to histories stay good.
    """
    memory = home / "ports.json"
    remembered = read_facts(memory)
    engine = wanted or _free(remembered.get("temporal"))
    if wanted:
        bind(LOOPBACK, wanted, "GREENLANE_TEMPORAL_PORT").close()
    pages = _free(remembered.get("temporal_ui"), taken=engine)
    write_facts(memory, {"temporal": engine, "temporal_ui": pages})
    return engine, pages


def _free(preferred: object, taken: int = 0) -> int:
    for port in (preferred if isinstance(preferred, int) else 0, 0, 0):
        try:
            with bind(LOOPBACK, port, "") as found:
                number: int = found.getsockname()[1]
        except StartError:
            continue
        if number != taken:
            return number
    raise StartError("no free port on 127.0.0.1")
