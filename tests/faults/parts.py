"""Real processes to kill: an engine on a file of its own, and workers beside it."""

import asyncio
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from api.supervisor import temporal_server
from models.encryption import Keyring
from tests.faults.forked import Forked
from tests.support.ports import free_port
from tests.support.world import SECRET
from workflows.client import data_converter
from workflows.namespace import prepare_namespace

NAMESPACE = "greenlane"
SENDER = "desk@greenlane.example.com"
START_SECONDS = 60.0
DEATH_SECONDS = 90.0
CACHE_SECONDS = 2.5
"""The engine's history service reads a namespace's search attributes again every two seconds; nothing tells when."""


@dataclass
class Engine:
    """The embedded engine as the service runs it, on `{home}/temporal.db`."""

    home: Path
    port: int = field(default_factory=free_port)
    ui_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        first, program = self.process is None, temporal_server.find_program(None)
        command = temporal_server.command(
            program, home=self.home, namespace=NAMESPACE, port=self.port, ui_port=self.ui_port
        )
        with (self.home / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=temporal_server.environment(), stdout=log, stderr=log)
        async with asyncio.timeout(START_SECONDS):
            while not await _answers(await self.client(lazy=True)):
                await asyncio.sleep(0.05)
        await prepare_namespace(await self.client())
        if first:
            await asyncio.sleep(CACHE_SECONDS)

    async def client(self, *, lazy: bool = False) -> Client:
        """A client of it; `lazy` connects at first use."""
        converter = data_converter(Keyring(SECRET))
        return await Client.connect(self.address, namespace=NAMESPACE, data_converter=converter, lazy=lazy)

    def kill(self) -> None:
        """SIGKILL, as a power switch would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


async def _answers(client: Client) -> bool:
    with suppress(RPCError, RuntimeError):
        return await client.service_client.check_health(timeout=timedelta(seconds=1))
    return False


@dataclass
class Workers:
    """Worker processes on one home; all are killed at the end. Without `smtp_url` mails become files, without
    `database_url` the records are SQLite in the home."""

    home: Path
    address: str
    queue: str
    smtp_url: str | None = None
    database_url: str | None = None
    running: list[Forked] = field(default_factory=list)

    def failing(self, point: str, step_no: int) -> Forked:
        """One that dies at a point of the record of a step."""
        return self._start("tests.faults.failing_worker", point, str(step_no))

    def healthy(self) -> Forked:
        """`greenlane worker`."""
        return self._start("api.cli", "worker")

    def hasty(self, seconds: int) -> Forked:
        """One whose tasks are due so many seconds after they open."""
        return self._start("tests.faults.hasty_worker", "worker", str(seconds))

    def api(self, port: int) -> Forked:
        """`greenlane api` beside them."""
        return self._start("api.cli", "api", "--port", str(port))

    def _start(self, module: str, *arguments: str) -> Forked:
        environment = {
            "GREENLANE_HOME": str(self.home),
            "GREENLANE_SECRET_KEY": SECRET,
            "GREENLANE_TEMPORAL_ADDRESS": self.address,
            "GREENLANE_TEMPORAL_NAMESPACE": NAMESPACE,
            "GREENLANE_TASK_QUEUE": self.queue,
        }
        if self.smtp_url is not None:
            environment |= {"GREENLANE_SMTP_URL": self.smtp_url, "GREENLANE_MAIL_FROM": SENDER}
        if self.database_url is not None:
            environment["GREENLANE_DATABASE_URL"] = self.database_url
        process = Forked(module, arguments, environment, self.home / f"{arguments[0]}.log")
        self.running.append(process)
        return process

    def kill_all(self) -> None:
        """End every worker of this test."""
        for process in self.running:
            process.kill()
            process.wait()


async def death(process: Forked) -> None:
    """Wait until the process killed itself with SIGKILL; beside other tests it may start and work for a while first."""
    code = await asyncio.to_thread(process.wait, DEATH_SECONDS)
    assert code == -signal.SIGKILL, f"ended with {code}"
