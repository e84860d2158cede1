"""The job runner outlives its record database."""

from pathlib import Path

from activities.jobs import JobRunner
from models.database import Database
from models.encryption import Keyring


def test_records_that_are_away_do_not_end_the_worker(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/nowhere/records.db", Keyring("k" * 40))
    assert JobRunner(database).run_pending() == 0
    (tmp_path / "nowhere").mkdir()
    database.migrate()
    assert JobRunner(database).run_pending() == 0
