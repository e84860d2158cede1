"""Retention on both databases: what goes and what stays, broken off, held, and the trail cut and whole."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel, col, func, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.retention_types import RecordClass
from models.services import audit, audit_dropping
from models.services.by import By
from models.services.retention import dropping, holds
from models.services.retention.due import due
from models.services.retention.holds import Because, Held
from models.stores.retention_rows import ROWS
from models.tables.access import OneUseLink, SignInSession
from models.tables.audit import AuditEntry
from models.tables.cases import Case
from models.tables.jobs import ImportFile, Job
from models.tables.messages import Delivery, Draft, IdempotencyRecord, Notification
from models.tables.retention import AuditAnchor, RetentionRun
from models.tables.service import ComplaintRecord
from models.types import Channel, Door, JobState
from tests.support import world as worlds
from tests.support.service_rows import DUE, add_complaint, add_green_channel, add_touchpoint
from tests.support.world import GOLD, SILVER, World

BY = By("system:command", Door.CLI)
LATER = DUE + timedelta(days=1831)
YEARS = timedelta(days=1829)
START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def insurer(database: Database) -> World:
    """Two customers that were served long ago."""
    found = worlds.build(database)
    with database.write() as session:
        add_complaint(session, GOLD, "BJ01", "周启明", "理赔太慢")
        add_green_channel(session, GOLD, "BJ01", "周启明")
        add_touchpoint(session, GOLD, "BJ01", "上门拜访")
        add_complaint(session, SILVER, "BJ", "吴二", "无人接听")
    return found


def _rows(database: Database) -> dict[RecordClass, int]:
    with database.read() as session:
        return {one.record_class: one.rows for one in due(session, LATER)}


def _apply(database: Database, chunk: int = 300) -> dict[RecordClass, int]:
    return dropping.apply(database, BY, LATER, lambda *_: None, chunk=chunk)


def _count(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def _complaint(session: Session, customer_no: str) -> ComplaintRecord:
    return session.exec(select(ComplaintRecord).where(ComplaintRecord.customer_no == customer_no)).one()


def _entries(session: Session, action: str) -> list[AuditEntry]:
    return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)))


def test_texts_go_and_the_record_stays(database: Database, insurer: World) -> None:
    assert _rows(database)[RecordClass.SERVICE_TEXTS] == 4
    gone = _apply(database)
    assert gone[RecordClass.SERVICE_TEXTS] == 4
    with database.read() as session:
        row = _complaint(session, GOLD)
        assert (row.complainant, row.phone, row.matter, row.justified) == ("", "", "", True)
        assert _count(session, Case) == 3
        assert next(entry.after["deleted"] for entry in _entries(session, "retention.applied") if entry.after) == 4
    assert _rows(database)[RecordClass.SERVICE_TEXTS] == 0


def test_a_day_too_early_nothing_goes(database: Database, insurer: World) -> None:
    early = DUE + YEARS
    dropping.apply(database, BY, early, lambda *_: None)
    with database.read() as session:
        assert _complaint(session, GOLD).matter == "理赔太慢"


def test_an_open_case_keeps_its_texts(database: Database, insurer: World) -> None:
    with database.write() as session:
        case = session.get(Case, _complaint(session, GOLD).case_id)
        assert case is not None
        case.closed_at = None
    _apply(database)
    with database.read() as session:
        assert _complaint(session, GOLD).matter == "理赔太慢"
        assert _complaint(session, SILVER).matter == ""


def test_killed_between_two_pieces_it_is_carried_on(database: Database, insurer: World) -> None:
    with database.write() as session:
        run_id = dropping.begin(session, RecordClass.SERVICE_TEXTS, BY, LATER)
        assert run_id is not None
    with database.write() as session:
        assert dropping.step(session, run_id, BY, chunk=1)[1]

    def killed() -> None:
        with database.write() as session:
            dropping.step(session, run_id, BY, chunk=1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert _rows(database)[RecordClass.SERVICE_TEXTS] == 3
    gone = _apply(database, chunk=1)
    assert gone[RecordClass.SERVICE_TEXTS] == 4, "what the first part deleted counts once"
    with database.read() as session:
        entries = [one for one in _entries(session, "retention.applied") if one.object_id == "service_texts"]
        assert [one.after["deleted"] for one in entries if one.after] == [4]
        assert session.exec(select(RetentionRun).where(col(RetentionRun.finished_at).is_(None))).all() == []


@pytest.mark.parametrize("by_case", [False, True])
def test_nothing_of_what_is_held_goes(database: Database, insurer: World, *, by_case: bool) -> None:
    account = insurer.accounts["ops"]
    with database.write() as session:
        case_id = _complaint(session, GOLD).case_id
        held = Held(case_id=case_id) if by_case else Held(GOLD)
        hold = holds.place(session, held, Because("诉讼", account, BY, DUE))
        assert holds.place(session, held, Because("again", account, BY, DUE)).id == hold.id
        hold_id = hold.id
    gone = _apply(database)[RecordClass.SERVICE_TEXTS]
    with database.read() as session:
        assert _complaint(session, GOLD).matter == "理赔太慢"
        assert _complaint(session, SILVER).matter == ""
        assert len(_entries(session, "legal_hold.placed")) == 1
    with database.write() as session:
        holds.lift(session, hold_id, Because("结案", account, BY, LATER))
    assert gone == (3 if by_case else 1)
    assert _apply(database)[RecordClass.SERVICE_TEXTS] == 4 - gone
    with database.read() as session:
        assert _complaint(session, GOLD).matter == ""


@pytest.mark.parametrize(
    ("held", "reason", "code"),
    [
        (Held(GOLD), "  ", ErrorCode.REASON_REQUIRED),
        (Held(), "诉讼", ErrorCode.INVALID_INPUT),
        (Held(GOLD, uuid4()), "诉讼", ErrorCode.INVALID_INPUT),
        (Held("C9999999"), "诉讼", ErrorCode.NOT_FOUND),
    ],
)
def test_a_hold_says_why_and_on_what(
    database: Database, insurer: World, held: Held, reason: str, code: ErrorCode
) -> None:
    with pytest.raises(DomainError) as refused, database.write() as session:
        holds.place(session, held, Because(reason, insurer.accounts["ops"], BY, DUE))
    assert refused.value.code is code


def _odds_and_ends(session: Session, insurer: World) -> None:
    """One row of each other class that may go, and one that may not."""
    account = insurer.accounts["ops"]
    letter = Notification(dedupe_key="1", account_id=account, template="x", content="{}", created_at=DUE)
    job = Job(kind="import", state=JobState.DONE, params={}, created_at=DUE, finished_at=DUE)
    running = Job(kind="import", state=JobState.RUNNING, params={}, created_at=DUE)
    session.add_all([letter, job, running])
    session.flush()
    session.add(Delivery(notification_id=letter.id, channel=Channel.EMAIL, not_before=DUE))
    session.add(ImportFile(job_id=job.id, name="a.csv", digest="x"))
    for state in ("done", "pending"):
        fields: dict[str, Any] = {"account_id": account, "route": "x", "body_hash": "x", "created_at": DUE}
        session.add(IdempotencyRecord(key=state, state=state, **fields))
    session.add(Draft(account_id=account, subject="x", content="x", updated_at=DUE))
    session.add(OneUseLink(token_hash="x", purpose="setup", created_at=DUE, expires_at=DUE))
    times: dict[str, Any] = {"created_at": DUE, "last_seen_at": DUE}
    session.add(SignInSession(token_hash="old", account_id=account, csrf_secret="x", expires_at=DUE, **times))
    session.add(SignInSession(token_hash="new", account_id=account, csrf_secret="x", expires_at=LATER, **times))


def test_every_other_class_goes_with_its_parts_and_what_still_runs_stays(database: Database, insurer: World) -> None:
    with database.write() as session:
        _odds_and_ends(session, insurer)
    gone = _apply(database)
    assert {one: number for one, number in gone.items() if one is not RecordClass.AUDIT} == {
        **dict.fromkeys(ROWS, 1),
        RecordClass.SERVICE_TEXTS: 4,
        RecordClass.SURVEY_TEXTS: 0,
    }
    with database.read() as session:
        left = {table.__name__: _count(session, table) for table in (Delivery, ImportFile, Draft, OneUseLink)}
        assert set(left.values()) == {0}
        assert [job.state for job in session.exec(select(Job))] == [JobState.RUNNING]
        assert [row.state for row in session.exec(select(IdempotencyRecord))] == ["pending"]
        assert [row.token_hash for row in session.exec(select(SignInSession))] == ["new"]


def _trail(database: Database) -> None:
    """Ten entries, a day after the other; the sixth about a customer."""
    with database.write() as session:
        for number in range(10):
            name = GOLD if number == 5 else str(number)
            at = START + timedelta(days=number)
            audit.append(session, actor="x", action="y", object_kind="z", object_id=name, door=Door.CLI, at=at)


def _before(database: Database, day: int) -> int:
    """Cut the trail before a day, in pieces of two; gives how many entries went."""
    gone = 0
    while True:
        with database.write() as session:
            number = audit_dropping.drop(session, START + timedelta(days=day), 2)
        if not number:
            return gone
        gone += number


def test_what_is_left_of_the_trail_verifies_and_goes_on(database: Database) -> None:
    _trail(database)
    assert _before(database, 7) == 7
    _trail(database)
    with database.read() as session:
        assert audit.verify_kept(session) == (13, None)
        assert _count(session, AuditEntry) == 13
        assert audit.verify(session.exec(select(AuditEntry).order_by(col(AuditEntry.seq)))).broken_at == 8


def test_the_newest_entry_stays_however_old(database: Database) -> None:
    _trail(database)
    assert _before(database, 5000) == 9
    with database.read() as session:
        assert audit.verify_kept(session) == (1, None)


def test_the_trail_is_kept_from_the_first_entry_of_what_is_held(database: Database, insurer: World) -> None:
    with database.read() as session:
        already = _count(session, AuditEntry)
    _trail(database)
    with database.write() as session:
        holds.place(session, Held(GOLD), Because("诉讼", insurer.accounts["ops"], BY, DUE))
    assert _before(database, 9) == already + 5


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE audit_anchor SET seq = 5", 5),
        ("DELETE FROM audit_anchor", 4),
        ("UPDATE audit_anchor SET chain_hash = seal", 3),
    ],
)
def test_who_moves_the_anchor_is_found(database: Database, tampering: str, found_at: int) -> None:
    _trail(database)
    assert _before(database, 3) == 3
    with database.write() as session:
        session.execute(text(tampering))
    with database.read() as session:
        assert audit.verify_kept(session).broken_at == found_at


def test_no_entry_after_the_anchor_can_be_deleted(database: Database) -> None:
    _trail(database)
    _before(database, 3)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text("DELETE FROM audit_entry WHERE seq = 4"))
    with database.read() as session:
        assert session.exec(select(AuditAnchor.seq)).one() == 3


def test_a_trail_that_does_not_verify_is_not_shortened(database: Database) -> None:
    _trail(database)
    _before(database, 3)
    with database.write() as session:
        session.execute(text("UPDATE audit_anchor SET chain_hash = seal"))
    with pytest.raises(DomainError) as refused:
        _before(database, 7)
    assert refused.value.code is ErrorCode.CONTENT_ALTERED
