"""Versions of the rulebook: one in force a day, inserted once, never changed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rulebook import load_builtin
from models.services import rulebooks
from models.stores.audit import AuditStore
from models.stores.rulebooks import RulebookStore
from models.tables.rulebook import RulebookVersion
from models.types import Door
from tests.rules.rulebook_folder import copy_builtin, edit

NOW = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
JANUARY, MARCH = date(2026, 1, 1), date(2026, 3, 1)


def changed(tmp_path: Path, seats: int) -> Path:
    folder = copy_builtin(tmp_path / str(seats))
    edit(folder, "tiers.toml", "ranked_seats = 90", f"ranked_seats = {seats}")
    return folder


def activate(database: Database, folder: Path, on: date, days: int = 0) -> rulebooks.Activation:
    with database.write() as session:
        rulebooks.ensure_builtin(session, NOW)
        now = NOW + timedelta(days=days)
        return rulebooks.activate(session, folder, on, "cli:test", "yearly review", now=now)


def seats_on(database: Database, day: date) -> int:
    with database.read() as session:
        return rulebooks.rulebook_in_force(session, day).rulebook.tiers.gold.ranked_seats


def test_builtin_is_version_one_and_inserted_once(database: Database) -> None:
    for _ in range(2):
        with database.write() as session:
            row = rulebooks.ensure_builtin(session, NOW)
            assert (row.code, row.version, row.effective_on) == ("cn_pingan_2003", 1, date(2003, 1, 1))
    with database.read() as session:
        assert len(RulebookStore(session).list()) == 1
        found = rulebooks.rulebook_in_force(session, JANUARY)
        assert found.rulebook == load_builtin()


def test_before_the_first_effective_date_none_is_in_force(database: Database) -> None:
    with database.write() as session:
        rulebooks.ensure_builtin(session, NOW)
        with pytest.raises(DomainError) as refusal:
            rulebooks.rulebook_in_force(session, date(2002, 12, 31))
    assert refusal.value.code is ErrorCode.NOT_FOUND


def test_a_version_counts_from_its_day_on(database: Database, tmp_path: Path) -> None:
    done = activate(database, changed(tmp_path, 95), MARCH)
    assert (done.created, done.version.version) == (True, 2)
    assert [change.key for change in done.changes] == ["effective_on", "tiers.gold.ranked_seats"]
    assert [seats_on(database, day) for day in (JANUARY, date(2026, 2, 28), MARCH)] == [90, 90, 95]


def test_the_newer_of_two_versions_of_one_day_wins(database: Database, tmp_path: Path) -> None:
    activate(database, changed(tmp_path, 95), MARCH)
    assert activate(database, changed(tmp_path, 80), MARCH, days=1).version.version == 3
    assert seats_on(database, MARCH) == 80


def test_the_same_content_makes_no_new_version(database: Database, tmp_path: Path) -> None:
    first = activate(database, changed(tmp_path, 95), JANUARY)
    again = activate(database, tmp_path / "95" / "book", MARCH, days=1)
    assert (again.created, again.version.id, again.changes) == (False, first.version.id, [])


def test_an_older_content_can_come_back(database: Database, tmp_path: Path) -> None:
    activate(database, changed(tmp_path, 95), JANUARY)
    assert activate(database, copy_builtin(tmp_path), MARCH, days=1).version.version == 3
    assert [seats_on(database, day) for day in (JANUARY, MARCH)] == [95, 90]


def test_a_running_case_keeps_its_version(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        pinned = rulebooks.ensure_builtin(session, NOW).id
    activate(database, changed(tmp_path, 95), JANUARY)
    with database.read() as session:
        assert rulebooks.rulebook_of(session, pinned).rulebook.tiers.gold.ranked_seats == 90


def test_activation_wants_a_reason_and_a_sound_folder(database: Database, tmp_path: Path) -> None:
    folder = changed(tmp_path, 95)
    with database.write() as session, pytest.raises(DomainError) as refusal:
        rulebooks.activate(session, folder, MARCH, "cli:test", "  ")
    assert refusal.value.code is ErrorCode.REASON_REQUIRED
    edit(folder, "scoring.toml", "size = 60", "size = 50")
    with database.write() as session, pytest.raises(DomainError) as refusal:
        rulebooks.activate(session, folder, MARCH, "cli:test", "review")
    assert refusal.value.context["file"] == "scoring.toml"
    with database.read() as session:
        assert RulebookStore(session).list() == []


def test_activation_is_audited(database: Database, tmp_path: Path) -> None:
    row = activate(database, changed(tmp_path, 95), MARCH).version
    with database.read() as session:
        (entry,) = AuditStore(session).of("rulebook", "cn_pingan_2003/2")
    assert (entry.actor, entry.door, entry.reason) == ("cli:test", Door.CLI, "yearly review")
    assert entry.after == {"version": 2, "effective_on": "2026-03-01", "digest": row.digest}


def test_a_version_is_never_changed_or_deleted(database: Database) -> None:
    with database.write() as session:
        rulebooks.ensure_builtin(session, NOW)
    with database.read() as session:
        row = RulebookStore(session).list()[0]
        row.reason = "another"
        with pytest.raises(RuntimeError, match="immutable"):
            session.flush()
    with database.read() as session:
        session.delete(RulebookStore(session).list()[0])
        with pytest.raises(RuntimeError, match="immutable"):
            session.flush()


def test_content_altered_behind_our_back_is_refused(database: Database) -> None:
    with database.write() as session:
        rulebooks.ensure_builtin(session, NOW)
        altering = text("UPDATE rulebook_version SET content = replace(content, :old, :new)")
        session.execute(altering, {"old": '"ranked_seats":90', "new": '"ranked_seats":900'})
    with database.read() as session, pytest.raises(DomainError) as refusal:
        rulebooks.rulebook_in_force(session, JANUARY)
    assert refusal.value.context["file"] == "cn_pingan_2003 v1"


def test_a_number_is_given_once(database: Database) -> None:
    with database.write() as session:
        row = rulebooks.ensure_builtin(session, NOW)
        twin = RulebookVersion(**row.model_dump(exclude={"id"}))
    with pytest.raises(IntegrityError), database.write() as session:
        RulebookStore(session).insert(twin)


def test_versions_are_found_by_number_and_listed_newest_first(database: Database, tmp_path: Path) -> None:
    activate(database, changed(tmp_path, 95), MARCH)
    with database.read() as session:
        store = RulebookStore(session)
        assert [row.version for row in store.list()] == [2, 1]
        found = store.by_version("cn_pingan_2003", 2)
        assert found is not None
        assert found.effective_on == MARCH
        assert store.by_version("cn_pingan_2003", 9) is None
        assert store.last_number("another") == 0
