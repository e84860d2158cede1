"""Processes of the service that start in a moment: forked from one that has imported everything and done nothing yet.

A start of Python with everything that a worker imports takes seconds of both cores; here it is paid once.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

PRELOADED = ["api.cli", "api.app", "api.commands.run", "workflows.worker", "tests.faults.failing_worker", "uvicorn"]


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _main(module: str, arguments: tuple[str, ...], environment: dict[str, str], log: str) -> None:
    """What a fresh interpreter would do with `-m`."""
    os.setsid()
    for name in [name for name in os.environ if name.startswith("GREENLANE_")]:
        del os.environ[name]
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")


class Forked:
    """One such process, with the few things that tests ask of a `Popen`."""

    def __init__(self, module: str, arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self._process: ForkServerProcess = _context().Process(
            target=_main, args=(module, arguments, dict(environment), str(log)), daemon=True
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """How it ended, as a negative signal or its exit code; None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """The same once it ended. Raises TimeoutError."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid} runs on")
        return self._process.exitcode
