"""礼品限额 held against a list kept by hand: random gifts to several people over two years, sign-offs, two at once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.lone_approval import StartApproval
from models.messages.service_acts import CompleteTouchpoint
from models.rulebook import load_builtin
from models.rules.calendar import local_date
from models.services.calendars import snapshot
from models.services.care import clearance, doing, gifts
from models.services.care.doing import Moment
from models.services.rulebooks import ensure_builtin
from models.stores.gifts import GiftStore
from models.tables.book import Contact
from models.tables.care import GiftClearance, Touchpoint
from models.tables.cases import Case
from models.tables.organisation import Account
from models.types import CaseKind, ContactKind, Door, SeatKind, Stage, Tier
from tests.support import world
from tests.support.care import planned

AT = datetime(2027, 1, 20, 2, 0, tzinfo=UTC)
DAYS = (date(2026, 3, 2), date(2026, 7, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 19))
PEOPLE = 3
GIFTS = 90


def moment(session: Session) -> Moment:
    """The rules as shipped, at the instant of the test."""
    book = load_builtin()
    return Moment(session, book, snapshot(session, book.working_time, local_date(AT)), AT)


def act(session: Session, day: date, value: Decimal | None, login: str = "mgr") -> CompleteTouchpoint:
    """A completion with a gift."""
    account = session.exec(select(Account).where(Account.login == login)).one()
    return CompleteTouchpoint(
        update_id=f"{account.id}:gift",
        content_hash="x",
        actor_id=account.id,
        actor_name=account.name,
        door=Door.API,
        version=1,
        done_on=day,
        content="拜访",
        gift_name="茶叶" if value else "",
        gift_value=value,
    )


def touchpoint(session: Session, number: int, day: date, contact_id: UUID | None) -> Touchpoint:
    """A visit on a day to a person, or to the unit."""
    row = planned(world.GOLD, day=day, key=f"Z08:{number}", contact_id=contact_id)
    session.add(row)
    session.flush()
    return row


def contacts(session: Session) -> list[UUID | None]:
    """Several people of one customer, and the unit itself."""
    found: list[UUID | None] = [None]
    for number in range(PEOPLE):
        row = Contact(customer_no=world.GOLD, kind=ContactKind.HANDLER, name=f"经办{number}", name_index=f"h{number}")
        session.add(row)
        session.flush()
        found.append(row.id)
    return found


def give(session: Session, row: Touchpoint, day: date, value: Decimal) -> str | None:
    """Complete with the gift; what is left when it is refused, None when it was given."""
    try:
        doing.complete(moment(session), row, act(session, day, value))
    except DomainError as error:
        if error.code is not ErrorCode.GIFT_CAP_EXCEEDED:
            raise
        return str(error.context["left"])
    return None


@pytest.mark.parametrize("seed", [3, 11])
def test_random_gifts_against_a_list_kept_by_hand(database: Database, seed: int) -> None:
    chance, refused = random.Random(seed), 0
    ledger: list[tuple[UUID | None, int, Decimal]] = []
    world.build(database)
    with database.write() as session:
        people = contacts(session)
        for number in range(GIFTS):
            person, day = chance.choice(people), chance.choice(DAYS)
            value = Decimal(chance.randrange(1, 26_000)) / 100
            spent = sum((gift for who, year, gift in ledger if (who, year) == (person, day.year)), Decimal(0))
            left = max(Decimal(0), min(Decimal(200), Decimal(1000) - spent))
            answer = give(session, touchpoint(session, number, day, person), day, value)
            assert (answer is None) == (value <= left), (number, value, left)
            if answer is None:
                ledger.append((person, day.year, value))
            else:
                refused += 1
                assert Decimal(answer) == left
    assert refused > GIFTS // 10
    assert len(ledger) > GIFTS // 4


def test_two_gifts_at_once_do_not_both_take_the_rest(database: Database) -> None:
    world.build(database)
    day = date(2027, 1, 19)
    with database.write() as session:
        person = contacts(session)[1]
        for number in range(5):
            row = touchpoint(session, number, day, person)
            row.stage, row.done_on, row.gift_value = Stage.DONE, day, Decimal(180)
        racing = [touchpoint(session, 10 + number, day, person).id for number in range(2)]

    def complete(number: UUID) -> str | None:
        with database.write() as session:
            row = session.get(Touchpoint, number, with_for_update=True)
            assert row is not None
            return give(session, row, day, Decimal(100))

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(complete, racing))
    assert sorted(map(str, answers)) == ["0", "None"]


def test_a_sign_off_lets_one_gift_of_its_value_through(database: Database) -> None:
    world.build(database)
    with database.write() as session:
        row = touchpoint(session, 1, AT.date(), contacts(session)[1])
        start = _start(session, row, Decimal(350))
        with pytest.raises(DomainError) as small:
            clearance.may_start(session, _start(session, row, Decimal(150)), AT)
        assert small.value.context["errors"][0]["reason"] == "within_the_cap"
        clearance.may_start(session, start, AT)
        (step,) = clearance.route(session, start, AT)
        assert (step.role.value, step.institution_code) == ("BR_LEAD", "BJ")
        case = _case(session, start)
        clearance.keep(session, case, start, AT)
        assert give(session, row, AT.date(), Decimal(350)) == "200"
        asked = GiftStore(session).clearance(case.id)
        assert asked is not None
        assert asked.over == Decimal(150)
        asked.cleared_at = AT
        session.add(asked)
        session.flush()
        assert give(session, row, AT.date(), Decimal("350.01")) == "200"
        assert give(session, row, AT.date(), Decimal(350)) is None
        room = gifts.room_of(session, load_builtin(), world.GOLD, row.contact_id, 2027)
        assert (room.given, room.left) == (Decimal(350), Decimal(200))


def test_what_is_merged_is_done_too_and_stands_alone_when_its_carrier_is_left(database: Database) -> None:
    world.build(database)
    day = AT.date() + timedelta(days=3)
    with database.write() as session:
        carrier, left = touchpoint(session, 1, day, None), touchpoint(session, 2, day, None)
        for number, into in ((3, carrier), (4, left)):
            touchpoint(session, number, day, None).merged_into = into.id
        session.flush()
        doing.complete(moment(session), carrier, act(session, AT.date(), None))
        doing.skip(session, left, "客户出差", AT)
    with database.read() as session:
        rows = {row.key: row for row in session.exec(select(Touchpoint))}
    assert (rows["Z08:3"].stage, rows["Z08:3"].in_time) == (Stage.DONE, True)
    assert (rows["Z08:4"].stage, rows["Z08:4"].merged_into) == (Stage.PLANNED, None)
    assert rows["Z08:1"].record_no == "GH-BJ01-2027-00001"


def _start(session: Session, row: Touchpoint, value: Decimal) -> StartApproval:
    account = session.exec(select(Account).where(Account.login == "mgr")).one()
    return StartApproval(
        update_id=f"{account.id}:clearance",
        content_hash="x",
        actor_id=account.id,
        actor_name=account.name,
        door=Door.API,
        case_id=UUID(int=7),
        workflow_id=f"approval/gift/{row.id}/1",
        subject=clearance.GIFT,
        customer_no=row.customer_no,
        year=2027,
        reason="重要客户",
        facts=clearance.facts_of(row.id, "礼盒", value),
    )


def _case(session: Session, start: StartApproval) -> Case:
    case = Case(
        id=start.case_id,
        kind=CaseKind.APPROVAL,
        workflow_id=start.workflow_id,
        customer_no=start.customer_no,
        institution_code="BJ01",
        year=start.year,
        attempt=1,
        tier=Tier.GOLD,
        tier_applied=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        stage=Stage.BRANCH_APPROVAL,
        version=1,
        declared_by=start.actor_id,
        rulebook_version_id=ensure_builtin(session).id,
        content_hash="x",
        value=Decimal(0),
        subject=start.subject,
        state={},
        opened_at=AT,
    )
    session.add(case)
    session.flush()
    assert not session.exec(select(GiftClearance)).all()
    return case
