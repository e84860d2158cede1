"""Races for one thing on the record database itself, with threads on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select
from temporalio.exceptions import ApplicationError

from activities.approval import ApprovalActivities
from models.database import Database
from models.errors import ErrorCode
from models.messages.approval import Recorded
from models.services import audit
from models.services.approval import steps
from models.stores.audit import AuditStore
from models.tables.cases import Case, Decision, Membership, Seat, SilverQuota
from models.types import Outcome
from tests.support import serving
from tests.support import world as worlds
from tests.support.waiting_cases import AT, Waiting, before_final_approval

RACERS, SEATS, THREADS = 200, 10, 8


def _check_trail(session: Session, acts: int) -> None:
    """One audit row per act, and the chain holds."""
    assert audit.verify(AuditStore(session).all()).broken_at is None
    assert sum(entry.object_kind == "case" for entry in AuditStore(session).all()) == acts


def test_two_hundred_final_approvals_for_ten_seats_give_exactly_ten(database: Database) -> None:
    world = worlds.build(database)
    with database.write() as session:
        session.add(
            SilverQuota(
                year=worlds.YEAR,
                institution_code="BJ",
                quota=SEATS,
                reason="服务能力",
                filed_by=world.accounts["lead"],
                filed_at=AT,
            )
        )
        racers = [before_final_approval(session, world, number) for number in range(1, RACERS + 1)]
    activities = ApprovalActivities(database)

    def race(waiting: Waiting) -> str | None:
        message = waiting.approval()
        while True:
            try:
                return activities.record_step(message).state.outcome
            except ApplicationError as refused:
                return refused.type
            except OperationalError:  # SQLite serves waiting writers in no order; the engine delivers again
                continue

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(race, racers))
    assert results.count(Outcome.APPROVED) == SEATS
    assert results.count(ErrorCode.QUOTA_EXCEEDED) == RACERS - SEATS
    with database.read() as session:
        assert sorted(seat.seat_no for seat in session.exec(select(Seat))) == list(range(1, SEATS + 1))
        assert len(session.exec(select(Membership)).all()) == SEATS
        assert len(session.exec(select(Decision)).all()) == SEATS
        waiting = session.exec(select(Case).where(col(Case.in_reserve_since).is_not(None))).all()
        assert len(waiting) == RACERS - SEATS
        _check_trail(session, RACERS)


def test_one_step_delivered_by_many_at_once_is_recorded_once(database: Database) -> None:
    world = worlds.build(database)
    with database.write() as session:
        waiting = before_final_approval(session, world, 1)
    together = Barrier(THREADS)

    def deliver(number: int) -> Recorded:
        message = waiting.approval(key="same" if number % 2 else f"other-{number}")
        together.wait()
        with database.write() as session:
            return steps.record_step(session, message)

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(deliver, range(THREADS)))
    assert len({result.state.model_dump_json() for result in results}) == 1
    assert len({result.update_id for result in results}) == 1
    with database.read() as session:
        (decision,) = session.exec(select(Decision)).all()
        assert decision.update_id == results[0].update_id
        _check_trail(session, 1)


def test_one_opening_delivered_by_many_at_once_is_recorded_once(database: Database) -> None:
    """An attempt that takes too long goes on beside the next one: neither fails, neither is refused."""
    world = serving.with_counter(worlds.build(database))
    start, together = serving.request(world), Barrier(THREADS)

    def deliver(_: int) -> str:
        together.wait()
        return serving.record(world, start).state.model_dump_json()

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(deliver, range(THREADS)))
    assert len(set(answers)) == 1
    with database.read() as session:
        assert [case.workflow_id for case in session.exec(select(Case))] == [start.workflow_id]
        _check_trail(session, 1)
