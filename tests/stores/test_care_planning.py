"""A member's year in the records: planned once per cause, planned anew when tier, contacts or term change."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session

from models.database import Database
from models.errors import DomainError
from models.messages.membership import MoveMembership
from models.rules.care.reasons import PlanReason, because
from models.service_types import TouchpointOrigin
from models.services.care import contacts
from models.services.care.pinned import pinned_book
from models.services.care.running import amendments_of
from models.services.qualification import member_stages
from models.stores.care import CareStore
from models.tables.book import Contact, Policy
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership, Seat
from models.types import ContactKind, MembershipStage, PolicyStatus, Role, SeatKind, Stage, Tier
from tests.support import world
from tests.support.care_members import GRANTED, TERM, add_contact, member, plan, touchpoints
from tests.support.world import World

SEPTEMBER = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)


@pytest.fixture
def people(database: Database) -> World:
    """The small insurer on both databases."""
    return world.build(database)


def _codes(rows: dict[str, Touchpoint], stage: Stage) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows.values():
        if row.stage is stage:
            found[row.code] = found.get(row.code, 0) + 1
    return found


def _do(session: Session, row: Touchpoint, on: date) -> None:
    row.stage, row.done_on, row.done_at = Stage.DONE, on, SEPTEMBER
    session.add(row)
    session.flush()


def _take_up(session: Session, row: Touchpoint) -> UUID:
    """As its case would do when it opens."""
    case = session.get(Case, session.get(Membership, row.membership_id).case_id)  # type: ignore[union-attr]
    assert case is not None
    copy = Case(**{**case.model_dump(), "id": uuid4(), "workflow_id": f"care-touchpoint/{row.id}"})
    session.add(copy)
    session.flush()
    row.case_id, row.stage = copy.id, Stage.DUE
    session.add(row)
    session.flush()
    return copy.id


def test_a_gold_year_is_written_once_with_posts_and_people(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        add_contact(session, number, ContactKind.HANDLER, "乙", birthday="02-29")
        row = member(session, people, number, Tier.GOLD)
        made = plan(session, row)
        again = plan(session, row)
    assert made is not None
    assert again is not None
    assert (made.id, made.number, made.cause) == (again.id, 1, "granted")
    with database.read() as session:
        rows = touchpoints(session, number)
        chosen = {served.kind for served in CareStore(session).key_contacts(row.id)}
        stored = session.get(Membership, row.id)
    assert chosen == {ContactKind.LEADER, ContactKind.HANDLER}
    assert len(made.difference["added"]) == len(rows)
    value_added = {"Z08": 12, "Z09": 2, "Z10": 1, "Z11": 3, "Z13": 12, "Z14": 4, "Z15": 2, "Z16": 1}
    assert _codes(rows, Stage.PLANNED) == value_added | dict.fromkeys(("C2", "C3", "C4", "C5", "C6", "C9"), 1)
    assert _codes(rows, Stage.DONE) == {"C1": 1}  # article 16: automatic
    assert stored is not None
    assert stored.club_contact_id == next(item.contact_id for item in rows.values() if item.code == "C1")
    places = {item.code: (item.role, item.institution_code, item.assignee_id) for item in rows.values()}
    assert places["Z08"] == (Role.MGR, "BJ01", people.accounts["mgr"])
    assert places["Z09"] == (Role.BR_LEAD, "BJ", None)
    assert places["C2"] == (Role.HQ_VIP, "HQ", None)
    birthday = next(item for item in rows.values() if item.code == "Z10")
    assert (birthday.due_on, birthday.human) == (date(2027, 2, 28), False)
    assert all(item.membership_id == row.id and TERM[0] <= item.planned_on <= TERM[1] for item in rows.values())


def test_an_upgrade_keeps_what_was_done_and_explains_the_rest(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        silver = member(session, people, number, Tier.SILVER)
        session.add(_seat(silver))
        plan(session, silver)
        rows = touchpoints(session, number)
        _do(session, rows["Z08:2026-03-01/3"], date(2026, 5, 4))
        _do(session, rows["Z08:2026-06-01/3"], date(2026, 8, 3))
        running = rows["Z09:2026-03-01/12"]
        _take_up(session, running)
        gold = member(session, people, number, Tier.GOLD)
        made = plan(session, gold, at=SEPTEMBER)
        assert made is not None
        second = plan(session, gold, "tier_changed", SEPTEMBER, "again")
        assert second is not None
    with database.read() as session:
        after = touchpoints(session, number)
        old = session.get(Membership, silver.id)
        assert session.get(Seat, _seat_id) is None  # the silver seat is free
    assert old is not None
    assert (old.stage, old.end_reason) == (MembershipStage.EXPIRED, member_stages.UPGRADED)
    assert made.cause == "tier_changed"
    reasons = {line["key"]: line["reason"] for part in made.difference.values() for line in part}
    assert all(reasons.values())
    assert after["Z08:2026-03-01/3"].stage is Stage.DONE
    assert after["Z08:2026-09-01/3"].stage is Stage.CANCELLED
    assert after["Z08:2026-09-01/3"].reason == because(PlanReason.TIER_DROPPED, "gold")
    assert sorted(key for key, row in after.items() if row.code == "Z08" and row.stage is Stage.PLANNED) == [
        f"Z08:{month}-01/1" for month in ("2026-09", "2026-10", "2026-11", "2026-12", "2027-01", "2027-02")
    ]
    # The branch head's visit in hand fulfils the second half year's; it is not asked for twice.
    assert after["Z09:2026-03-01/12"].stage is Stage.DUE
    assert "Z09:2026-09-01/6" not in after
    assert after["Z09:2026-03-01/12"].membership_id == gold.id
    assert after["Z08:2026-03-01/3"].membership_id == silver.id
    assert len({row.key for row in after.values()}) == len(after)
    assert second.difference["added"] == second.difference["cancelled"] == []


_seat_id = uuid4()


def _seat(row: Membership) -> Seat:
    return Seat(
        id=_seat_id,
        year=row.year,
        tier=Tier.SILVER,
        seat_kind=SeatKind.SILVER,
        scope_code="BJ",
        seat_no=1,
        case_id=row.case_id,
        customer_no=row.customer_no,
        taken_at=GRANTED,
    )


def test_a_downgrade_and_back_brings_cancelled_touchpoints_to_life_again(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        row = member(session, people, number, Tier.GOLD)
        plan(session, row)
        for tier in (Tier.SILVER, Tier.GOLD):
            row.tier = tier
            made = plan(session, row, "tier_changed", GRANTED, tier.value)
        rows = touchpoints(session, number)
    assert made is not None
    assert _codes(rows, Stage.PLANNED)["Z08"] == 12
    assert _codes(rows, Stage.CANCELLED)["Z08"] == 4
    assert {line["effect"] for line in made.difference["added"]} <= {"revived", "added"}
    assert row.club_contact_id is not None


def test_a_contact_that_leaves_is_served_no_more(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        first = add_contact(session, number, ContactKind.HANDLER, "乙", birthday="10-10")
        row = member(session, people, number, Tier.SILVER)
        plan(session, row)
        third = add_contact(session, number, ContactKind.HANDLER, "丙", birthday="11-11")
        birthday = touchpoints(session, number)[f"Z10:2026:{first}"]
        birthday.stage = Stage.PLANNED
        by_hand = _added_by_hand(session, row, first)
        case_id = _take_up(session, by_hand)
        contacts.leave(session, number, first, date(2026, 9, 14), date(2026, 9, 15))
        made = plan(session, row, "contacts_changed", SEPTEMBER, "left")
        assert made is not None
        stops = amendments_of(session, number, SEPTEMBER)
    with database.read() as session:
        after = touchpoints(session, number)
        served = {item.contact_id for item in CareStore(session).key_contacts(row.id)}
    assert first not in served
    assert third in served  # article 16 asks for one handler at least
    greeted, left = after[f"Z10:2026:{first}"], because(PlanReason.CONTACT_LEFT)
    assert (greeted.stage, greeted.reason) == (Stage.CANCELLED, left)
    assert after[f"Z10:2026:{third}"].stage is Stage.PLANNED
    assert [stop.act.comment for stop in stops] == [left]
    assert [stop.workflow_id for stop in stops] == [f"care-touchpoint/{by_hand.id}"]
    assert case_id == after[by_hand.key].case_id


def _added_by_hand(session: Session, row: Membership, contact_id: UUID) -> Touchpoint:
    point = next(iter(touchpoints(session, row.customer_no).values()))
    copy = Touchpoint(**{**point.model_dump(), "id": uuid4(), "key": "Z12:extra", "code": "Z12"})
    copy.origin, copy.contact_id, copy.merged_into = TouchpointOrigin.MANUAL, contact_id, None
    session.add(copy)
    session.flush()
    return copy


def test_only_what_article_16_allows_may_be_chosen(database: Database, people: World) -> None:
    number, other = people.customer(world.GOLD), people.customer(world.SILVER)
    with database.write() as session:
        row = member(session, people, number, Tier.SILVER)
        handlers = [add_contact(session, number, ContactKind.HANDLER, name) for name in "乙丙丁"]
        foreign = add_contact(session, other, ContactKind.HANDLER, "戊")
        plan(session, row)
        leader = next(
            item.contact_id for item in CareStore(session).key_contacts(row.id) if item.kind is ContactKind.LEADER
        )
        book = pinned_book(session, row).rulebook
        for choice in ([leader], [leader, *handlers], [leader, foreign], [handlers[0]], [leader, leader, handlers[0]]):
            with pytest.raises(DomainError, match="invalid_input"):
                contacts.change(session, row, book, choice, SEPTEMBER)
        contacts.change(session, row, book, [leader, handlers[2]], SEPTEMBER)
        contacts.change(session, row, book, [leader, handlers[0]], SEPTEMBER)
        served = {item.contact_id for item in CareStore(session).key_contacts(row.id)}
    assert served == {leader, handlers[0]}


def test_a_contact_of_another_customer_or_a_day_to_come_is_refused(database: Database, people: World) -> None:
    with database.write() as session:
        row = member(session, people, people.customer(world.GOLD), Tier.SILVER)
        foreign = add_contact(session, people.customer(world.SILVER), ContactKind.HANDLER, "戊")
        own = add_contact(session, row.customer_no, ContactKind.HANDLER, "乙")
        with pytest.raises(DomainError, match="not_found"):
            contacts.leave(session, row.customer_no, foreign, date(2026, 9, 1), date(2026, 9, 15))
        with pytest.raises(DomainError, match="invalid_input"):
            contacts.leave(session, row.customer_no, own, date(2026, 9, 16), date(2026, 9, 15))
        kept = session.get(Contact, own)
    assert kept is not None
    assert kept.left_on is None


def _moved(session: Session, row: Membership, day: date) -> MembershipStage:
    at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    member_stages.move(session, MoveMembership(customer_no=row.customer_no, day=day, at=at))
    session.refresh(row)
    return row.stage


def test_the_year_moves_through_its_stages_and_ends_with_everything_settled(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        session.get_one(Policy, f"{number}-{world.YEAR}").expires_on = date(2027, 12, 31)
        row = member(session, people, number, Tier.GOLD)
        plan(session, row)
        assert _moved(session, row, date(2026, 2, 28)) is MembershipStage.PENDING
        assert _moved(session, row, date(2026, 3, 1)) is MembershipStage.SERVING
        assert _moved(session, row, date(2026, 12, 31)) is MembershipStage.SERVING
        assert _moved(session, row, date(2027, 1, 1)) is MembershipStage.RE_EVALUATION
        assert _moved(session, row, date(2027, 2, 28)) is MembershipStage.RE_EVALUATION
        order = MoveMembership(customer_no=number, day=date(2027, 3, 2), at=datetime(2027, 3, 2, 2, tzinfo=UTC))
        first, second = member_stages.move(session, order), member_stages.move(session, order)
        assert first == second
        assert (first.over, first.running) == ((row.id,), False)
        made = plan(session, row, "ended", order.at)
        assert plan(session, row, "contacts_changed", order.at, "late") is None
    assert made is not None
    with database.read() as session:
        stages = {item.stage for item in touchpoints(session, number).values()}
        stored = session.get(Membership, row.id)
    assert stages == {Stage.MISSED, Stage.DONE}  # nothing is cancelled that was due before
    assert stored is not None
    assert (stored.stage, stored.ended_on) == (MembershipStage.EXPIRED, TERM[1])


def test_all_policies_surrendered_ends_it_at_once(database: Database, people: World) -> None:
    number = people.customer(world.GOLD)
    with database.write() as session:
        row = member(session, people, number, Tier.SILVER)
        plan(session, row)
        policy = session.get_one(Policy, f"{number}-{world.YEAR}")
        policy.status, policy.ended_on = PolicyStatus.SURRENDERED, date(2026, 9, 1)
        session.add(policy)
        session.flush()
        assert _moved(session, row, date(2026, 9, 15)) is MembershipStage.CANCELLED
        made = plan(session, row, "ended", SEPTEMBER)
        assert made is not None
        after = touchpoints(session, number)
    assert {item.stage for item in after.values()} == {Stage.MISSED, Stage.CANCELLED}
    cancelled = [item for item in after.values() if item.stage is Stage.CANCELLED]
    assert all(item.due_on >= date(2026, 9, 15) for item in cancelled)
    assert all("退保" in (item.reason or "") for item in cancelled)
