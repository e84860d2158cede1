"""What the records make of running touchpoint cases: ended, handed on, or left alone; found by how things stand."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.messages.membership import PlanCause
from models.messages.service_acts import AssignService, StopTouchpoint
from models.messages.sweep import SweepOrder
from models.rules.care.reasons import PlanReason, because
from models.service_types import TouchpointOrigin
from models.services.care.running import Amendment
from models.services.duties.amending import amendments_due
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.cases import Case, Decision, Membership
from models.tables.columns import new_id
from models.tables.messages import Notification
from models.types import MembershipStage, Role, Stage, Tier
from tests.support import world
from tests.support.care_members import member, plan
from tests.support.sweeping import add_touchpoint
from tests.support.world import GOLD, World

AT = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)
DUE = date(2026, 9, 20)
LEFT = date(2026, 9, 14)


@pytest.fixture
def people(database: Database) -> World:
    """A gold member with a plan and a visit to its leader in hand."""
    found = world.build(database)
    with database.write() as session:
        row = member(session, found, GOLD, Tier.GOLD)
        row.stage = MembershipStage.SERVING
        plan(session, row)
        leader = session.exec(select(Contact).where(Contact.customer_no == GOLD)).one()
        _in_hand(session, row, "visit", contact_id=leader.id)
    return found


def _in_hand(session: Session, row: Membership, key: str, **more: object) -> Touchpoint:
    """A touchpoint with a case of its own, as it stands once the sweep started it."""
    fields = {"membership_id": row.id, "assignee_id": row.manager_id, "origin": TouchpointOrigin.MANUAL} | more
    point = add_touchpoint(session, GOLD, DUE, key=key, **fields)
    case = session.get(Case, row.case_id)
    assert case is not None
    copy = Case(**{**case.model_dump(), "id": new_id(), "workflow_id": f"care-touchpoint/{point.id}"})
    session.add(copy)
    session.flush()
    point.case_id, point.stage = copy.id, Stage.DUE
    session.add(point)
    return point


def _found(database: Database) -> list[Amendment]:
    order = SweepOrder(institution_code="BJ", day=AT.date(), at=AT, limit=10)
    with database.read() as session:
        found, after = amendments_due(session, order)
    assert after is None
    return found


def _change(database: Database, change: Callable[[Membership, Session], object]) -> None:
    with database.write() as session:
        row = session.exec(select(Membership)).one()
        change(row, session)
        session.add(row)


def _planned(database: Database, cause: PlanCause, key: str) -> None:
    _change(database, lambda row, session: plan(session, row, cause, AT, key))


def test_nothing_is_amended_while_nothing_changed(database: Database, people: World) -> None:
    assert _found(database) == []


def test_a_contact_that_left_ends_the_case_but_not_a_duty(database: Database, people: World) -> None:
    with database.write() as session:
        point = session.exec(select(Touchpoint).where(Touchpoint.key == "visit")).one()
        contact = session.get(Contact, point.contact_id)
        assert contact is not None
        contact.left_on = LEFT
        row = session.exec(select(Membership)).one()
        _in_hand(session, row, "duty", origin=TouchpointOrigin.DUTY, contact_id=contact.id)
        workflow_id = f"care-touchpoint/{point.id}"
    (only,) = _found(database)
    assert only.workflow_id == workflow_id
    assert isinstance(only.act, StopTouchpoint)
    assert only.act.comment == because(PlanReason.CONTACT_LEFT)


def test_a_change_of_tier_leaves_what_is_in_hand_to_be_finished(database: Database, people: World) -> None:
    _change(database, lambda row, _: setattr(row, "tier", Tier.SILVER))
    _planned(database, "tier_changed", "silver")
    assert _found(database) == []


@pytest.mark.parametrize(
    ("stage", "end_reason", "reason"),
    [
        (MembershipStage.CANCELLED, "客户来函|口头", because(PlanReason.ENDED, "客户来函|口头")),
        (MembershipStage.EXPIRED, None, because(PlanReason.TERM_OVER)),
    ],
)
def test_a_membership_that_is_over_ends_the_case_whoever_forgot_it(
    database: Database, people: World, *, stage: MembershipStage, end_reason: str | None, reason: str
) -> None:
    def end(row: Membership, _: Session) -> None:
        row.stage, row.end_reason = stage, end_reason

    _change(database, end)
    assert [found.act.comment for found in _found(database)] == [reason]


def test_another_manager_gets_what_runs_and_what_waits_but_not_what_others_were_given(
    database: Database, people: World
) -> None:
    old, new, other = people.accounts["mgr"], people.accounts["bj-mgr"], people.accounts["svc"]
    with database.write() as session:
        row = session.exec(select(Membership)).one()
        for number, (key, who, stage) in enumerate(
            (
                ("put-off", old, Stage.RESCHEDULED),
                ("by-hand", old, Stage.PLANNED),
                ("given", other, Stage.PLANNED),
            ),
            start=1,
        ):
            fields = {"membership_id": row.id, "assignee_id": who, "origin": TouchpointOrigin.MANUAL, "stage": stage}
            add_touchpoint(session, GOLD, DUE.replace(day=DUE.day + number), key=key, **fields)
        duty = {"membership_id": row.id, "assignee_id": old, "origin": TouchpointOrigin.DUTY}
        add_touchpoint(session, GOLD, DUE, key="reminder", **duty)
    _change(database, lambda row, _: setattr(row, "manager_id", new))
    _planned(database, "manager_changed", "1")
    _planned(database, "contacts_changed", "2")
    with database.read() as session:
        rows = {row.key: row for row in session.exec(select(Touchpoint))}
        notes = session.exec(select(Notification).where(Notification.template == "care_handed_over")).all()
    assert {key: rows[key].assignee_id for key in ("put-off", "by-hand", "reminder", "given")} == {
        "put-off": new,
        "by-hand": new,
        "reminder": new,
        "given": other,
    }
    planned = [row for row in rows.values() if row.origin is TouchpointOrigin.PLAN and row.stage is Stage.PLANNED]
    assert {row.assignee_id for row in planned if row.role is Role.MGR} == {new}
    assert [note.account_id for note in notes] == [new], "told once"
    (only,) = _found(database)
    assert isinstance(only.act, AssignService)
    assert (only.act.to.account_id, only.act.to.name) == (new, "冯洁")


def test_what_a_person_gave_back_is_not_taken_again(database: Database, people: World) -> None:
    _change(database, lambda row, _: setattr(row, "manager_id", people.accounts["bj-mgr"]))
    (only,) = _found(database)
    with database.write() as session:
        point = session.exec(select(Touchpoint).where(Touchpoint.key == "visit")).one()
        assert point.case_id is not None
        session.add(_decision(point.case_id, only))
    assert _found(database) == []


def test_a_customer_that_goes_back_and_forth_takes_its_running_case_along_each_time(
    database: Database, people: World
) -> None:
    """王晓梅 -> 冯洁 -> 王晓梅 -> 冯洁: the second time is not the first one again."""
    first, second = people.accounts["mgr"], people.accounts["bj-mgr"]
    handed = []
    for number, to in enumerate((second, first, second), start=1):
        _change(database, lambda row, _, to=to: setattr(row, "manager_id", to))  # type: ignore[misc]
        _planned(database, "manager_changed", str(number))
        (only,) = _found(database)
        assert isinstance(only.act, AssignService)
        assert only.act.to.account_id == to
        assert [found.act.update_id for found in _found(database)] == [only.act.update_id], "asked again it is the same"
        handed.append(only.act.update_id)
        with database.write() as session:
            point = session.exec(select(Touchpoint).where(Touchpoint.key == "visit")).one()
            assert point.case_id is not None
            session.add(_decision(point.case_id, only, number))
            point.assignee_id = to
            session.add(point)
        assert _found(database) == []
    assert len(set(handed)) == 3


def _decision(case_id: UUID, amendment: Amendment, step_no: int = 1) -> Decision:
    act = amendment.act
    return Decision(
        case_id=case_id,
        step_no=step_no,
        update_id=act.update_id,
        act=act.kind,
        stage=Stage.DUE,
        round=1,
        actor_name=act.actor_name,
        door=act.door,
        content_hash=act.content_hash,
        effect={},
        at=AT,
    )


def test_nobody_gets_it_who_may_not_do_it(database: Database, people: World) -> None:
    _change(database, lambda row, _: setattr(row, "manager_id", people.accounts["hq-vip"]))
    assert _found(database) == []
