"""The service without an engine: migrated records, the application, clients that are signed in."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from models.database import Database
from models.settings import Settings
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.organisation import seed_organisation

TEST_SECRET = "tests-only-" + "0" * 32
FilledFile = Callable[[Callable[[Database], object]], Path]


@pytest.fixture(scope="session")
def keys() -> str:
    """The master secret of every copy of the tests."""
    return TEST_SECRET


@pytest.fixture(scope="session")
def record_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    home = tmp_path_factory.mktemp("template")
    database = Database.from_settings(Settings(home=home, secret_key=SecretStr(TEST_SECRET)))
    database.migrate()
    database.dispose()
    return home / "records.db"


@pytest.fixture(scope="session")
def filled_file(record_template: Path, tmp_path_factory: pytest.TempPathFactory) -> FilledFile:
    """`filled_file(fill)`: a SQLite file to copy, as `fill` left the records; each is made once a session."""

    @cache
    def made(fill: Callable[[Database], object]) -> Path:
        home = tmp_path_factory.mktemp("filled")
        shutil.copyfile(record_template, home / "records.db")
        database = Database.from_settings(Settings(home=home, secret_key=SecretStr(TEST_SECRET)))
        fill(database)
        database.dispose()
        return home / "records.db"

    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of one copy in a folder of its own."""
    return Settings(home=tmp_path, secret_key=SecretStr(TEST_SECRET))


@pytest.fixture
def database(settings: Settings, record_template: Path) -> Iterator[Database]:
    """Empty migrated records on SQLite."""
    shutil.copyfile(record_template, settings.home / "records.db")
    database = Database.from_settings(settings)
    yield database
    database.dispose()


@pytest.fixture
def organisation(database: Database) -> Database:
    """The records with the tree and people of `tests.support.organisation`."""
    with database.write() as session:
        seed_organisation(session)
    return database


@pytest.fixture
async def app(settings: Settings, organisation: Database) -> AsyncIterator[FastAPI]:
    """The application over those records, started; its engine is down."""
    app = create_app(settings, organisation, DeadGateway())
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def clients(app: FastAPI, organisation: Database) -> AsyncIterator[Clients]:
    """`clients.token(login)`, `clients.browser(login)` and `clients.anonymous()`."""
    clients = Clients(app, organisation)
    yield clients
    await clients.close()
