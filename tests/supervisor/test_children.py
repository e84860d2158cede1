"""The supervisor with small stand-in programs: order, restart, clean end."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from api.supervisor import launch
from api.supervisor.child import LONGEST_DELAY_SECONDS, Child, ChildEndedError, ChildSpec
from api.supervisor.errors import StartError
from api.supervisor.supervisor import Supervisor
from tests.supervisor.processes import is_alive, wait_all_gone, wait_until

STAYS = """
import pathlib, signal, sys, time
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
def leave(*_):
    with (folder / "ends").open("a") as file:
        file.write(name + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
(folder / name).touch()
while True:
    time.sleep(60)
"""

HAS_A_CHILD = """
import pathlib, subprocess, sys, time
grandchild = subprocess.Popen(["sleep", "600"])
(pathlib.Path(sys.argv[2]) / "grandchild").write_text(str(grandchild.pid))
(pathlib.Path(sys.argv[2]) / sys.argv[1]).touch()
time.sleep(600)
"""

SAYS_AND_ENDS = "print('no such table: cases', flush=True); raise SystemExit(7)"


def spec(name: str, folder: Path, program: str = STAYS, drain: float = 5.0) -> ChildSpec:
    """A stand-in that is ready once it has made its file."""

    async def is_ready(since: datetime) -> bool:
        return (folder / name).exists() and (folder / name).stat().st_mtime >= since.timestamp() - 0.1

    return ChildSpec(
        name=name,
        command=(sys.executable, "-S", "-c", program, name, str(folder)),
        environment=dict(os.environ),
        is_ready=is_ready,
        drain_seconds=drain,
    )


class Run:
    """A supervisor of stand-ins, run inside the test's own loop."""

    def __init__(self, folder: Path, *specs: ChildSpec) -> None:
        self.said: list[str] = []
        self.prepared = 0
        self.ready = asyncio.Event()
        self.folder = folder
        self.supervisor = Supervisor(
            list(specs), folder, say=self.said.append, prepare_engine=self._prepare, facts={"url": "x"}
        )

    async def _prepare(self) -> None:
        self.prepared += 1

    def start(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.supervisor.run(on_ready=self.ready.set, on_stop=lambda: None))

    def pids(self) -> dict[str, int]:
        return {child.spec.name: child.pid for child in self.supervisor._children if child.pid}

    async def until(self, text: str) -> None:
        async with asyncio.timeout(10):
            while not any(text in line for line in self.said):
                await asyncio.sleep(0.02)


async def test_children_stop_in_reverse_order_and_nothing_is_left(tmp_path: Path) -> None:
    run = Run(tmp_path, *(spec(name, tmp_path) for name in ("temporal", "worker", "api")))
    task = run.start()
    await asyncio.wait_for(run.ready.wait(), 20)
    pids = run.pids()
    assert set(pids) == {"temporal", "worker", "api"}
    assert len({os.getpgid(pid) for pid in pids.values()} | {os.getpgid(0)}) == 4
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 20)
    assert (tmp_path / "ends").read_text().split() == ["api", "worker", "temporal"]
    assert not any(is_alive(pid) for pid in pids.values())
    assert run.prepared == 1
    assert not (tmp_path / "run.json").exists()


async def test_a_killed_child_comes_back_and_the_engine_is_prepared_again(tmp_path: Path) -> None:
    run = Run(tmp_path, spec("temporal", tmp_path), spec("worker", tmp_path))
    task = run.start()
    await asyncio.wait_for(run.ready.wait(), 20)
    before = run.pids()
    os.kill(before["temporal"], signal.SIGKILL)
    await run.until("temporal is back")
    after = run.pids()
    assert after["temporal"] != before["temporal"]
    assert after["worker"] == before["worker"]
    assert "temporal was ended by SIGKILL" in run.said[0]
    assert run.prepared == 2
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(task, 20)


async def test_a_child_that_ends_during_the_start_is_named_with_its_last_lines(tmp_path: Path) -> None:
    run = Run(tmp_path, spec("temporal", tmp_path), spec("worker", tmp_path, SAYS_AND_ENDS))
    with pytest.raises(StartError, match="worker ended with code 7") as caught:
        await asyncio.wait_for(run.start(), 20)
    assert "no such table: cases" in caught.value.detail
    assert not run.ready.is_set()
    assert run.pids() == {}


async def test_a_signal_during_the_start_ends_it(tmp_path: Path) -> None:
    never = "import time; time.sleep(600)"
    run = Run(tmp_path, spec("temporal", tmp_path, never, drain=1))
    task = run.start()
    while not run.pids():
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 20)
    assert not run.ready.is_set()
    assert run.pids() == {}


async def test_a_second_signal_does_not_wait_for_the_drain(tmp_path: Path) -> None:
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + STAYS.replace(
        "signal.signal(signal.SIGTERM, leave)", ""
    )
    run = Run(tmp_path, spec("worker", tmp_path, stubborn, drain=60))
    task = run.start()
    await asyncio.wait_for(run.ready.wait(), 20)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.1)
    assert not task.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, 10)


async def test_grandchildren_end_with_their_parent(tmp_path: Path) -> None:
    child = Child(spec("worker", tmp_path, HAS_A_CHILD, drain=2), tmp_path)
    await child.start()
    await child.wait_ready(20)
    grandchild = int((tmp_path / "grandchild").read_text())
    assert is_alive(grandchild)
    await child.stop()
    wait_all_gone({grandchild}, 5)


async def test_not_ready_in_time_is_an_error(tmp_path: Path) -> None:
    child = Child(spec("api", tmp_path, "import time; time.sleep(600)", drain=1), tmp_path)
    await child.start()
    with pytest.raises(ChildEndedError, match="api was not ready after 0 s"):
        await child.wait_ready(0.2)
    await child.stop()


def test_restart_delays_grow_to_a_limit_and_start_over_after_a_steady_time(tmp_path: Path) -> None:
    child = Child(spec("api", tmp_path), tmp_path)
    child._up_since = float("inf")
    delays = [child.next_delay() for _ in range(12)]
    assert delays[:3] == [0.2, 0.4, 0.8]
    assert delays[-1] == LONGEST_DELAY_SECONDS
    child._up_since = float("-inf")
    assert child.next_delay() == 0.2


def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, {launch.__file__!r}, str(os.getpid()), 'sleep', '600'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", 10, "the launcher becomes the program")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_all_gone({pid}, 5)
