"""Figures of inquiries and complaints against a plain count of every record, one after another."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.service_types import ComplaintGrade, ComplaintSheet, IntakeChannel
from models.services.complaints.figures import ComplaintFigures, complaint_figures
from models.services.rulebooks import ensure_builtin
from models.stores.complaints import ComplaintFilter, ComplaintStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.cases import Case
from models.tables.columns import new_id
from models.tables.organisation import Account
from models.tables.service import ComplaintRecord
from models.types import CaseKind, Outcome, SeatKind, Stage, Tier
from tests.support import world

NUMBER = 120
AT = datetime(2026, 4, 20, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 4, 1), date(2026, 6, 30)
SHANGHAI = ZoneInfo("Asia/Shanghai")
CUSTOMERS = (world.GOLD, world.SILVER, world.BRANCH_OWNED)


@pytest.fixture
def filled(database: Database) -> Database:
    """Inquiries and complaints around the edges of a quarter: open and closed, in time and late, some reopened."""
    world.build(database)
    chance = Random(5)
    with database.write() as session:
        person = session.exec(select(Account)).first()
        assert person is not None
        version = ensure_builtin(session).id
        for number in range(NUMBER):
            record = _record(chance, number)
            session.add(_case(record, person.id, version, number))
            session.flush()
            session.add(record)
    return database


def _record(chance: Random, number: int) -> ComplaintRecord:
    received = AT - timedelta(hours=chance.randrange(0, 24 * 40))
    sheet = chance.choice((ComplaintSheet.INQUIRY, ComplaintSheet.COMPLAINT, ComplaintSheet.COMPLAINT))
    is_complaint = sheet is ComplaintSheet.COMPLAINT
    life = _life(chance, received, is_complaint=is_complaint)
    lives = []
    if is_complaint and life["closed_at"] is not None and chance.random() < 0.4:
        lives = [{name: value.isoformat() if isinstance(value, datetime) else value for name, value in life.items()}]
        life = _life(chance, life["closed_at"] + timedelta(days=1), is_complaint=True)
    serious = is_complaint and chance.random() < 0.3
    return ComplaintRecord(
        case_id=new_id(),
        record_no=f"X-{number:05d}",
        customer_no=chance.choice(CUSTOMERS),
        institution_code=chance.choice(("BJ", "BJ01", "SH")),
        sheet=sheet,
        grade=ComplaintGrade.SERIOUS if serious else ComplaintGrade.ORDINARY,
        channel=IntakeChannel.PHONE,
        received_at=received,
        lives=lives,
        **life,
    )


def _life(chance: Random, start: datetime, *, is_complaint: bool) -> dict[str, Any]:
    reply_due, close_due = start + timedelta(days=1), start + timedelta(days=5)
    replied = start + timedelta(hours=chance.randrange(1, 60)) if chance.random() < 0.8 else None
    closed = None
    if replied is not None:
        closed = replied + timedelta(hours=chance.randrange(1, 200)) if chance.random() < 0.7 else None
        closed = closed if is_complaint else replied
    return {
        "reply_due_at": reply_due,
        "first_reply_at": replied,
        "reply_in_time": None if replied is None else replied <= reply_due,
        "close_due_at": close_due if is_complaint else None,
        "closed_at": closed,
        "closed_in_time": closed <= close_due if is_complaint and closed is not None else None,
        "justified": chance.random() < 0.5 if is_complaint and closed is not None else None,
    }


def _case(record: ComplaintRecord, person: Any, version: Any, number: int) -> Case:
    return Case(
        id=record.case_id,
        kind=CaseKind.COMPLAINT,
        workflow_id=f"complaint/{number}",
        customer_no=record.customer_no,
        institution_code=record.institution_code,
        year=2026,
        attempt=1,
        tier=Tier.GOLD,
        tier_applied=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        stage=Stage.CLOSED if record.closed_at else Stage.REGISTERED,
        round=1 + len(record.lives),
        version=1,
        outcome=Outcome.COMPLETED if record.closed_at else None,
        declared_by=person,
        rulebook_version_id=version,
        content_hash="x",
        value=Decimal(0),
        state={},
        opened_at=record.received_at,
    )


def _plain(session: Session, key: str) -> tuple[ComplaintFigures, ...]:
    """The same, counted by looking at one record after another."""
    counts: dict[str, dict[str, int]] = {}
    for record in session.exec(select(ComplaintRecord)):
        for name in _counted(record):
            mine = counts.setdefault(getattr(record, key), {})
            mine[name] = mine.get(name, 0) + 1
    return tuple(ComplaintFigures(key=code, **counts[code]) for code in sorted(counts))


def _counted(record: ComplaintRecord) -> Iterator[str]:
    inquiry = record.sheet is ComplaintSheet.INQUIRY
    if _in(record.received_at):
        yield "inquiries_received" if inquiry else "complaints_received"
        if record.grade is ComplaintGrade.SERIOUS:
            yield "serious_received"
    now = record.model_dump()
    for life in (now, *({k: _read(v) for k, v in life.items()} for life in record.lives)):
        if _in(life["reply_due_at"]) and (life["reply_due_at"] <= AT or life["first_reply_at"]):
            yield "inquiries_due" if inquiry else "replies_due"
            if life["first_reply_at"] and life["first_reply_at"] <= life["reply_due_at"]:
                yield "inquiries_in_time" if inquiry else "replies_in_time"
        if not inquiry:
            yield from _closed(life)


def _closed(life: dict[str, Any]) -> Iterator[str]:
    if _in(life["close_due_at"]) and (life["close_due_at"] <= AT or life["closed_at"]):
        yield "complaints_due"
        if life["closed_at"] and life["closed_at"] <= life["close_due_at"]:
            yield "complaints_in_time"
    if life["closed_at"] and _in(life["closed_at"]):
        yield "complaints_closed"
        if life["justified"]:
            yield "justified"


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _in(at: datetime) -> bool:
    return FIRST <= at.astimezone(SHANGHAI).date() <= LAST


@pytest.mark.parametrize(("per_customer", "key"), [(False, "institution_code"), (True, "customer_no")])
def test_figures_are_those_of_a_plain_count(filled: Database, *, per_customer: bool, key: str) -> None:
    with filled.read() as session:
        found = complaint_figures(session, FIRST, LAST, AT, per_customer=per_customer)
        assert found == _plain(session, key)
    total = {name: sum(asdict(one)[name] for one in found) for name in asdict(found[0]) if name != "key"}
    assert all(total.values()), total  # nothing counts nothing: the sample reaches every figure
    assert total["complaints_in_time"] < total["complaints_due"]


def test_figures_reach_no_further_than_the_scope(filled: Database) -> None:
    with filled.read() as session:
        everywhere = complaint_figures(session, FIRST, LAST, AT, per_customer=True)
        nowhere = complaint_figures(session, FIRST, LAST, AT, scope=Scope(()))
        shanghai = complaint_figures(session, FIRST, LAST, AT, scope=Scope(("/HQ/SH/",)))
    assert (len(everywhere), nowhere) == (3, ())
    assert [one.key for one in shanghai] == ["SH"]


def test_the_desk_pages_through_what_is_open_by_its_nearest_clock(filled: Database) -> None:
    with filled.read() as session:
        store, seen, after = ComplaintStore(session), [], None
        while page := store.pressing(EVERYTHING, ComplaintFilter(), after=after, limit=7):
            seen += page
            after = (page[-1].next_due_at or AT, page[-1].record.case_id)
        records = [record for record in session.exec(select(ComplaintRecord)) if record.closed_at is None]
        counts = store.counts(EVERYTHING, AT, AT + timedelta(days=1))
        overdue = store.pressing(EVERYTHING, ComplaintFilter(due_before=AT), after=None, limit=NUMBER)
    assert len({row.record.case_id for row in seen}) == len(seen) == len(records) > 7
    due = [row.next_due_at for row in seen]
    assert due == sorted(due, key=lambda at: at or AT)
    assert counts.complaints + counts.inquiries == len(records)
    assert counts.overdue == len(overdue) == sum(1 for at in due if at is not None and at < AT)
    assert counts.unanswered == sum(1 for record in records if record.first_reply_at is None)
