"""A backup is whole or none, says what it is, and is put back only where it fits."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlmodel import Session, select
from typer.testing import CliRunner

from api import erased_list
from api.backup import restoring
from api.backup.manifest import NAME, BackupError, read
from api.backup.restoring import BY, restore
from api.backup.taking import DUMP, ENGINE, HOME, RECORDS, take
from api.cli import app as command_line
from api.supervisor.errors import StartError
from api.supervisor.home import sole_owner
from models.copies import copy_sqlite
from models.database import Database, newest_revision
from models.retention_types import ERASED
from models.services import audit, maintenance
from models.services.retention import erasing, holds
from models.settings import Settings
from models.stores.audit import AuditStore
from models.stores.customers import contacts_of
from models.tables.book import Contact, Customer, PersonKey
from models.tables.jobs import Job
from models.tables.organisation import Account
from models.tables.retention import LegalHold
from models.types import Door
from tests.plugins.postgres import PROGRAMS, fresh_database
from tests.support import world
from tests.support.ports import free_port

LETTER, OTHER_KEY = "one letter", "another-secret-another-secret-another-00"


def _settings(home: Path, *, key: str | None = world.SECRET, url: str | None = None) -> Settings:
    return Settings(home=home, secret_key=SecretStr(key) if key else None, database_url=url)


def _fill(database: Database) -> None:
    world.build(database)
    with database.write() as session:
        audit.append(session, actor="x", action="y", object_kind="case", object_id="1", door=Door.SYSTEM)
        holds.place(session, holds.Held(world.GOLD), _because(session))
    database.dispose()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a copy that was used: records, an engine's file, a letter, the mark of the sample book."""
    home = tmp_path / "home"
    (home / "mail").mkdir(parents=True)
    (home / "mail" / "1.eml").write_text(LETTER, encoding="utf-8")
    (home / "demo").touch()
    (home / "secret.key").write_text(world.SECRET, encoding="ascii")
    _fill(world.new_database(home))
    with closing(sqlite3.connect(home / ENGINE)) as engine:
        engine.execute("CREATE TABLE executions (id int)")
    return home


@pytest.fixture
def backup(home: Path) -> Path:
    """A backup of it."""
    target = home.parent / "backup"
    take(_settings(home), target)
    return target


def test_it_holds_everything_but_the_key_and_is_for_its_owner_only(home: Path, backup: Path) -> None:
    manifest = read(backup)
    assert {file.name for file in manifest.files} == {RECORDS, ENGINE, f"{HOME}/demo", f"{HOME}/mail/1.eml"}
    assert (manifest.schema_version, manifest.records, manifest.engine) == (newest_revision(), "sqlite", "embedded")
    assert manifest.audit_seq > 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in [backup, *backup.rglob("*")])
    assert world.SECRET.encode() not in b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())


def test_it_is_consistent_while_others_write(home: Path) -> None:
    with closing(sqlite3.connect(home / RECORDS, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE customer SET name = 'half written'")
        copy_sqlite(home / RECORDS, home / "copy.db")
        writer.execute("ROLLBACK")
    with closing(sqlite3.connect(home / "copy.db")) as copied:
        assert copied.execute("SELECT count(*) FROM customer WHERE name = 'half written'").fetchone() == (0,)


def test_what_is_put_back_is_all_there_behind_closed_doors(home: Path, backup: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    restore(_settings(other), backup)
    assert (other / "mail" / "1.eml").read_text("utf-8") == LETTER
    assert (other / "demo").exists()
    with closing(sqlite3.connect(other / ENGINE)) as engine:
        assert engine.execute("SELECT count(*) FROM executions").fetchone() == (0,)
    _check_restored(Database.from_settings(_settings(other)), read(backup).backup_id.hex)


def _check_restored(database: Database, backup_id: str) -> None:
    with database.read() as session:
        assert len(session.exec(select(Customer)).all()) == len(world.CUSTOMERS)
        closed, entries = maintenance.standing(session), list(AuditStore(session).all())
    database.dispose()
    assert closed is not None
    assert (closed.backup_id or "").replace("-", "") == backup_id
    assert audit.verify(entries).broken_at is None
    assert entries[-1].action == "maintenance.begin"


def test_nothing_that_stood_there_is_lost(home: Path, backup: Path) -> None:
    with pytest.raises(BackupError, match="--replace puts them aside"):
        restore(_settings(home), backup)
    (home / "mail" / "2.eml").write_text("later", encoding="utf-8")
    manifest = restore(_settings(home), backup, replace=True)
    aside = home / f"before-{manifest.backup_id}"
    assert (aside / "mail" / "2.eml").exists()
    assert not (home / "mail" / "2.eml").exists()
    with closing(sqlite3.connect(aside / RECORDS)) as old:
        assert old.execute("SELECT count(*) FROM customer").fetchone() == (len(world.CUSTOMERS),)


def _erase_somebody(database: Database) -> UUID:
    """Erased after the backup, of a customer that was held when it was taken."""
    with database.write() as session:
        hold = session.exec(select(LegalHold)).one()
        holds.lift(session, hold.id, _because(session))
        person = contacts_of(session, world.GOLD)[0]
        erasing.erase(session, person.id, erasing.Why("本人要求", BY, datetime.now(UTC)))
    database.dispose()
    return person.id


def _because(session: Session) -> holds.Because:
    return holds.Because("诉讼", session.exec(select(Account.id)).first() or UUID(int=0), BY, datetime.now(UTC))


def _check_nobody_came_back(database: Database, person_id: UUID) -> None:
    with database.read() as session:
        person = session.get_one(Contact, person_id)
        assert (person.name, person.mobile, person.email) == (ERASED, None, None)
        assert session.get(PersonKey, person_id) is None
        trail = list(AuditStore(session).all())
        assert [entry.actor for entry in trail if entry.action == "contact.erased"] == [BY.actor]
        assert audit.verify(trail).broken_at is None
    database.dispose()


def test_a_restore_brings_nobody_back(home: Path, tmp_path: Path) -> None:
    settings, target = _settings(home), tmp_path / "backup"
    take(settings, target)
    person_id = _erase_somebody(Database.from_settings(settings))
    restore(settings, target, replace=True)
    _check_nobody_came_back(Database.from_settings(settings), person_id)
    restore(settings, target, replace=True)
    _check_nobody_came_back(Database.from_settings(settings), person_id)


def test_an_empty_home_asks_the_list_of_the_erased(home: Path, tmp_path: Path) -> None:
    listed, target = {"erased_file": tmp_path / "elsewhere.txt"}, tmp_path / "backup"
    take(_settings(home), target)
    settings = _settings(home).model_copy(update=listed)
    person_id = _erase_somebody(Database.from_settings(settings))
    erased_list.note(settings, Database.from_settings(settings))
    other = _settings(tmp_path / "other").model_copy(update=listed)
    restore(other, target)
    _check_nobody_came_back(Database.from_settings(other), person_id)


def test_a_restore_that_was_broken_off_still_knows_who_was_erased(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, target, put_aside = _settings(home), tmp_path / "backup", restoring._put_aside
    take(settings, target)
    person_id = _erase_somebody(Database.from_settings(settings))

    def and_no_further(path: Path, aside: Path) -> None:
        put_aside(path, aside)
        raise KeyboardInterrupt

    monkeypatch.setattr(restoring, "_put_aside", and_no_further)
    with pytest.raises(KeyboardInterrupt):
        restore(settings, target, replace=True)
    monkeypatch.undo()
    assert not (home / RECORDS).exists()
    restore(settings, target)
    _check_nobody_came_back(Database.from_settings(settings), person_id)


def test_the_list_of_the_erased_takes_each_once_and_no_torn_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, (one, other) = tmp_path / "erased.txt", (uuid4(), uuid4())
    erased_list.keep(path, [one])
    with path.open("a") as file:
        file.write(str(other)[:20])
    assert erased_list.listed(path) == {one}
    erased_list.keep(path, [one, other])
    assert erased_list.listed(path) == {one, other}
    assert path.read_text("ascii").count(str(one)) == 1
    erased_list.keep(tmp_path / "nowhere" / "erased.txt", [one])
    assert "the list of the erased cannot be written" in caplog.text


def test_records_that_cannot_be_read_are_restored_all_the_same_and_it_is_said(
    home: Path, backup: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / RECORDS).write_bytes(b"no records at all" * 1000)
    restore(_settings(home), backup, replace=True)
    _check_restored(Database.from_settings(_settings(home)), read(backup).backup_id.hex)
    assert "erase again whoever was erased since the backup" in caplog.text


def test_a_home_in_use_is_not_touched(home: Path, backup: Path) -> None:
    with sole_owner(home), pytest.raises(StartError, match="is already run by process"):
        restore(_settings(home), backup, replace=True)


def test_another_key_or_none_is_refused(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="the secret key is another one"):
        restore(_settings(tmp_path / "other", key=OTHER_KEY), backup)
    with pytest.raises(BackupError, match="put the secret key into"):
        restore(_settings(tmp_path / "none", key=None), backup)


def _spoil(backup: Path, how: str) -> None:
    manifest = json.loads((backup / NAME).read_text("utf-8"))
    if how == "no manifest":
        (backup / NAME).unlink()
    elif how == "half a manifest":
        (backup / NAME).write_text("{}", encoding="utf-8")
    elif how == "missing":
        (backup / ENGINE).unlink()
    elif how == "altered":
        with (backup / RECORDS).open("ab") as file:
            file.write(b"x")
    else:
        changes = {"newer": {"schema_version": "9999"}, "other trail": {"audit_hash": "0" * 64}}
        (backup / NAME).write_text(json.dumps(manifest | changes[how]), encoding="utf-8")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("no manifest", "is no backup"),
        ("half a manifest", "is damaged: manifest.json is not what was written; use another backup"),
        ("missing", "temporal.db is missing"),
        ("altered", "records.db is not what was written"),
        ("newer", "install the version it was taken with"),
        ("other trail", "not the one that the manifest names"),
    ],
)
def test_a_spoilt_one_is_refused_and_nothing_is_put_in_place(
    backup: Path, tmp_path: Path, how: str, reason: str
) -> None:
    _spoil(backup, how)
    with pytest.raises(BackupError, match=reason):
        restore(_settings(tmp_path / "other"), backup)
    assert not list((tmp_path / "other").glob("*.db*"))


def test_a_backup_that_fails_leaves_no_folder_that_looks_like_one(home: Path) -> None:
    with (home / RECORDS).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    with pytest.raises(BackupError, match="records cannot be read: database disk image is malformed"):
        take(_settings(home), home.parent / "backup")
    with pytest.raises(BackupError, match="there are no records"):
        take(_settings(home.parent / "empty"), home.parent / "of-nothing")
    assert {path.name for path in home.parent.iterdir()} == {home.name}


def test_postgresql_by_its_own_programs(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(PROGRAMS), prepend=":")
    source, target = (_settings(tmp_path / name, url=fresh_database(postgres)) for name in ("one", "two"))
    _fill(Database.from_settings(source))
    manifest = take(source, tmp_path / "backup")
    assert (manifest.records, manifest.engine, [file.name for file in manifest.files]) == (
        "postgresql",
        "elsewhere",
        [DUMP],
    )
    with pytest.raises(BackupError, match="the database holds records"):
        restore(target, tmp_path / "backup")
    restore(target, tmp_path / "backup", replace=True)
    _check_restored(Database.from_settings(target), manifest.backup_id.hex)
    person_id = _erase_somebody(Database.from_settings(target))
    restore(target, tmp_path / "backup", replace=True)
    _check_nobody_came_back(Database.from_settings(target), person_id)
    with pytest.raises(BackupError, match="set or unset GREENLANE_DATABASE_URL"):
        restore(_settings(tmp_path / "three"), tmp_path / "backup")


def test_without_its_programs_it_says_what_to_do(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is not on the path: install PostgreSQL's client programs"):
        take(_settings(tmp_path / "one", url=fresh_database(postgres)), tmp_path / "backup")


def test_the_commands_say_what_they_did_and_end_with_1_when_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLANE_HOME", str(home))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", world.SECRET)
    run, target = CliRunner(), str(home.parent / "backup")
    assert run.invoke(command_line, ["maintenance", "status"]).stdout == "open\n"
    assert "4 files" in run.invoke(command_line, ["backup", target]).stdout
    again = run.invoke(command_line, ["backup", target])
    assert (again.exit_code, "a backup is written into a new folder" in again.stderr) == (1, True)
    assert "in maintenance" in run.invoke(command_line, ["restore", target, "--replace"]).stdout
    assert "not compared yet" in run.invoke(command_line, ["maintenance", "status"]).stdout
    assert run.invoke(command_line, ["maintenance", "end"]).exit_code != 0
    for act in ("begin", "end"):
        blank = run.invoke(command_line, ["maintenance", act, "--reason", " "])
        assert (blank.exit_code, "Give a reason" in blank.stderr) == (1, True)
    assert run.invoke(command_line, ["maintenance", "end", "--reason", "checked by hand"]).stdout == "open\n"
    assert run.invoke(command_line, ["maintenance", "begin", "--reason", "moving house"]).stdout == "closed\n"
    agreed = ["maintenance", "begin", "--reason", "put back by hand", "--until-agreed"]
    assert run.invoke(command_line, agreed).stdout == "closed\n"
    database = Database.from_settings(_settings(home))
    with database.read() as session:
        entries, row = list(AuditStore(session).all()), maintenance.standing(session)
    database.dispose()
    assert row is not None
    assert row.records_as_of is not None
    assert [(entry.action, entry.reason) for entry in entries[-3:]] == [
        ("maintenance.end", "checked by hand"),
        ("maintenance.begin", "moving house"),
        ("maintenance.begin", "put back by hand"),
    ]


@pytest.mark.parametrize("wanted", [["maintenance", "status"], ["audit", "verify"]])
def test_a_home_without_records_is_told_and_stays_as_it_is(
    wanted: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path / "nowhere"))
    refused = CliRunner().invoke(command_line, wanted)
    assert (refused.exit_code, "there are no records at" in refused.stderr) == (1, True)
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "records.db").write_text("no database at all")
    refused = CliRunner().invoke(command_line, wanted)
    assert (refused.exit_code, "the records cannot be read" in refused.stderr) == (1, True)


def test_a_comparison_without_an_engine_is_refused_and_nothing_is_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREENLANE_HOME", str(home))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", world.SECRET)
    refused = CliRunner().invoke(command_line, ["reconcile"])
    assert (refused.exit_code, "engine is unavailable" in refused.stderr) == (1, True)
    database = Database.from_settings(_settings(home))
    with database.read() as session:
        assert session.exec(select(Job)).all() == []
    database.dispose()


@pytest.mark.parametrize(
    ("wanted", "address", "sentence"),
    [
        ("migrate", "GREENLANE_DATABASE_URL", "the records cannot be read"),
        ("worker", "GREENLANE_TEMPORAL_ADDRESS", "no way to the engine"),
    ],
)
def test_where_nobody_answers_a_part_ends_with_a_sentence(
    wanted: str, address: str, sentence: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("GREENLANE_HOME", str(home))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", OTHER_KEY)
    monkeypatch.setenv(address, f"postgresql+psycopg://nobody@{nobody}/none" if wanted == "migrate" else nobody)
    command = [str(Path(sys.executable).with_name("greenlane")), wanted]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, sentence in refused.stderr) == (1, True), refused.stderr
    assert "Traceback" not in refused.stderr
