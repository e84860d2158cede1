"""What a sweep makes of the records on both databases: duties, hush, consent, misses, letters; outages and repeats."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.rules.care.reasons import PlanReason, because
from models.rules.touchpoint_day import Why
from models.service_types import ComplaintGrade, ComplaintSheet, IntakeChannel
from models.services.care.hush import hushing_complaint
from models.services.duties.branches import branches, swept_with
from models.services.rulebooks import ensure_builtin
from models.stores.sweeps import Place, SweepStore
from models.tables.audit import AuditEntry
from models.tables.book import Contact
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case
from models.tables.organisation import Account
from models.tables.service import ComplaintRecord
from models.types import (
    CaseKind,
    ContactKind,
    MembershipStage,
    SeatKind,
    Stage,
    Tier,
)
from tests.support.members import add_member
from tests.support.plans import query_plans
from tests.support.sweep_rows import DAY, change, contact_of, gold_row, quiet_world, row_of, told_by
from tests.support.sweeping import Sweeper, morning
from tests.support.world import GOLD, SILVER, SMALL, World


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer, without policies that would bring duties of their own."""
    return quiet_world(database)


def test_every_institution_is_swept_with_one_branch(database: Database, people: World) -> None:
    with database.read() as session:
        shares = {code: swept_with(session, code) for code in branches(session)}
        assert swept_with(session, "BJ01") == []
    assert shares == {"HQ": ["HQ"], "BJ": ["BJ", "BJ01"], "SH": ["SH"]}


def _complain(database: Database, contact_id: UUID | None, complainant: str = "", *, at: date = DAY) -> UUID:
    with database.write() as session:
        account = next(iter(world_accounts(session)))
        case = Case(
            kind=CaseKind.COMPLAINT,
            workflow_id=f"complaint/{contact_id}-{complainant}",
            customer_no=GOLD,
            institution_code="BJ01",
            year=2026,
            attempt=1,
            tier=Tier.GOLD,
            tier_applied=Tier.GOLD,
            seat_kind=SeatKind.RANKED,
            stage=Stage.INVESTIGATING,
            version=1,
            declared_by=account,
            rulebook_version_id=ensure_builtin(session).id,
            content_hash="x",
            value=Decimal(0),
            state={},
            opened_at=morning(at),
        )
        session.add(case)
        session.flush()
        record = ComplaintRecord(
            case_id=case.id,
            record_no=f"TS-{case.id.hex[:20]}",
            customer_no=GOLD,
            institution_code="BJ01",
            sheet=ComplaintSheet.COMPLAINT,
            grade=ComplaintGrade.ORDINARY,
            channel=IntakeChannel.PHONE,
            contact_id=contact_id,
            complainant=complainant,
            received_at=morning(at),
            reply_due_at=morning(at),
        )
        session.add(record)
        return case.id


def world_accounts(session: Session) -> Sequence[UUID]:
    """Ids of everybody."""
    return session.exec(select(Account.id).order_by(Account.login)).all()


async def test_an_open_complaint_hushes_and_a_closed_one_lets_greet_again(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY + timedelta(days=1), code="Z10")
    visit = gold_row(database, DAY + timedelta(days=1), key="visit")
    case_id = _complain(database, row_of(database, row_id).contact_id)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["hushed"] == 1
    hushed = row_of(database, row_id)
    assert (hushed.stage, hushed.hushed_by) == (Stage.HUSHED, case_id)
    assert row_of(database, visit).stage is Stage.DUE, "only greetings are hushed"
    assert (await sweeper.sweep(DAY + timedelta(days=1)))["sent"] == 0
    change(database, Case, case_id, stage=Stage.CLOSED)
    assert (await sweeper.sweep(DAY + timedelta(days=2)))["unhushed"] == 1
    done = row_of(database, row_id)
    assert (done.stage, done.hushed_by, done.in_time) == (Stage.DONE, None, False)
    assert "迟" in sweeper.outbox.letters[0].body


async def test_a_greeting_hushed_beyond_its_day_is_let_go(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY, code="Z10")
    _complain(database, None)
    sweeper = Sweeper.on(database)
    for offset in range(3):
        await sweeper.sweep(DAY + timedelta(days=offset))
    row = row_of(database, row_id)
    assert (row.stage, row.reason) == (Stage.SKIPPED, because(PlanReason.SWEPT, Why.HUSHED.value))
    assert sweeper.outbox.letters == []


async def test_whose_complaint_hushes_whom(database: Database, people: World) -> None:
    with database.write() as session:
        mine = contact_of(session).id
        other = Contact(customer_no=GOLD, kind=ContactKind.HANDLER, name="李二", name_index="2", consent=True)
        session.add(other)
        session.flush()
        theirs = other.id

    def hushed(contact_id: UUID | None) -> UUID | None:
        with database.read() as session:
            return hushing_complaint(session, GOLD, contact_id)

    assert hushed(mine) is None
    by_name = _complain(database, None, "李二")
    assert (hushed(mine), hushed(theirs)) == (None, by_name)
    assert hushed(None) == by_name, "a greeting to the customer as a whole would reach them too"
    by_anybody = _complain(database, None, "陌生人")
    assert (hushed(mine), hushed(theirs)) == (by_anybody, by_anybody)


async def test_without_consent_nothing_is_sent_until_it_is_given(database: Database, people: World) -> None:
    first, second = gold_row(database, DAY, code="Z10"), gold_row(database, DAY + timedelta(days=3), code="Z10")
    contact_id = row_of(database, first).contact_id
    change(database, Contact, contact_id, consent=False)
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    assert row_of(database, first).withheld == "consent_missing"
    await sweeper.sweep(DAY + timedelta(days=2))
    assert row_of(database, first).stage is Stage.SKIPPED
    assert row_of(database, second).withheld == "consent_missing"
    change(database, Contact, contact_id, consent=True)
    await sweeper.sweep(DAY + timedelta(days=3))
    assert (row_of(database, second).stage, row_of(database, second).withheld) == (Stage.DONE, None)
    assert len(sweeper.outbox.letters) == 1


async def test_who_left_is_greeted_no_more(database: Database, people: World) -> None:
    row_id = gold_row(database, DAY, code="Z10")
    change(database, Contact, row_of(database, row_id).contact_id, left_on=DAY)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["cancelled"] == 1
    row = row_of(database, row_id)
    assert (row.stage, row.withheld) == (Stage.CANCELLED, "contact_left")
    assert sweeper.outbox.letters == []


async def test_a_merged_row_follows_its_carrier_or_goes_alone(database: Database, people: World) -> None:
    carrier = gold_row(database, DAY, key="carrier")
    riders = [gold_row(database, DAY, key=f"rider:{number}", merged_into=carrier) for number in range(2)]
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    assert sweeper.engine.ids() == [carrier]
    change(database, Touchpoint, carrier, stage=Stage.DONE, done_on=DAY, done_at=morning(DAY), done_by_name="王晓梅")
    change(database, Touchpoint, riders[1], merged_into=gold_row(database, DAY, key="gone", stage=Stage.CANCELLED))
    await sweeper.sweep(DAY + timedelta(days=1))
    followed = row_of(database, riders[0])
    assert (followed.stage, followed.done_by_name, followed.in_time) == (Stage.DONE, "王晓梅", True)
    assert sweeper.engine.ids() == [carrier, riders[1]]


async def test_what_an_outage_swallowed_is_done_late_let_go_or_asked(database: Database, people: World) -> None:
    late, asked, skipped, sent = (
        gold_row(database, DAY, code=code, key=code, assignee_id=people.accounts["mgr"])
        for code in ("Z08", "Z09", "Z10", "Z13")
    )
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY + timedelta(days=35))
    assert sweeper.engine.ids() == [late]
    assert row_of(database, asked).stage is Stage.MISSED
    assert told_by(database, "touchpoint_missed") == [f"touchpoint_missed:{asked}:{people.accounts['mgr']}"]
    assert row_of(database, skipped).stage is Stage.SKIPPED
    assert (row_of(database, sent).stage, row_of(database, sent).in_time) == (Stage.DONE, False)
    assert sweeper.outbox.letters[0].subject.startswith("补寄")
    with database.read() as session:
        acts = [entry.action for entry in session.exec(select(AuditEntry)) if entry.object_kind == "touchpoint"]
    assert sorted(acts) == ["touchpoint.missed", "touchpoint.skipped"]


async def test_memberships_are_planned_called_and_named_once(database: Database, people: World) -> None:
    with database.write() as session:
        gold = add_member(session, GOLD, Tier.GOLD, date(2026, 3, 1))
        add_member(session, SILVER, Tier.SILVER, date(2027, 3, 1))
        over = add_member(session, SMALL, Tier.SILVER, date(2025, 3, 1))
        over.valid_to = date(2026, 2, 28)
        over.stage = MembershipStage.SERVING
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    assert sorted(sweeper.engine.called) == sorted([gold.workflow_id, over.workflow_id])
    with database.read() as session:
        assert gold.id in {plan.membership_id for plan in session.exec(select(CarePlan))}
    told = told_by(database, "cancellation_candidate")
    assert {key.split(":")[2] for key in told} == {"all_policies_ended"}
    assert {key.split(":")[1] for key in told} >= {str(gold.id)}
    await sweeper.sweep(DAY + timedelta(days=1))
    assert told_by(database, "cancellation_candidate") == told


def _plans(database: Database, ask: Callable[[SweepStore], object]) -> list[str]:
    return query_plans(database, lambda session: ask(SweepStore(session)))


@pytest.mark.parametrize("place", [Place("BJ"), Place("BJ", DAY, UUID(int=7))], ids=["first chunk", "a later one"])
@pytest.mark.parametrize("human", [None, True, False])
def test_what_waits_is_found_through_its_partial_index(database: Database, place: Place, human: bool | None) -> None:
    (plan,) = _plans(database, lambda store: store.waiting(place, DAY, 200, human=human))
    assert "ix_touchpoint_lead" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
