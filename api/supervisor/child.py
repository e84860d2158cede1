"""One supervised process in its own process group, with its log file and its readiness."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from api.supervisor import launch
from api.supervisor.home import log_path, log_tail

_PROBE_PAUSE_SECONDS = 0.1
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A child up this long has recovered: its next restart starts from the first delay again."""


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """What to run and how to know that it works. `drain_seconds`: time between SIGTERM and SIGKILL."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    is_ready: Callable[[datetime], Awaitable[bool]]
    drain_seconds: float
    inherited: tuple[int, ...] = ()


class ChildEndedError(Exception):
    """A child ended, or did not become ready in time, while it was being started."""

    def __init__(self, name: str, reason: str, tail: str) -> None:
        super().__init__(f"{name} {reason}")
        self.tail = tail


@dataclass
class Child:
    """A running (or restarted) instance of a spec."""

    spec: ChildSpec
    home: Path
    process: asyncio.subprocess.Process | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _up_since: float = 0.0
    _failures: int = 0

    @property
    def pid(self) -> int | None:
        """Process id, None before the first start and after the end."""
        return self.process.pid if self.process is not None and self.process.returncode is None else None

    async def start(self) -> None:
        """Start the process; `wait_ready` tells when it works."""
        self.started_at = datetime.now(UTC)
        self._up_since = time.monotonic()
        launcher = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()))
        with log_path(self.home, self.spec.name).open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *launcher,
                *self.spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.spec.environment),
                pass_fds=self.spec.inherited,
                process_group=0,
            )

    async def wait_ready(self, seconds: float) -> None:
        """Return once the probe says yes. Raises ChildEndedError when it ends first or takes longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while not await self.spec.is_ready(self.started_at):
            if self.pid is None:
                raise ChildEndedError(self.spec.name, self.ending(), self.tail())
            if time.monotonic() > deadline:
                raise ChildEndedError(self.spec.name, f"was not ready after {seconds:.0f} s", self.tail())
            await asyncio.sleep(_PROBE_PAUSE_SECONDS)

    async def wait_end(self) -> None:
        """Return when the process has ended; what it left of its group is killed."""
        if self.process is not None:
            await self.process.wait()
            self.kill()

    async def stop(self) -> None:
        """SIGTERM, time to drain, then SIGKILL to whatever is left of the group."""
        if self.process is None:
            return
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), self.spec.drain_seconds)
        self.kill()
        await self.process.wait()

    def next_delay(self) -> float:
        """Seconds to wait before the next restart: doubles with each early end, up to the longest."""
        if time.monotonic() - self._up_since > STEADY_SECONDS:
            self._failures = 0
        delay = min(FIRST_DELAY_SECONDS * 2**self._failures, LONGEST_DELAY_SECONDS)
        self._failures = min(self._failures + 1, 16)
        return float(delay)

    def ending(self) -> str:
        """How the process ended, in words."""
        code = self.process.returncode if self.process is not None else None
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def tail(self) -> str:
        """The last lines of its log."""
        return log_tail(self.home / "log" / f"{self.spec.name}.log")

    def kill(self) -> None:
        """SIGKILL to every process of the group."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
