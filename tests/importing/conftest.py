"""A migrated record database per test, copied from one template, and a loader that goes all the way."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database import Database
from models.encryption import Keyring
from tests.importing.loading import SECRET


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "records.db"
    found = Database(f"sqlite:///{path}", Keyring(SECRET))
    found.migrate()
    found.dispose()
    return path


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty record database."""
    shutil.copy(template, tmp_path / "records.db")
    found = Database(f"sqlite:///{tmp_path}/records.db", Keyring(SECRET))
    yield found
    found.dispose()
