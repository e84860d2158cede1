"""The embedded engine: Temporal's own dev server with durable settings, on loopback only."""

import os
import shutil
import sys
from pathlib import Path

from api.supervisor.errors import StartError
from api.supervisor.ports import LOOPBACK

# Measured (docs/adr): WAL with synchronous=FULL is as safe as the default and about three times as fast;
# the poll rates take 45 ms of waiting out of every step; one partition and cached attributes fit one machine.
# docs/compose/engine.yaml gives the same to an engine in production.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")
DYNAMIC_CONFIG = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    "history.visibilityProcessorMaxPollRPS=2000",
    "history.outboundProcessorMaxPollRPS=2000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    "system.forceSearchAttributesCacheRefreshOnRead=false",
)


def find_program(override: str | None) -> str:
    """The `temporal` program: GREENLANE_TEMPORAL_CLI, else the one installed beside Python, else on the path.

    Raises StartError when there is none.
    """
    if override is not None:
        if shutil.which(override) is None:
            raise StartError(f"GREENLANE_TEMPORAL_CLI={override} is not a program that can be run")
        return override
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("temporal")
    if found is None:
        raise StartError("the temporal program is missing: run `make setup`, or set GREENLANE_TEMPORAL_CLI")
    return found


def command(program: str, *, home: Path, namespace: str, port: int, ui_port: int) -> tuple[str, ...]:
    """Command line of the dev server with its state in `{home}/temporal.db`."""
    flags = [program, "server", "start-dev", "--ip", LOOPBACK, "--port", str(port), "--ui-port", str(ui_port)]
    flags += ["--db-filename", str(home / "temporal.db"), "--namespace", namespace]
    flags += ["--log-level", "warn", "--ui-disable-news-fetch"]
    for pragma in _PRAGMAS:
        flags += ["--sqlite-pragma", pragma]
    for setting in DYNAMIC_CONFIG:
        flags += ["--dynamic-config-value", setting]
    return tuple(flags)


def environment() -> dict[str, str]:
    """Environment of the engine: fewer garbage collections, and none of Greenlane's secrets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GREENLANE_", "TEMPORAL_"))}
    return {"GOGC": "400"} | kept
