"""Every store test runs on SQLite and on a real PostgreSQL, each test in a database of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database import Database
from models.encryption import Keyring
from tests.plugins.postgres import SECRET, TEMPLATE, drop_database, fresh_database

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "records.db"
    template = Database(f"sqlite:///{path}", Keyring(SECRET))
    template.migrate()
    template.dispose()
    return path


def records_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """Empty, migrated records of a kind."""
    if kind == "sqlite":
        yield from _sqlite(request.getfixturevalue("sqlite_template"), folder)
    else:
        yield from _postgresql(request.getfixturevalue("postgres"), TEMPLATE)


def _sqlite(template: Path, folder: Path) -> Iterator[Database]:
    shutil.copyfile(template, folder / "records.db")
    found = Database(f"sqlite:///{folder}/records.db", Keyring(SECRET))
    yield found
    found.dispose()


def _postgresql(server: str, template: str) -> Iterator[Database]:
    found = Database(fresh_database(server, template), Keyring(SECRET))
    yield found
    found.dispose()
    drop_database(server, str(found.engine.url.database))


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated record database of either kind."""
    yield from records_of(request.param, request, tmp_path)


def copy_of(filled: Database, folder: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """Records of their own for a test, like those that its module filled once."""
    filled.dispose()  # PostgreSQL copies no database that somebody is connected to
    name = str(filled.engine.url.database)
    if filled.engine.dialect.name == "sqlite":
        yield from _sqlite(Path(name), folder)
    else:
        yield from _postgresql(request.getfixturevalue("postgres"), name)


@pytest.fixture(params=KINDS, scope="module")
def lasting_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same for all tests of a module, which only read what one of them filled in."""
    yield from records_of(request.param, request, tmp_path_factory.mktemp("lasting"))
