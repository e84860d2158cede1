"""`greenlane retention` and `greenlane person erase` as an operator types them, on a copy of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, func, select
from typer.testing import CliRunner, Result

from api.cli import app
from models.database import Database
from models.retention_types import ERASED, RecordClass
from models.services import audit
from models.services.by import By
from models.services.retention import holds
from models.services.rulebooks import ensure_builtin
from models.stores.audit import AuditStore
from models.stores.customers import contacts_of
from models.tables.book import Contact
from models.tables.messages import Notification
from models.types import Door
from tests.support import world as worlds
from tests.support.moment import now
from tests.support.service_rows import add_complaint
from tests.support.world import GOLD, World

LONG_AGO = timedelta(days=3000)
REASON = ("--reason", "本人要求")


@pytest.fixture
def insurer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A copy with the shipped terms, two old messages, one of them to a customer, and a complaint of its leader."""
    monkeypatch.setenv("GREENLANE_HOME", str(tmp_path))
    monkeypatch.setenv("GREENLANE_SECRET_KEY", worlds.SECRET)
    monkeypatch.delenv("GREENLANE_DATABASE_URL", raising=False)
    found = worlds.build(worlds.new_database(tmp_path))
    with found.database.write() as session:
        ensure_builtin(session)
        add_complaint(session, GOLD, "BJ01", contacts_of(session, GOLD)[0].name, "理赔太慢")
        for key, customer_no in (("1", GOLD), ("2", None)):
            note = Notification(
                dedupe_key=key, customer_no=customer_no, template="t", content="{}", created_at=now() - LONG_AGO
            )
            session.add(note)
    yield found
    found.database.dispose()


def _greenlane(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def _messages(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(Notification)).one()


def _hold(world: World) -> UUID:
    because = holds.Because("诉讼", world.accounts["ops"], By("system:command", Door.CLI), datetime.now(UTC))
    with world.database.write() as session:
        return holds.place(session, holds.Held(GOLD), because).id


def _lift(world: World, hold_id: UUID) -> None:
    because = holds.Because("结案", world.accounts["ops"], By("system:command", Door.CLI), datetime.now(UTC))
    with world.database.write() as session:
        holds.lift(session, hold_id, because)


def _leader(database: Database) -> Contact:
    with database.read() as session:
        return contacts_of(session, GOLD)[0]


def _line(output: str, name: str) -> str:
    return next(line for line in output.splitlines() if name in line)


def test_retention_shows_first_and_deletes_only_when_told_to(insurer: World) -> None:
    dry = _greenlane("retention")
    assert (dry.exit_code, "nothing was deleted" in dry.output) == (0, True)
    assert " 730 " in _line(dry.output, "notifications")
    assert " 2 " in _line(dry.output, "notifications")
    assert _messages(insurer.database) == 2
    hold_id = _hold(insurer)
    assert "deleted notifications: 1" in _greenlane("retention", "--apply").output
    assert _messages(insurer.database) == 1, "the customer's own is held"
    assert "deleted notifications: 0" in _greenlane("retention", "--apply").output
    _lift(insurer, hold_id)
    assert "deleted notifications: 1" in _greenlane("retention", "--apply").output
    with insurer.database.read() as session:
        entries = list(AuditStore(session).of("retention", RecordClass.NOTIFICATIONS.value))
        assert [(entry.after or {})["deleted"] for entry in entries] == [1, 0, 1]
        assert all(entry.actor.startswith("cli:") for entry in entries)
        assert audit.verify_kept(session).broken_at is None


def test_retention_refuses_what_it_does_not_know(insurer: World) -> None:
    refused = _greenlane("retention", "--all")
    assert (refused.exit_code, "No such option" in refused.output) == (2, True)
    assert _messages(insurer.database) == 2


def test_a_person_is_shown_first_erased_once_and_then_done_with(insurer: World, tmp_path: Path) -> None:
    person = _leader(insurer.database)
    dry = _greenlane("person", "erase", person.id, *REASON)
    assert (dry.exit_code, "nothing was erased" in dry.output) == (0, True)
    assert "service records that name the person: 1, letters: 0" in dry.output
    assert _leader(insurer.database).name == person.name
    listed = tmp_path / "erased.txt"
    assert not listed.exists()
    for records in (1, 0):
        done = _greenlane("person", "erase", person.id, *REASON, "--apply")
        assert (done.exit_code, f"name the person: {records}," in done.output) == (0, True), done.output
    assert _leader(insurer.database).name == ERASED
    assert listed.read_text("ascii").split() == [str(person.id)]
    with insurer.database.read() as session:
        entries = list(AuditStore(session).of("contact", str(person.id)))
    assert [(entry.action, entry.reason) for entry in entries] == [("contact.erased", "本人要求")]


def test_a_person_under_a_hold_stays(insurer: World) -> None:
    person, _ = _leader(insurer.database), _hold(insurer)
    for more in ((), ("--apply",)):
        refused = _greenlane("person", "erase", person.id, *REASON, *more)
        assert (refused.exit_code, "under a legal hold" in refused.output) == (1, True)
    assert _leader(insurer.database).name == person.name


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("00000000-0000-7000-8000-000000000000", *REASON, "--apply"), 1, "not found"),
        (("not-an-id", *REASON, "--apply"), 2, "should be a valid UUID"),
        ((), 2, "Missing argument"),
    ],
)
def test_nobody_unknown_is_erased(insurer: World, arguments: tuple[str, ...], code: int, words: str) -> None:
    refused = _greenlane("person", "erase", *arguments)
    assert (refused.exit_code, words.lower() in refused.output.lower()) == (code, True), refused.output


@pytest.mark.parametrize(("reason", "code"), [((), 2), (("--reason", " "), 1)])
def test_nobody_is_erased_without_a_reason(insurer: World, reason: tuple[str, ...], code: int) -> None:
    person = _leader(insurer.database)
    assert _greenlane("person", "erase", person.id, *reason, "--apply").exit_code == code
    with insurer.database.read() as session:
        assert session.exec(select(func.count()).where(col(Contact.name_index).startswith("erased:"))).one() == 0
