"""Races for one thing on the record database itself, with threads on both databases."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select
from temporalio.exceptions import ApplicationError

from activities.approval import ApprovalActivities
from models.database import Database
from models.errors import ErrorCode
from models.messages.approval import Recorded
from models.messages.service import RecordServiceOpening
from models.retention_types import ERASED
from models.services import audit
from models.services.approval import steps
from models.services.by import By
from models.services.retention import erasing
from models.services.servicing import opening
from models.services.servicing.naming import to_say_about
from models.stores.audit import AuditStore
from models.stores.customers import contacts_of
from models.tables.book import Contact
from models.tables.cases import Case, Decision, Membership, Seat, SilverQuota
from models.tables.service import GreenChannelRecord
from models.types import Door, Outcome
from tests.support import serving
from tests.support import world as worlds
from tests.support.waiting_cases import AT, Waiting, before_final_approval
from tests.support.world import World

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


def _person(world: World) -> Contact:
    with world.database.read() as session:
        return contacts_of(session, world.customer(worlds.SILVER))[0]


def _erase(database: Database, contact_id: UUID) -> int:
    """As a door does it, which looks at the person first."""
    with database.write() as session:
        seen = erasing.person(session, contact_id)
        why = erasing.Why("本人要求", By("system:command", Door.CLI), serving.RECEIVED)
        found = erasing.erase(session, contact_id, why)
        assert erasing.is_erased(seen)
    return found.service_records


def _meanwhile(pool: ThreadPoolExecutor, do: Callable[[], int]) -> Future[int]:
    """It begins now, and waits for the transaction that is open here."""
    begun = pool.submit(do)
    with suppress(TimeoutError):
        begun.result(timeout=0.5)
    return begun


def test_a_request_recorded_while_its_contact_is_erased_names_nobody(database: Database) -> None:
    world = serving.with_counter(worlds.build(database))
    person = _person(world)
    with database.read() as session:
        name = to_say_about(session, person.id, person.name)
    start = serving.request(world, contact_id=person.id, contact_name=name)
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            opening.record_opening(session, RecordServiceOpening(start=start, at=serving.RECEIVED))
            erased = _meanwhile(pool, lambda: _erase(database, person.id))
        assert erased.result() == 1
    with database.read() as session:
        assert session.exec(select(GreenChannelRecord.contact_name)).one() == ERASED


def test_a_person_erased_twice_at_once_is_erased_once(database: Database) -> None:
    person = _person(worlds.build(database))
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            why = erasing.Why("本人要求", By("system:command", Door.CLI), serving.RECEIVED)
            erasing.erase(session, person.id, why)
            erased = _meanwhile(pool, lambda: _erase(database, person.id))
        assert erased.result() == 0
    with database.read() as session:
        assert [entry.action for entry in AuditStore(session).all()].count("contact.erased") == 1
