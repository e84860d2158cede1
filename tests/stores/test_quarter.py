"""Quarterly summaries in the records of both databases: seal, guard, adjustments, handing in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from models.database import Database
from models.errors import DomainError
from models.messages.quarter import RecordPeriodOpening
from models.messages.sweep import RecordOrder, SweepOrder
from models.rules.quarter import Quarter, Totals, totals
from models.services.by import By
from models.services.quarter import adjusting, closing, content, starting
from models.services.quarter.content import SummaryAlteredError
from models.services.quarter.reading import branch_quarters
from models.stores.audit import AuditStore
from models.stores.cases import CaseStore
from models.stores.quarter import QuarterStore
from models.stores.scope import EVERYTHING
from models.tables.care import Touchpoint
from models.tables.cases import Case
from models.tables.messages import Notification
from models.tables.quarter import QuarterAdjustment, QuarterSummary
from models.tables.service import DutySweep
from models.types import Door, Outcome, Stage
from tests.support import quarters, world
from tests.support.sweeping import add_touchpoint
from tests.support.world import World

Q = Quarter(2026, 2)
FROZEN = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
LATER = FROZEN + timedelta(days=20)


@pytest.fixture
def people(database: Database) -> World:
    """An insurer with facts of the quarter, frozen for its branch."""
    found = world.build(database)
    with database.write() as session:
        quarters.fill(session, found, Q)
        closing.record_opening(session, RecordPeriodOpening(start=quarters.start(found, Q), at=FROZEN))
    return found


def _summary(session: Session) -> QuarterSummary:
    row = QuarterStore(session).get(Q, quarters.BRANCH)
    assert row is not None
    return row


def _publish(database: Database) -> None:
    with database.write() as session:
        row = _summary(session)
        seal = content.digest_of(session, row)
        row.published_at, row.digest = FROZEN + timedelta(days=9), seal
        row.handed_in_at = FROZEN + timedelta(days=7)
        session.add(row)


def _late_visit(database: Database, people: World) -> None:
    """The visit that was missed had been made in time: entered after publication."""
    with database.write() as session:
        row = session.exec(select(Touchpoint).where(Touchpoint.stage == Stage.DUE)).one()
        row.stage, row.done_on, row.in_time, row.cost = Stage.DONE, row.due_on, True, Decimal(50)
        session.add(row)


def _order(day: datetime = LATER) -> RecordOrder:
    common = {"institution_code": quarters.BRANCH, "day": day.date(), "at": day, "limit": 100}
    return RecordOrder(**common, phase="adjustments")


def test_freezing_again_finds_it_standing(database: Database, people: World) -> None:
    with database.write() as session:
        first = _summary(session)
        again = RecordPeriodOpening(start=quarters.start(people, Q), at=LATER)
        assert closing.record_opening(session, again).state.case_id == first.case_id
    with database.read() as session:
        assert len(session.exec(select(QuarterSummary)).all()) == 1
        assert _summary(session).frozen_at == FROZEN


def test_due_ten_working_days_after_the_quarter_and_a_task_by_then(database: Database, people: World) -> None:
    with database.read() as session:
        row = _summary(session)
        case = CaseStore(session).get(row.case_id)
    assert row.due_on.isoformat() == "2026-07-14"
    assert case is not None
    assert case.state["tasks"][0]["deadline"]["due_at"].startswith("2026-07-14")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE quarter_line SET cost = 1",
        "DELETE FROM quarter_line",
        "UPDATE quarter_count SET done = 9",
        "DELETE FROM quarter_count",
        "UPDATE quarter_summary SET prepared_by_name = 'x'",
        "DELETE FROM quarter_summary",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_published(
    database: Database, people: World, statement: str
) -> None:
    _publish(database)
    with pytest.raises(DBAPIError, match=r"is published|foreign key|FOREIGN KEY"), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        content.verify(session, _summary(session))


def test_whoever_gets_past_the_guard_is_found_by_the_seal(database: Database, people: World) -> None:
    _publish(database)
    with database.write() as session:
        for name in ("quarter_line_no_UPDATE",):
            sqlite = session.get_bind().dialect.name == "sqlite"
            session.execute(
                text(f"DROP TRIGGER {name}" if sqlite else "DROP TRIGGER quarter_line_published ON quarter_line")
            )
        session.execute(text("UPDATE quarter_line SET cost = 1"))
    with database.write() as session, pytest.raises(SummaryAlteredError):
        content.verify(session, _summary(session))
    with database.write() as session, pytest.raises(SummaryAlteredError):
        adjusting.find(session, _summary(session), LATER)
    with database.write() as session:
        counts = adjusting.adjust_published(session, _order()).counts
        assert counts == {"adjusted": 0, "altered": 1}, "the sweep goes on, and says so"
        assert [entry.action for entry in AuditStore(session).all()][-1] == "quarter.altered"


def test_late_facts_become_adjustments_once_and_nothing_published_changes(database: Database, people: World) -> None:
    _publish(database)
    with database.write() as session:
        assert adjusting.adjust_published(session, _order()).counts == {"adjusted": 0, "altered": 0}
    _late_visit(database, people)
    for expected in (3, 0):
        with database.write() as session:
            assert adjusting.adjust_published(session, _order()).counts == {"adjusted": expected, "altered": 0}
    with database.read() as session:
        rows = QuarterStore(session).adjustments(_summary(session).id)
        content.verify(session, _summary(session))
        told = session.exec(select(Notification).where(Notification.template == adjusting.TEMPLATE)).all()
        trail = [entry.action for entry in AuditStore(session).of("case", str(_summary(session).case_id))]
    assert [(row.figure, row.old, row.new) for row in rows] == [
        ("Z08.done", "1", "2"),
        ("Z08.late", "1", ""),
        ("cost", "380.00", "430.00"),
    ]
    assert [note.account_id for note in told] == [people.accounts["svc"]]
    assert trail == ["declare", "quarter.adjusted"]


def test_what_moves_back_is_another_adjustment(database: Database, people: World) -> None:
    _publish(database)
    with database.write() as session:
        extra = add_touchpoint(session, people.customer(world.SILVER), Q.last, stage=Stage.DUE)
        adjusting.find(session, _summary(session), LATER)
        session.delete(extra)
        session.flush()
        adjusting.find(session, _summary(session), LATER)
        rows = QuarterStore(session).adjustments(_summary(session).id)
    assert [(row.number, row.figure, row.old, row.new) for row in rows] == [
        (1, "Z08.due", "", "1"),
        (2, "Z08.late", "", "1"),
        (3, "Z08.due", "1", ""),
        (4, "Z08.late", "1", ""),
    ]


def test_a_reason_is_entered_once(database: Database, people: World) -> None:
    _publish(database)
    _late_visit(database, people)
    by = By(str(people.accounts["svc"]), Door.PAGE)
    with database.write() as session:
        adjustment = adjusting.find(session, _summary(session), LATER)[0]
        adjustment_id = adjustment.id
        with pytest.raises(DomainError, match="reason_required"):
            adjusting.explain(session, adjustment, " ", by=by, name="赵敏", at=LATER)
        adjusting.explain(session, adjustment, "补录 5 月拜访", by=by, name="赵敏", at=LATER)
    with database.write() as session:
        again = session.get(QuarterAdjustment, adjustment_id)
        assert again is not None
        with pytest.raises(DomainError, match="already_decided"):
            adjusting.explain(session, again, "另一说法", by=by, name="赵敏", at=LATER)
        assert (again.reason, again.reason_by_name) == ("补录 5 月拜访", "赵敏")
        raw = session.execute(text("SELECT reason FROM quarter_adjustment WHERE reason_by_name != ''")).scalar_one()
    assert "补录".encode() not in bytes(raw)


def test_what_was_handed_in_on_time_and_complete(database: Database, people: World) -> None:
    with database.read() as session:
        waiting = QuarterStore(session).handed_in(quarters.BRANCH, Q.year)
        assert QuarterStore(session).handed_in("SH", Q.year) == []
    assert [(one.quarter, one.on_time, one.complete) for one in waiting] == [(Q, False, False)]
    _publish(database)
    with database.read() as session:
        handed = QuarterStore(session).handed_in(quarters.BRANCH, Q.year)
    assert [(one.on_time, one.complete) for one in handed] == [(True, True)]


def test_the_sweep_starts_what_ended_since_it_went_live_and_is_not_published(database: Database, people: World) -> None:
    def due(branch: str, day: datetime) -> list[tuple[int, int]]:
        order = SweepOrder(institution_code=branch, day=day.date(), at=day, limit=10)
        with database.read() as session:
            return [(one.year, one.quarter) for one in starting.closes_due(session, order)]

    october = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
    assert due("SH", october) == [], "it never went live"
    with database.write() as session:
        session.add(DutySweep(day=datetime(2026, 5, 1, tzinfo=UTC).date(), institution_code="SH", started_at=FROZEN))
    assert due("SH", october) == [(2026, 2), (2026, 3)]
    assert due("BJ", october) == [(2026, 2), (2026, 3)], "the second is frozen; were it broken off, it would go on"
    with database.write() as session:
        case = session.get_one(Case, _summary(session).case_id)
        case.outcome = Outcome.APPROVED
        session.add(case)
    assert due("BJ", october) == [(2026, 3)]
    assert due("BJ", october - timedelta(days=1)) == []
    assert due("HQ", october) == []


def test_the_database_adds_up_what_the_rule_does(database: Database, people: World) -> None:
    """Of a summary with lines and counts, of one without a VIP, and of a branch without one."""
    with database.write() as session:
        start = quarters.start(people, Q, branch="SH")
        closing.record_opening(session, RecordPeriodOpening(start=start, at=FROZEN))
    with database.read() as session:
        found = {row.found.branch.code: row for row in branch_quarters(session, Q, EVERYTHING)}
        ours = _summary(session)
        assert found["BJ"].totals == totals(line for _, line in content.lines_of(session, ours))
        assert found["BJ"].totals is not None
        assert (found["BJ"].totals.vips, found["BJ"].totals.due > 0, found["BJ"].totals.cost > 0) == (2, True, True)
        assert found["SH"].totals == Totals()
        assert {row.totals for row in branch_quarters(session, Q.before, EVERYTHING)} == {None}
