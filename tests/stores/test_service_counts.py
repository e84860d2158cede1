"""Counts of services by customer, by institution and by scope against a plain count of every record."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.service_types import GreenService, TouchpointOrigin
from models.stores.scope import EVERYTHING, Scope
from models.stores.service_counts import Owner, ServiceCounts
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.service import GreenChannelRecord
from models.types import Role, Stage, Tier
from tests.support import service_rows, world

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
TODAY, FIRST, LAST = date(2026, 6, 15), date(2026, 4, 1), date(2026, 6, 30)
BRANCH = Scope(("/HQ/BJ/BJ01/",))
OWNERS = {world.GOLD: "BJ01", world.SILVER: "BJ01", world.BRANCH_OWNED: "BJ"}
OPEN = (Stage.PLANNED, Stage.RESCHEDULED, Stage.HUSHED, Stage.DUE)
STAGES = (*OPEN, Stage.DONE, Stage.DONE, Stage.DONE, Stage.MISSED, Stage.SKIPPED, Stage.CANCELLED)


def _touchpoint(chance: Random, number: int) -> Touchpoint:
    stage, planned = chance.choice(STAGES), TODAY + timedelta(days=chance.randrange(-100, 40))
    return Touchpoint(
        customer_no=chance.choice(tuple(OWNERS)),
        institution_code=chance.choice(("BJ", "BJ01", "SH")),
        key=f"k:{number}",
        code=chance.choice(("Z08", "Z10")),
        item="x",
        article="regulation 2.5",
        origin=TouchpointOrigin.PLAN,
        tier=Tier.GOLD,
        planned_on=planned,
        due_on=planned + timedelta(days=chance.choice((0, 3))),
        lead_on=planned,
        role=Role.MGR,
        human=True,
        stage=stage,
        in_time=chance.random() < 0.6 if stage is Stage.DONE else None,
        created_at=NOW,
        updated_at=NOW,
    )


def _request(session: Session, chance: Random) -> None:
    received = NOW - timedelta(days=chance.randrange(0, 100))
    at = chance.choice(("BJ", "BJ01", "SH"))
    customer_no = chance.choice(tuple(OWNERS))
    case_id = service_rows.add_green_channel(session, customer_no, at, "周启明", received=received)
    row = session.get(GreenChannelRecord, case_id)
    case = session.get(Case, case_id)
    assert row is not None
    assert case is not None
    row.record_no, row.service = f"GC-{case_id}"[:32], chance.choice((GreenService.CLAIM, GreenService.ISSUE))
    fate = chance.choice(("in time", "late", "open", "cancelled"))
    if fate == "late":
        row.in_time = False
    if fate in {"open", "cancelled"}:
        row.in_time = row.finished_at = None
    if fate == "open":
        case.outcome = case.closed_at = None
        row.due_at = NOW + timedelta(days=chance.choice((-2, 2)))


@pytest.fixture
def filled(database: Database) -> Database:
    """Touchpoints and requests of three customers around the edges of a quarter."""
    world.build(database)
    chance = Random(11)
    with database.write() as session:
        session.add_all(_touchpoint(chance, number) for number in range(150))
        for _ in range(60):
            _request(session, chance)
            session.flush()
    return database


Numbers = Counter[tuple[str, str, str, str]]


def _oracle(session: Session, owner: Owner, scope: Scope | None) -> Numbers:
    """By (owner, code, item, name of the number), one record after another."""
    found: Numbers = Counter()
    for row in session.exec(select(Touchpoint)):
        if FIRST <= row.planned_on <= LAST and _seen(row, owner, scope):
            done, still_open = row.stage is Stage.DONE, row.stage in OPEN
            missed, past = row.stage is Stage.MISSED, row.due_on < TODAY
            found.update(_numbers(row, owner, done=done, still_open=still_open, missed=missed, past=past))
    for request in session.exec(select(GreenChannelRecord)):
        case = session.get(Case, request.case_id)
        assert case is not None
        day = (request.received_at + timedelta(hours=8)).date()
        if FIRST <= day <= LAST and _seen(request, owner, scope):
            done, past = request.finished_at is not None, request.due_at < NOW
            still_open = not done and not case.outcome
            found.update(_numbers(request, owner, done=done, still_open=still_open, missed=False, past=past))
    return found


def _seen(row: Touchpoint | GreenChannelRecord, owner: Owner, scope: Scope | None) -> bool:
    where = row.institution_code if owner is Owner.INSTITUTION else OWNERS[row.customer_no]
    return scope is None or where == "BJ01"


def _numbers(
    row: Touchpoint | GreenChannelRecord, owner: Owner, *, done: bool, still_open: bool, missed: bool, past: bool
) -> Numbers:
    item = row.item if isinstance(row, Touchpoint) else row.service.value
    key = (getattr(row, owner.value), row.code, item)
    overdue = still_open and past
    late = overdue or (done and row.in_time is False)
    marks = {"due": done or still_open or missed, "done": done, "late": late, "missed": missed, "open": still_open}
    marks |= {"overdue": overdue, "in_time": done and not late, "judged": done or missed or overdue}
    return Counter({(*key, name): 1 for name, is_set in marks.items() if is_set})


@pytest.mark.parametrize("owner", Owner)
@pytest.mark.parametrize("scope", [None, BRANCH], ids=["everything", "a sub-branch"])
def test_every_number_is_that_of_the_records(filled: Database, owner: Owner, scope: Scope | None) -> None:
    with filled.read() as session:
        counts = ServiceCounts(session, FIRST, LAST, scope=scope or EVERYTHING).by(owner, NOW)
        names = ("due", "done", "late", "missed", "open", "overdue", "in_time", "judged")
        found: Numbers = Counter(
            {(*entry, name): getattr(kept, name) for entry, kept in counts.items() for name in names}
        )
        wanted = _oracle(session, owner, scope)
    assert +found == wanted
    assert wanted.total() > 100


def test_one_customer_has_the_lines_that_it_has_among_all(filled: Database) -> None:
    with filled.read() as session:
        everybody = ServiceCounts(session, FIRST, LAST).by(Owner.CUSTOMER, NOW)
        alone = ServiceCounts(session, FIRST, LAST, customer_no=world.GOLD).by(Owner.CUSTOMER, NOW)
        by_code = ServiceCounts(session, FIRST, LAST, customer_no=world.GOLD).by_code(NOW)
    assert alone == {entry: kept for entry, kept in everybody.items() if entry.owner == world.GOLD}
    assert by_code == {(entry.code, entry.item): kept for entry, kept in alone.items()}
