"""The real thing: `greenlane up` on an empty home with free ports, killed and stopped in every way."""

import http.client
import os
import signal
import socket
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from api.supervisor.home import read_facts
from tests.supervisor.copies import Copy
from tests.supervisor.processes import is_alive, wait_all_gone, wait_until
from tests.support.ports import free_port
from workflows.namespace import RETENTION, namespace_retention, prepare_namespace, registered_search_attributes
from workflows.search_attributes import SEARCH_ATTRIBUTES

pytestmark = [pytest.mark.temporal, pytest.mark.faults, pytest.mark.timeout(180)]

LISTENING = "0A"
LOOPBACK_HEX = {"0100007F", "00000000000000000000000001000000"}


def status(port: int, path: str = "/readyz") -> int | None:
    """HTTP status of one call; None when the answer was lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def listening_addresses(pids: set[int]) -> set[str]:
    """Local addresses (hexadecimal, as the kernel shows them) these processes listen on."""
    sockets = {str(link.readlink()) for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [row.split() for table in tables if table.exists() for row in table.read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == LISTENING and f"socket:[{row[9]}]" in sockets}


async def engine_of(copy: Copy) -> Client:
    """A client of the copy's engine."""
    address = str(read_facts(copy.home / "run.json")["temporal_address"])
    return await Client.connect(address, namespace="greenlane")


async def test_a_copy_is_ready_durable_local_and_prepared(tmp_path: Path) -> None:
    with Copy(tmp_path / "home", free_port()).until_ready() as copy:
        assert status(copy.port) == 200
        assert listening_addresses(copy.pids()) <= LOOPBACK_HEX
        engine = await engine_of(copy)
        assert (await namespace_retention(engine) or timedelta(0)) >= timedelta(days=90)
        assert {key.name for key in SEARCH_ATTRIBUTES} <= await registered_search_attributes(engine)
        await prepare_namespace(engine)  # again: changes nothing, refuses nothing
        other = await Client.connect(engine.service_client.config.target_host, namespace="made-by-hand")
        await prepare_namespace(other)  # as on a cluster, where nothing made the namespace
        assert await namespace_retention(other) == RETENTION
        assert {key.name for key in SEARCH_ATTRIBUTES} <= await registered_search_attributes(other)
        with closing(sqlite3.connect(f"file:{copy.home}/temporal.db?mode=ro", uri=True)) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        flags = Path(f"/proc/{copy.child('temporal')}/cmdline").read_text().split("\0")
        assert {"journal_mode=WAL", "synchronous=FULL"} <= set(flags)
        with Copy(copy.home, free_port()) as second:
            assert second.process.wait(30) == 1
            second.until(f"already run by process {copy.process.pid}")


def test_every_killed_child_comes_back(tmp_path: Path) -> None:
    with Copy(tmp_path / "home", free_port()).until_ready() as copy:
        for name in ("api", "worker", "temporal"):
            before = copy.child(name)
            copy.pids()
            os.kill(before, signal.SIGKILL)
            copy.until(f"{name} was ended by SIGKILL")
            copy.until(f"{name} is back")
            assert copy.child(name) != before
        wait_until(lambda: status(copy.port) == 200, 30, "ready again")


async def test_a_stopped_copy_leaves_nothing_and_the_next_start_carries_on(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with Copy(home, port).until_ready() as copy:
        engine = await engine_of(copy)
        await engine.start_workflow("nobody-runs-this", id="survivor", task_queue="nobody")
        ports, pids = read_facts(home / "ports.json"), copy.pids()
        copy.process.send_signal(signal.SIGTERM)
        assert copy.process.wait(40) == 0
        assert not [pid for pid in pids if is_alive(pid)]
        assert not (home / "run.json").exists()
    with Copy(home, port).until_ready() as copy:
        assert read_facts(home / "ports.json") == ports
        engine = await engine_of(copy)
        found = await engine.get_workflow_handle("survivor").describe()
        assert found.status is WorkflowExecutionStatus.RUNNING
        pids = copy.pids()
        copy.process.send_signal(signal.SIGINT)
        assert copy.process.wait(40) == 0
        assert not [pid for pid in pids if is_alive(pid)]


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    with Copy(tmp_path / "home", free_port()).until_ready() as copy:
        pids = copy.pids()
        copy.process.kill()
        copy.process.wait()
        wait_all_gone(pids, 10)
    with Copy(copy.home, copy.port).until_ready() as again:
        assert status(again.port) == 200


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with Copy(tmp_path / "home", port) as copy:
            assert copy.process.wait(30) == 1
            copy.until(f"port {port} on 127.0.0.1 is already in use")
            copy.until("GREENLANE_HTTP_PORT")
    assert not (tmp_path / "home" / "temporal.db").exists()
    assert not (tmp_path / "home" / "records.db").exists()
