"""What a sweep makes of the records on both databases: duties, hush, consent, misses, letters; outages and repeats."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, text
from sqlmodel import Session, select

from activities.ports import RefusedError, UnconfirmedError
from models.database import Database
from models.rulebook import load_builtin
from models.rules.calendar import is_working_day
from models.rules.care.reasons import PlanReason, because
from models.rules.touchpoint_day import Why
from models.service_types import ComplaintGrade, ComplaintSheet, IntakeChannel
from models.services.calendars import snapshot
from models.services.care.hush import hushing_complaint
from models.services.duties.branches import branches, swept_with
from models.services.rulebooks import ensure_builtin
from models.stores.sweeps import Place, SweepStore
from models.tables.audit import AuditEntry
from models.tables.book import Contact, Policy
from models.tables.care import CarePlan, Touchpoint
from models.tables.cases import Case
from models.tables.messages import Notification
from models.tables.organisation import Account
from models.tables.service import ComplaintRecord
from models.types import (
    CaseKind,
    ContactKind,
    MembershipStage,
    PayMode,
    PolicyStatus,
    ProductClass,
    SeatKind,
    Stage,
    Tier,
)
from tests.support import duty_oracle as oracle
from tests.support import world
from tests.support.duty_oracle import Term
from tests.support.members import add_member
from tests.support.sweeping import Outbox, Sweeper, add_touchpoint, morning, touchpoints
from tests.support.world import GOLD, SILVER, SMALL, World

DAY = date(2026, 5, 12)
"""A Tuesday, with no holiday near."""
OUTAGES = (0, 1, 3, 35)


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer, without policies that would bring duties of their own."""
    return _quiet_world(database)


def _quiet_world(database: Database) -> World:
    found = world.build(database)
    with database.write() as session:
        for policy in session.exec(select(Policy)):
            policy.status, policy.ended_on = PolicyStatus.SURRENDERED, date(2025, 1, 1)
            session.add(policy)
    return found


def _contact(session: Session, customer_no: str = GOLD) -> Contact:
    return session.exec(select(Contact).where(Contact.customer_no == customer_no)).one()


def _row(database: Database, due_on: date, **fields: object) -> UUID:
    """A row for the gold customer, its contact where the kind greets somebody."""
    with database.write() as session:
        if fields.get("code", "Z08") != "Z08":
            fields.setdefault("contact_id", _contact(session).id)
        return add_touchpoint(session, GOLD, due_on, **fields).id


def _get(database: Database, row_id: UUID) -> Touchpoint:
    with database.read() as session:
        found = session.get(Touchpoint, row_id)
    assert found is not None
    return found


def _change(database: Database, table: type, key: object, **values: object) -> None:
    with database.write() as session:
        row = session.get(table, key)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def _told(database: Database, template: str) -> list[str]:
    """The keys under which people were told."""
    with database.read() as session:
        found = session.exec(select(Notification).where(Notification.template == template))
        return [note.dedupe_key for note in found]


# --- which institutions ------------------------------------------------------------------------------------------


def test_every_institution_is_swept_with_one_branch(database: Database, people: World) -> None:
    with database.read() as session:
        shares = {code: swept_with(session, code) for code in branches(session)}
        assert swept_with(session, "BJ01") == []
    assert shares == {"HQ": ["HQ"], "BJ": ["BJ", "BJ01"], "SH": ["SH"]}


# --- outages and repeats ------------------------------------------------------------------------------------------

OFFSETS = range(-2, 41, 3)
Outcome = dict[tuple[str, str], str]


def _terms() -> list[Term]:
    """Policies that run out around the days of the outages, or two and three months after them."""
    ends = [DAY + timedelta(days=20 * number - 40) for number in range(9)]
    return [
        Term(number, f"{number}-{index}", end, vip=number == SMALL)
        for number in (SILVER, SMALL)
        for index, end in enumerate(ends)
    ]


def _season(database: Database) -> None:
    """Rows and policies whose days lie before, in and after five weeks from `DAY`."""
    with database.write() as session:
        contact = _contact(session)
        for number, offset in enumerate(OFFSETS):
            due = DAY + timedelta(days=offset)
            add_touchpoint(session, GOLD, due, key=f"visit:{number}")
            add_touchpoint(session, GOLD, due, key=f"birthday:{number}", code="Z10", contact_id=contact.id)
            add_touchpoint(session, GOLD, due, key=f"magazine:{number}", code="Z13", contact_id=contact.id)
        session.add_all([_policy(term) for term in _terms()])
        member = add_member(session, SMALL, Tier.SILVER, date(2026, 3, 1))
        session.add(_planned(member.id))


def _policy(term: Term) -> Policy:
    return Policy(
        policy_no=term.policy_no,
        customer_no=term.customer_no,
        product_class=ProductClass.A,
        pay_mode=PayMode.REGULAR,
        pay_term_years=1,
        effective_on=term.expires_on - timedelta(days=364),
        expires_on=term.expires_on,
        status=PolicyStatus.IN_FORCE,
    )


def _planned(membership_id: UUID) -> CarePlan:
    """A plan with nothing in it: the membership asks the sweep for none."""
    return CarePlan(
        membership_id=membership_id,
        customer_no=SMALL,
        number=1,
        cause="granted",
        cause_key="test",
        tier=Tier.SILVER,
        from_on=DAY,
        until_on=DAY,
        difference={},
        at=morning(DAY),
    )


def _expected(database: Database, swept: list[date]) -> Outcome:
    with database.read() as session:
        calendar = snapshot(session, load_builtin().working_time, DAY)
    found: Outcome = {}
    for number, offset in enumerate(OFFSETS):
        due = DAY + timedelta(days=offset)
        found[GOLD, f"visit:{number}"] = oracle.outcome_of_visit(due - timedelta(days=7), swept)
        found[GOLD, f"birthday:{number}"] = oracle.outcome_of_birthday(due, swept)
        found[GOLD, f"magazine:{number}"] = oracle.outcome_of_magazine(due, swept)
    for term in _terms():
        for duty in oracle.duties(term, lambda day: is_working_day(calendar, day)):
            outcome = oracle.outcome_of_duty(duty, swept)
            if outcome is not None:
                found[duty.customer_no, duty.key] = outcome
    return found


def _outcomes(database: Database, sweeper: Sweeper) -> Outcome:
    """What came of every row: started and sent count how often."""
    started, sent = Counter(sweeper.engine.ids()), Counter(sweeper.outbox.keys())
    found = {}
    for row in touchpoints(database):
        done = started[row.id] + sent[f"touchpoint-{row.id}"]
        found[row.customer_no, row.key] = f"{'handled' if done else row.stage.value}:{done}"
    return found


@pytest.mark.parametrize("outage", OUTAGES)
async def test_an_outage_loses_no_touchpoint_and_doubles_none(database: Database, people: World, outage: int) -> None:
    _season(database)
    days = [DAY + timedelta(days=offset) for offset in (0, 1, 2 + outage, 3 + outage)]
    sweeper = Sweeper.on(database)
    for day in days:
        await sweeper.sweep(day)
    assert _outcomes(database, sweeper) == _expected(database, days)


async def test_repeating_every_activity_changes_nothing(database: Database, people: World) -> None:
    _season(database)
    days = [DAY, DAY + timedelta(days=4)]
    sweeper = Sweeper.on(database, twice=True, chunk=7)
    for day in days:
        await sweeper.sweep(day)
    assert _outcomes(database, sweeper) == _expected(database, days)


async def test_a_day_swept_again_by_hand_finds_nothing(database: Database, people: World) -> None:
    _season(database)
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    before = touchpoints(database)
    again = await sweeper.sweep(DAY)
    assert {name: number for name, number in again.items() if number and name not in {"called", "candidates"}} == {}
    assert touchpoints(database) == before


async def test_an_engine_that_goes_away_in_the_middle_is_gone_on_with(database: Database, people: World) -> None:
    _season(database)
    sweeper = Sweeper.on(database, chunk=5)
    sweeper.engine.fail_after = 1
    with pytest.raises(ConnectionError):
        await sweeper.sweep(DAY)
    await sweeper.sweep(DAY)
    assert _outcomes(database, sweeper) == _expected(database, [DAY])


# --- who is greeted ----------------------------------------------------------------------------------------------


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
    row_id = _row(database, DAY + timedelta(days=1), code="Z10")
    visit = _row(database, DAY + timedelta(days=1), key="visit")
    case_id = _complain(database, _get(database, row_id).contact_id)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["hushed"] == 1
    hushed = _get(database, row_id)
    assert (hushed.stage, hushed.hushed_by) == (Stage.HUSHED, case_id)
    assert _get(database, visit).stage is Stage.DUE, "only greetings are hushed"
    assert (await sweeper.sweep(DAY + timedelta(days=1)))["sent"] == 0
    _change(database, Case, case_id, stage=Stage.CLOSED)
    assert (await sweeper.sweep(DAY + timedelta(days=2)))["unhushed"] == 1
    done = _get(database, row_id)
    assert (done.stage, done.hushed_by, done.in_time) == (Stage.DONE, None, False)
    assert "迟" in sweeper.outbox.letters[0].body


async def test_a_greeting_hushed_beyond_its_day_is_let_go(database: Database, people: World) -> None:
    row_id = _row(database, DAY, code="Z10")
    _complain(database, None)
    sweeper = Sweeper.on(database)
    for offset in range(3):
        await sweeper.sweep(DAY + timedelta(days=offset))
    row = _get(database, row_id)
    assert (row.stage, row.reason) == (Stage.SKIPPED, because(PlanReason.SWEPT, Why.HUSHED.value))
    assert sweeper.outbox.letters == []


async def test_whose_complaint_hushes_whom(database: Database, people: World) -> None:
    with database.write() as session:
        mine = _contact(session).id
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
    first, second = _row(database, DAY, code="Z10"), _row(database, DAY + timedelta(days=3), code="Z10")
    contact_id = _get(database, first).contact_id
    _change(database, Contact, contact_id, consent=False)
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    assert _get(database, first).withheld == "consent_missing"
    await sweeper.sweep(DAY + timedelta(days=2))
    assert _get(database, first).stage is Stage.SKIPPED
    assert _get(database, second).withheld == "consent_missing"
    _change(database, Contact, contact_id, consent=True)
    await sweeper.sweep(DAY + timedelta(days=3))
    assert (_get(database, second).stage, _get(database, second).withheld) == (Stage.DONE, None)
    assert len(sweeper.outbox.letters) == 1


async def test_who_left_is_greeted_no_more(database: Database, people: World) -> None:
    row_id = _row(database, DAY, code="Z10")
    _change(database, Contact, _get(database, row_id).contact_id, left_on=DAY)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["cancelled"] == 1
    row = _get(database, row_id)
    assert (row.stage, row.withheld) == (Stage.CANCELLED, "contact_left")
    assert sweeper.outbox.letters == []


# --- letters -----------------------------------------------------------------------------------------------------


async def test_a_greeting_goes_out_on_its_day_and_closes_its_row(database: Database, people: World) -> None:
    row_id = _row(database, DAY + timedelta(days=1), code="Z10")
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["sent"] == 0
    assert (await sweeper.sweep(DAY + timedelta(days=1)))["sent"] == 1
    (letter,) = sweeper.outbox.letters
    assert letter.to == ("leader@example.com",)
    assert "周一" in letter.subject
    row = _get(database, row_id)
    assert (row.stage, row.done_on, row.in_time) == (Stage.DONE, DAY + timedelta(days=1), True)
    assert row.record_no == "GH-BJ01-2026-00001"


async def test_without_an_address_a_person_greets(database: Database, people: World) -> None:
    row_id = _row(database, DAY, code="Z10", assignee_id=people.accounts["mgr"])
    _change(database, Contact, _get(database, row_id).contact_id, email=None)
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    await sweeper.sweep(DAY + timedelta(days=1))
    assert _get(database, row_id).withheld == "no_address"
    assert _told(database, "greet_by_hand") == [f"greet_by_hand:{row_id}:{people.accounts['mgr']}"]
    await sweeper.sweep(DAY + timedelta(days=2))
    assert _get(database, row_id).reason == because(PlanReason.SWEPT, Why.NO_ADDRESS.value)


async def test_a_closed_way_out_gives_the_letters_back(database: Database, people: World) -> None:
    ids = [_row(database, DAY, code="Z10", key=f"b:{number}") for number in range(3)]
    sweeper = Sweeper.on(database, outbox=Outbox(failures=[None, ConnectionError("away")]))
    with pytest.raises(ConnectionError):
        await sweeper.sweep(DAY)
    assert sorted(_get(database, row_id).stage for row_id in ids) == ["done", "planned", "planned"]
    assert (await sweeper.sweep(DAY))["sent"] == 2
    assert sorted(sweeper.outbox.keys()) == sorted(f"touchpoint-{row_id}" for row_id in ids)


async def test_a_refused_address_is_a_person_s_and_an_unknown_outcome_nobody_s(
    database: Database, people: World
) -> None:
    refused, unknown = (_row(database, DAY, code="Z10", key=key) for key in ("b:1", "b:2"))
    sweeper = Sweeper.on(database, outbox=Outbox(failures=[RefusedError("SMTP 550"), UnconfirmedError("lost")]))
    await sweeper.sweep(DAY)
    assert _get(database, refused).withheld == "no_address"
    row = _get(database, unknown)
    assert (row.stage, row.withheld) == (Stage.MISSED, "unconfirmed")
    assert len(_told(database, "greeting_unconfirmed")) == 1
    await sweeper.sweep(DAY)
    assert sweeper.outbox.keys() == [f"touchpoint-{refused}"], "the unknown one is never sent again"


async def test_a_claim_that_was_broken_off_is_not_sent_again(database: Database, people: World) -> None:
    row_id = _row(database, DAY, code="Z10")
    with database.write() as session:
        claim = Notification(
            dedupe_key=f"touchpoint-{row_id}", customer_no=GOLD, template="x", content="{}", created_at=morning(DAY)
        )
        session.add(claim)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["unconfirmed"] == 1
    assert (_get(database, row_id).stage, sweeper.outbox.letters) == (Stage.MISSED, [])


async def test_a_worker_that_died_before_it_closed_the_row_closes_it_later(database: Database, people: World) -> None:
    row_id = _row(database, DAY, code="Z10")
    with database.write() as session:
        handed_over = Notification(
            dedupe_key=f"touchpoint-{row_id}",
            customer_no=GOLD,
            template="x",
            content="{}",
            created_at=morning(DAY),
            sent_at=morning(DAY),
        )
        session.add(handed_over)
    sweeper = Sweeper.on(database)
    assert (await sweeper.sweep(DAY))["sent"] == 1
    assert (_get(database, row_id).stage, sweeper.outbox.letters) == (Stage.DONE, [])


# --- rows that are done with another, and what nobody did -------------------------------------------------------


async def test_a_merged_row_follows_its_carrier_or_goes_alone(database: Database, people: World) -> None:
    carrier = _row(database, DAY, key="carrier")
    riders = [_row(database, DAY, key=f"rider:{number}", merged_into=carrier) for number in range(2)]
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY)
    assert sweeper.engine.ids() == [carrier]
    _change(database, Touchpoint, carrier, stage=Stage.DONE, done_on=DAY, done_at=morning(DAY), done_by_name="王晓梅")
    _change(database, Touchpoint, riders[1], merged_into=_row(database, DAY, key="gone", stage=Stage.CANCELLED))
    await sweeper.sweep(DAY + timedelta(days=1))
    followed = _get(database, riders[0])
    assert (followed.stage, followed.done_by_name, followed.in_time) == (Stage.DONE, "王晓梅", True)
    assert sweeper.engine.ids() == [carrier, riders[1]]


async def test_what_an_outage_swallowed_is_done_late_let_go_or_asked(database: Database, people: World) -> None:
    late, asked, skipped, sent = (
        _row(database, DAY, code=code, key=code, assignee_id=people.accounts["mgr"])
        for code in ("Z08", "Z09", "Z10", "Z13")
    )
    sweeper = Sweeper.on(database)
    await sweeper.sweep(DAY + timedelta(days=35))
    assert sweeper.engine.ids() == [late]
    assert _get(database, asked).stage is Stage.MISSED
    assert _told(database, "touchpoint_missed") == [f"touchpoint_missed:{asked}:{people.accounts['mgr']}"]
    assert _get(database, skipped).stage is Stage.SKIPPED
    assert (_get(database, sent).stage, _get(database, sent).in_time) == (Stage.DONE, False)
    assert sweeper.outbox.letters[0].subject.startswith("补寄")
    with database.read() as session:
        acts = [entry.action for entry in session.exec(select(AuditEntry)) if entry.object_kind == "touchpoint"]
    assert sorted(acts) == ["touchpoint.missed", "touchpoint.skipped"]


# --- memberships -------------------------------------------------------------------------------------------------


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
    told = _told(database, "cancellation_candidate")
    assert {key.split(":")[2] for key in told} == {"all_policies_ended"}
    assert {key.split(":")[1] for key in told} >= {str(gold.id)}
    await sweeper.sweep(DAY + timedelta(days=1))
    assert _told(database, "cancellation_candidate") == told


# --- what it costs -----------------------------------------------------------------------------------------------


def _plans(database: Database, ask: Callable[[SweepStore], object]) -> list[str]:
    """How the database would run each statement of a question."""
    found: list[str] = []

    def explain(connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if not statement.startswith("SELECT") or connection.info.get("explaining"):
            return
        connection.info["explaining"] = True
        prefix = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        found.append("\n".join(str(row[-1]) for row in connection.exec_driver_sql(prefix + statement, parameters)))  # type: ignore[arg-type]  # as the driver got them
        connection.info["explaining"] = False

    with database.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SET enable_seqscan = off"))  # an empty table would rather be scanned
        event.listen(database.engine, "before_cursor_execute", explain)
        ask(SweepStore(session))
        event.remove(database.engine, "before_cursor_execute", explain)
    return found


@pytest.mark.parametrize("place", [Place("BJ"), Place("BJ", DAY, UUID(int=7))], ids=["first chunk", "a later one"])
@pytest.mark.parametrize("human", [None, True, False])
def test_what_waits_is_found_through_its_partial_index(database: Database, place: Place, human: bool | None) -> None:
    (plan,) = _plans(database, lambda store: store.waiting(place, DAY, 200, human=human))
    assert "ix_touchpoint_lead" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
