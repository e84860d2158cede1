"""What a plan stands on changes in the book or the calendar: the next sweep plans the year anew, once."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session, SQLModel, col, select

from models.database import Database
from models.messages.sweep import RecordOrder
from models.rules.calendar import is_working_day, move_to_working_day
from models.rules.care.reasons import PlanReason, because
from models.services.calendar_publication import Change, ChangedDay, Publisher, publish
from models.services.calendars import snapshot
from models.services.care.pinned import pinned_book
from models.services.duties.replanning import plan_members
from models.stores.care import CareStore, TouchpointStore
from models.tables.book import Contact
from models.tables.care import CarePlan, MembershipContact, Touchpoint
from models.tables.cases import Case, Membership
from models.tables.columns import new_id
from models.types import BirthdayCalendar, ContactKind, Door, Stage, Tier
from tests.importing.loading import load
from tests.support import world
from tests.support.care_members import TERM, member, plan, touchpoints
from tests.support.world import GOLD, World

DAY = date(2026, 4, 8)
AT = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
HEADER = "customer_no,name,kind,title,gender,birthday,birthday_calendar,mobile,email,consent\n"
CHUNK = 200


@pytest.fixture
def people(database: Database) -> World:
    """A gold member whose handler came with the book: born on 1 June, without consent."""
    found = world.build(database)
    _import(database, birthday="06-01", consent="否")
    with database.write() as session:
        plan(session, member(session, found, GOLD, Tier.GOLD))
    return found


def _import(database: Database, *, birthday: str, consent: str = "是", calendar: str = "公历") -> None:
    row = f"{GOLD},吴二,handler,经办,男,{birthday},{calendar},199-0000-0002,,{consent}\n"
    assert not load(database, {"contacts.csv": HEADER + row}).rejections


def _sweep(database: Database) -> dict[str, int]:
    """The phase of plans, chunk after chunk, each of them delivered twice; what was found, without zeroes."""
    counts = Counter[str]()
    order = RecordOrder(institution_code="BJ", day=DAY, at=AT, limit=CHUNK, phase="plans")
    while True:
        for _ in range(2):
            with database.write() as session:
                done = plan_members(session, order)
            counts.update(done.counts)
        if done.after is None:
            return dict(+counts)
        order = order.model_copy(update={"after": done.after})


def _change(database: Database, change: Callable[[Contact], None]) -> UUID:
    with database.write() as session:
        contact = session.exec(select(Contact).where(Contact.kind == ContactKind.HANDLER)).one()
        change(contact)
        session.add(contact)
        return contact.id


def _birthdays(database: Database) -> dict[date, Stage]:
    with database.read() as session:
        return {row.planned_on: row.stage for row in touchpoints(session, GOLD).values() if row.code == "Z10"}


def _newest(database: Database) -> CarePlan:
    with database.read() as session:
        return CareStore(session).plans_of(GOLD)[0]


def _nothing_more(database: Database) -> None:
    """Another sweep finds nothing to do."""
    number = _newest(database).number
    assert _sweep(database) == {}
    assert _newest(database).number == number


def test_nothing_changed_nothing_planned(database: Database, people: World) -> None:
    _nothing_more(database)
    assert _newest(database).cause == "granted"


def test_consent_given_in_the_book_brings_the_birthday(database: Database, people: World) -> None:
    assert _birthdays(database) == {}
    _import(database, birthday="06-01")
    assert _sweep(database) == {"replanned": 1}
    assert _birthdays(database) == {date(2026, 6, 1): Stage.PLANNED}
    newest = _newest(database)
    assert newest.cause == "contacts_changed"
    assert [line["code"] for line in newest.difference["added"]] == ["Z10"]
    assert newest.difference["cancelled"] == []
    _nothing_more(database)


def test_consent_taken_back_and_given_again_is_a_change_each_time(database: Database, people: World) -> None:
    for consent, stage in (("是", Stage.PLANNED), ("否", Stage.CANCELLED), ("是", Stage.PLANNED)):
        _import(database, birthday="06-01", consent=consent)
        assert _sweep(database) == {"replanned": 1}
        assert _birthdays(database) == {date(2026, 6, 1): stage}
    _nothing_more(database)


def test_a_birthday_corrected_by_the_import_moves(database: Database, people: World) -> None:
    _import(database, birthday="06-01")
    _sweep(database)
    _import(database, birthday="06-16")
    assert _sweep(database) == {"replanned": 1}
    assert _birthdays(database) == {date(2026, 6, 16): Stage.PLANNED}
    moved = [line for line in _newest(database).difference["kept"] if line["effect"] == "moved"]
    assert [line["reason"] for line in moved] == [because(PlanReason.MOVED, "2026-06-01", "2026-06-16")]
    _nothing_more(database)


def test_a_birthday_of_the_lunar_calendar_takes_the_place_of_the_solar_one(database: Database, people: World) -> None:
    _import(database, birthday="06-01")
    _sweep(database)
    _import(database, birthday="06-01", calendar="农历")
    assert _sweep(database) == {"replanned": 1}
    assert _birthdays(database) == {date(2026, 6, 1): Stage.CANCELLED, date(2026, 7, 14): Stage.PLANNED}
    _nothing_more(database)


def test_who_left_is_greeted_no_more_and_another_takes_the_place(database: Database, people: World) -> None:
    _import(database, birthday="06-01")
    _sweep(database)
    gone = _change(database, lambda contact: setattr(contact, "left_on", DAY - timedelta(days=1)))
    with database.write() as session:
        following = Contact(customer_no=GOLD, kind=ContactKind.HANDLER, name="郑三", name_index="3", title="经办")
        following.birthday, following.birthday_calendar, following.consent = "09-09", BirthdayCalendar.SOLAR, True
        session.add(following)
        session.flush()
        next_id = following.id
    assert _sweep(database) == {"replanned": 1}
    assert _birthdays(database) == {date(2026, 6, 1): Stage.CANCELLED, date(2026, 9, 9): Stage.PLANNED}
    with database.read() as session:
        rows = touchpoints(session, GOLD).values()
        served = session.exec(select(MembershipContact.contact_id).where(col(MembershipContact.until).is_(None))).all()
    assert {row.reason for row in rows if row.contact_id == gone} == {because(PlanReason.CONTACT_LEFT)}
    assert next_id in served
    assert gone not in served
    _nothing_more(database)


def test_what_is_in_hand_stays_and_what_is_not_follows_the_calendar_once(database: Database, people: World) -> None:
    with database.read() as session:
        row = session.exec(select(Membership)).one()
        calendar = snapshot(session, pinned_book(session, row).rulebook.working_time, DAY)
        visits = [point for point in _planned(session, "Z08") if point.due_on > DAY and point.merged_into is None]
    waiting, running = visits[1], visits[2]
    assert is_working_day(calendar, waiting.due_on)
    with database.write() as session:
        _take_up(session, running.id, row.case_id)
        off = tuple(ChangedDay(day, False, False, "司庆") for day in (waiting.due_on, running.due_on))
        by = Publisher(people.accounts["ops"], "司庆放假", Door.PAGE, AT)
        publish(session, Change(DAY.year, off), by)
    assert _sweep(database) == {"replanned": 1}
    newest = _newest(database)
    assert newest.cause == "calendar"
    assert newest.difference["added"] == newest.difference["cancelled"] == []
    with database.read() as session:
        store = TouchpointStore(session)
        moved, kept = store.get(waiting.id), store.get(running.id)
        calendar = snapshot(session, pinned_book(session, row).rulebook.working_time, DAY)
    assert moved is not None
    assert kept is not None
    assert moved.due_on == move_to_working_day(calendar, waiting.due_on) > waiting.due_on
    assert (kept.due_on, kept.stage, kept.case_id is None) == (running.due_on, Stage.DUE, False)
    _nothing_more(database)


def _planned(session: Session, code: str) -> list[Touchpoint]:
    rows = [row for row in touchpoints(session, GOLD).values() if row.code == code and row.stage is Stage.PLANNED]
    return sorted(rows, key=lambda row: row.due_on)


def _take_up(session: Session, touchpoint_id: UUID, case_id: UUID) -> None:
    """As its case would do when it opens."""
    row, case = session.get(Touchpoint, touchpoint_id), session.get(Case, case_id)
    assert row is not None
    assert case is not None
    copy = Case(**{**case.model_dump(), "id": new_id(), "workflow_id": f"care-touchpoint/{row.id}"})
    session.add(copy)
    session.flush()
    row.case_id, row.stage = copy.id, Stage.DUE
    session.add(row)


def test_another_tier_in_the_records_is_planned_for(database: Database, people: World) -> None:
    with database.write() as session:
        row = session.exec(select(Membership)).one()
        row.tier = Tier.SILVER
        session.add(row)
    assert _sweep(database) == {"replanned": 1}
    newest = _newest(database)
    assert (newest.cause, newest.tier) == ("tier_changed", Tier.SILVER)
    reasons = {line["reason"] for line in newest.difference["cancelled"]}
    assert reasons == {because(PlanReason.TIER_DROPPED, "silver")}
    _nothing_more(database)


def test_days_outside_the_term_and_other_contacts_change_nothing(database: Database, people: World) -> None:
    with database.write() as session:
        session.add(Contact(customer_no=GOLD, kind=ContactKind.HANDLER, name="旁人", name_index="9", title="经办"))
        far = ChangedDay(date(2026, 1, 14), False, False, "司庆")
        publish(session, Change(2026, (far,)), Publisher(people.accounts["ops"], "司庆放假", Door.PAGE, AT))
    assert TERM[0] > far.day
    _nothing_more(database)


def test_a_thousand_unchanged_members_cost_a_few_statements(database: Database, people: World) -> None:
    with database.write() as session:
        _copies(session, 999)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    order = RecordOrder(institution_code="BJ", day=DAY, at=AT, limit=CHUNK, phase="plans", after="stale|")
    while order.after is not None:
        with database.write() as session:
            done = plan_members(session, order)
        assert not any(done.counts.values())
        order = order.model_copy(update={"after": done.after})
    event.remove(database.engine, "before_cursor_execute", note)
    assert len([one for one in statements if one.lstrip().upper().startswith("SELECT")]) <= 6 * 10


def _copies(session: Session, number: int) -> None:
    """So many more members, each as planned and served as the one there is."""
    row, made = session.exec(select(Membership)).one(), session.exec(select(CarePlan)).one()
    case, served = session.get(Case, row.case_id), session.exec(select(MembershipContact)).all()
    assert case is not None
    keys = [new_id() for _ in range(number)]
    session.add_all(_copy(case, id=key, workflow_id=f"qualification/{key}") for key in keys)
    session.flush()
    session.add_all(_copy(row, id=key, case_id=key, certificate_no=f"VIP-{key}") for key in keys)
    session.flush()
    for key in keys:
        session.add(_copy(made, id=new_id(), membership_id=key, cause_key=str(key)))
        session.add_all(_copy(one, id=new_id(), membership_id=key) for one in served)


def _copy(row: SQLModel, **fields: object) -> SQLModel:
    return type(row)(**{**row.model_dump(), **fields})
