"""A small insurer behind the pages: `people.browser("mgr")`, with the list of 2025 and an engine that is down."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from httpx2 import Response

from api.app import create_app
from models.database import Database
from models.services.evaluation import By, evaluate
from models.services.rulebooks import ensure_builtin, rulebook_of
from models.settings import Settings
from models.types import Door
from tests.plugins.service import FilledFile
from tests.support import world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway


def soup_of(answer: Response) -> BeautifulSoup:
    """A page, parsed."""
    return BeautifulSoup(answer.text, "html.parser")


def _insure(database: Database) -> None:
    """The world's people and customers, evaluated."""
    world.build(database)
    with database.write() as session:
        version = ensure_builtin(session)
        rulebook = rulebook_of(session, version.id).rulebook
        by = By("test", Door.SYSTEM, datetime(2026, 1, 9, tzinfo=UTC))
        evaluate(session, world.YEAR, rulebook, rulebook_version_id=version.id, by=by)


@pytest.fixture
def insurer(settings: Settings, database: Database, filled_file: FilledFile) -> Database:
    """A copy of those records."""
    shutil.copyfile(filled_file(_insure), settings.home / "records.db")
    return database


@pytest.fixture
async def people(settings: Settings, insurer: Database) -> AsyncIterator[Clients]:
    """People of the world on the application."""
    app = create_app(settings, insurer, DeadGateway())
    async with app.router.lifespan_context(app):
        signed_in = Clients(app, insurer)
        yield signed_in
        await signed_in.close()
