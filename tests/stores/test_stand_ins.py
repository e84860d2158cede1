"""代理 in the records: set, refused, in force by period, ended; what the stand-in's inbox and acts make of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.by import By
from models.services.stand_in_rehearsal import Gap, Rehearsal, rehearse
from models.services.stand_in_setting import Setter, Wish, end_stand_in, plan, set_stand_in
from models.services.stand_ins import acting_for, covers, may_act_for, offered, standing_for, subject_of
from models.stores.audit import AuditStore
from models.stores.scope import NOTHING, Scope
from models.stores.stand_ins import StandInStore
from models.stores.tasks import Person, TaskFilter, TaskStore
from models.tables.cases import Case, Task
from models.tables.desk import StandIn
from models.tables.messages import Notification
from models.tables.organisation import Account
from models.types import CaseKind, Door, Role, Tier
from tests.support import world as worlds
from tests.support.waiting_cases import Waiting, before_final_approval
from tests.support.world import World

NOW = datetime(2026, 2, 5, 2, tzinfo=UTC)
TODAY = date(2026, 2, 5)
EVERY = TaskFilter()


@pytest.fixture
def world(database: Database) -> World:
    """The small insurer."""
    return worlds.build(database)


@pytest.fixture
def waiting(world: World) -> Waiting:
    """A silver case of BJ01 on the desk of the branch lead."""
    with world.database.write() as session:
        return before_final_approval(session, world, 1)


def _setter(world: World, login: str, scope: Scope = NOTHING, now: datetime = NOW) -> Setter:
    sees = Scope(("/HQ/BJ/",)) if login == "svc" else NOTHING
    return Setter(
        account_id=world.accounts[login], scope=scope, sees=sees, by=By(str(world.accounts[login]), Door.API), now=now
    )


def _set(world: World, principal: str, stand_in: str, **wish: Any) -> StandIn:
    asked = Wish(principal=principal, stand_in=stand_in, **{"starts_on": TODAY, "ends_on": TODAY} | wish)
    with world.database.write() as session:
        row = set_stand_in(session, asked, _setter(world, principal))
        session.flush()
        session.expunge(row)
        return row


def _refused(world: World, principal: str, stand_in: str, **wish: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        _set(world, principal, stand_in, **wish)
    return caught.value


def _person(session: Session, world: World, login: str, at: datetime = NOW) -> Person:
    return Person(world.accounts[login], (world.post(login),), standing_for(session, world.accounts[login], at))


def _todo(world: World, login: str, at: datetime = NOW) -> list[Task]:
    with world.database.read() as session:
        person = _person(session, world, login, at)
        found = TaskStore(session).todo(person, EVERY, after=None, limit=50)
        assert TaskStore(session).todo_count(person, EVERY) == len(found)
        return found


def test_it_holds_from_now_to_the_end_of_its_last_day(world: World) -> None:
    row = _set(world, "lead", "hq-vip", ends_on=TODAY + timedelta(days=1))
    assert (row.starts_at, row.ends_at) == (NOW, datetime(2026, 2, 6, 16, tzinfo=UTC))
    later = _set(world, "lead", "hq-vip", starts_on=TODAY + timedelta(days=2), ends_on=TODAY + timedelta(days=2))
    assert later.starts_at == row.ends_at


def test_both_people_are_told_and_the_audit_says_who_set_it(world: World) -> None:
    row = _set(world, "lead", "hq-vip", reason="年假")
    with world.database.read() as session:
        told = session.exec(select(Notification)).all()
        assert {item.account_id for item in told} == {world.accounts["lead"], world.accounts["hq-vip"]}
        assert {item.template for item in told} == {"stand_in_set"}
        (entry,) = AuditStore(session).of("stand_in", str(row.id))
    assert (entry.action, entry.actor, entry.reason) == ("stand_in_set", str(world.accounts["lead"]), "年假")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"starts_on": TODAY - timedelta(days=1)}, "starts_on"),
        ({"ends_on": TODAY + timedelta(days=366)}, "ends_on"),
        ({"stand_in": "nobody"}, "stand_in"),
        ({"institution_code": "XX"}, "institution_code"),
    ],
)
def test_what_cannot_be_is_refused_by_field(world: World, wish: dict[str, Any], field: str) -> None:
    asked = {"stand_in": "hq-vip"} | wish
    error = _refused(world, "lead", asked.pop("stand_in"), **asked)
    assert error.code is ErrorCode.INVALID_INPUT
    assert [item["field"] for item in error.context["errors"]] == [field]


def test_a_second_one_for_the_same_cases_is_refused_and_for_others_is_not(world: World) -> None:
    _set(world, "lead", "hq-vip", tiers=frozenset({Tier.GOLD}))
    assert _refused(world, "lead", "sh-lead").code is ErrorCode.INVALID_INPUT
    _set(world, "lead", "sh-lead", tiers=frozenset({Tier.SILVER}))


def test_nobody_stands_in_for_itself_and_no_loop_is_stored(world: World) -> None:
    assert _refused(world, "lead", "lead").code is ErrorCode.STAND_IN_LOOP
    _set(world, "lead", "sh-lead", ends_on=TODAY + timedelta(days=3))
    _set(world, "sh-lead", "hq-vip", ends_on=TODAY + timedelta(days=3))
    assert _refused(
        world, "hq-vip", "lead", starts_on=TODAY + timedelta(days=3), ends_on=TODAY + timedelta(days=9)
    ).code is (ErrorCode.STAND_IN_LOOP)
    after = TODAY + timedelta(days=4)
    _set(world, "hq-vip", "lead", starts_on=after, ends_on=after)


def test_only_the_branch_lead_sets_one_for_others(world: World) -> None:
    wish = Wish(principal="svc", stand_in="lead", starts_on=TODAY, ends_on=TODAY)
    with world.database.write() as session:
        with pytest.raises(DomainError) as caught:
            plan(session, wish, _setter(world, "unit"))
        assert caught.value.code is ErrorCode.NOT_ALLOWED
        row = set_stand_in(session, wish, _setter(world, "lead", Scope(("/HQ/BJ/",))))
        assert (row.principal_id, row.created_by) == (world.accounts["svc"], world.accounts["lead"])


def test_the_stand_in_finds_the_tasks_of_the_post_and_the_principal_keeps_them(world: World, waiting: Waiting) -> None:
    task_id = waiting.state.tasks[0].task_id
    assert _todo(world, "hq-vip") == []
    row = _set(world, "lead", "hq-vip")
    assert [task.id for task in _todo(world, "hq-vip")] == [task_id]
    assert [task.id for task in _todo(world, "lead")] == [task_id]
    assert _todo(world, "hq-vip", row.ends_at) == [], "it ends by itself"
    with world.database.read() as session:
        person = _person(session, world, "hq-vip")
        task, case = _pair(session, waiting)
        (whose,) = (item for item in person.stands_for if offered(item, task, subject_of(session, case)))
        assert whose.principal_name == world.name("lead")


def test_a_task_given_by_name_goes_too(world: World, waiting: Waiting) -> None:
    task_id = waiting.state.tasks[0].task_id
    with world.database.write() as session:
        session.get_one(Task, task_id).assignee_id = world.accounts["lead"]
    _set(world, "lead", "hq-vip")
    assert [task.id for task in _todo(world, "hq-vip")] == [task_id]
    assert _todo(world, "sh-lead") == []


def test_without_authority_of_its_own_a_stand_in_gets_nothing(world: World, waiting: Waiting) -> None:
    _set(world, "lead", "svc")
    assert _todo(world, "svc") == []
    with world.database.read() as session:
        task, case = _pair(session, waiting)
        lead, svc = world.accounts["lead"], world.accounts["svc"]
        assert covers(session, lead, svc, case, NOW)
        assert not may_act_for(session, lead, svc, task, case=case, at=NOW)
        assert acting_for(session, svc, task, case, NOW) is None


def _pair(session: Session, waiting: Waiting) -> tuple[Task, Case]:
    task = session.get_one(Task, waiting.state.tasks[0].task_id)
    return task, session.get_one(Case, waiting.state.case_id)


@pytest.mark.parametrize(
    ("scope", "comes"),
    [
        ({"tiers": frozenset({Tier.GOLD})}, False),
        ({"tiers": frozenset({Tier.SILVER})}, True),
        ({"kinds": frozenset({CaseKind.APPROVAL})}, False),
        ({"kinds": frozenset({CaseKind.QUALIFICATION, CaseKind.APPROVAL})}, True),
        ({"institution_code": "SH"}, False),
        ({"institution_code": "BJ"}, True),
        ({"institution_code": "BJ01"}, True),
    ],
)
def test_the_scope_is_the_same_for_the_inbox_and_for_the_act(
    world: World, waiting: Waiting, scope: dict[str, Any], comes: bool
) -> None:
    _set(world, "lead", "hq-vip", **scope)
    assert bool(_todo(world, "hq-vip")) is comes
    with world.database.read() as session:
        task, case = _pair(session, waiting)
        lead, stand_in = world.accounts["lead"], world.accounts["hq-vip"]
        assert covers(session, lead, stand_in, case, NOW) is comes
        found = acting_for(session, stand_in, task, case, NOW)
        assert (found.principal_id if found else None) == (lead if comes else None)
        assert found is None or found.posts == ((Role.BR_LEAD, "BJ"),)


def test_along_a_chain_the_last_one_acts_while_the_middle_is_away(world: World, waiting: Waiting) -> None:
    _set(world, "lead", "sh-lead", ends_on=TODAY + timedelta(days=3))
    _set(world, "sh-lead", "hq-vip", starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=1))
    tomorrow, later = NOW + timedelta(days=1), NOW + timedelta(days=2)
    seen = {at: [who for who in ("sh-lead", "hq-vip") if _todo(world, who, at)] for at in (NOW, tomorrow, later)}
    assert seen == {NOW: ["sh-lead"], tomorrow: ["hq-vip"], later: ["sh-lead"]}
    with world.database.read() as session:
        _, case = _pair(session, waiting)
        lead, middle, last = (world.accounts[login] for login in ("lead", "sh-lead", "hq-vip"))
        assert covers(session, lead, last, case, tomorrow)
        assert not covers(session, lead, middle, case, tomorrow)


def test_never_back_to_the_declarant_nor_to_who_signed_before(world: World, waiting: Waiting) -> None:
    _set(world, "lead", "hq-vip")
    with world.database.write() as session:
        task, case = _pair(session, waiting)
        case.declared_by = world.accounts["hq-vip"]
    assert _todo(world, "hq-vip") == []
    with world.database.read() as session:
        task, case = _pair(session, waiting)
        assert not covers(session, world.accounts["lead"], world.accounts["hq-vip"], case, NOW)
        assert acting_for(session, world.accounts["hq-vip"], task, case, NOW) is None


def test_four_eyes_bar_the_stand_in_and_the_principal(world: World, waiting: Waiting) -> None:
    _set(world, "lead", "hq-vip")
    for barred in ("hq-vip", "lead"):
        last = waiting.state.acts[-1].model_copy(update={"actor_id": world.accounts[barred]})
        state = waiting.state.model_copy(update={"acts": (*waiting.state.acts[:-1], last)})
        with world.database.write() as session:
            task, case = _pair(session, waiting)
            case.state = state.model_dump(mode="json")
            session.flush()
            assert acting_for(session, world.accounts["hq-vip"], task, case, NOW) is None


def test_ended_by_hand_it_is_over_at_once_and_stays_over(world: World, waiting: Waiting) -> None:
    del waiting
    row = _set(world, "lead", "hq-vip")
    refusals = {"unit": ErrorCode.NOT_FOUND, "svc": ErrorCode.NOT_ALLOWED, "hq-vip": ErrorCode.NOT_ALLOWED}
    for stranger, code in refusals.items():
        with world.database.write() as session, pytest.raises(DomainError) as caught:
            end_stand_in(session, row.id, _setter(world, stranger))
        assert caught.value.code is code
    noon = NOW + timedelta(hours=2)
    for later in (noon, noon + timedelta(hours=1)):
        with world.database.write() as session:
            assert end_stand_in(session, row.id, _setter(world, "lead", now=later)).ended_at == noon
    assert _todo(world, "hq-vip", NOW + timedelta(hours=1)) != []
    assert _todo(world, "hq-vip", noon) == []
    with world.database.read() as session:
        assert [entry.action for entry in AuditStore(session).of("stand_in", str(row.id))] == [
            "stand_in_set",
            "stand_in_ended",
        ]


def test_a_disabled_person_neither_gives_nor_gets_work(world: World, waiting: Waiting) -> None:
    del waiting
    _set(world, "lead", "hq-vip")
    with world.database.write() as session:
        session.get_one(Account, world.accounts["lead"]).disabled_at = NOW
    assert _todo(world, "hq-vip") == []


def test_lists_are_cut_by_keyset_latest_first(world: World) -> None:
    rows = [
        _set(world, "lead", "hq-vip", starts_on=TODAY + timedelta(days=n), ends_on=TODAY + timedelta(days=n))
        for n in range(3)
    ]
    with world.database.read() as session:
        store = StandInStore(session)
        first = store.of_principal(world.accounts["lead"], after=None, limit=2)
        rest = store.of_stand_in(world.accounts["hq-vip"], after=(first[-1].starts_at, first[-1].id), limit=2)
        assert [row.id for row in (*first, *rest)] == [row.id for row in reversed(rows)]
        assert len(store.in_scope(Scope(("/HQ/BJ/",)), after=None, limit=9)) == 3
        assert store.in_scope(Scope(("/HQ/SH/",)), after=None, limit=9) == []


def _rehearsal(world: World, principal: str, stand_in: str, **wish: Any) -> Rehearsal:
    asked = Wish(principal=principal, stand_in=stand_in, **{"starts_on": TODAY, "ends_on": TODAY} | wish)
    with world.database.read() as session:
        return rehearse(session, plan(session, asked, _setter(world, principal)))


def test_the_rehearsal_says_which_tasks_go_and_which_have_nobody(world: World, waiting: Waiting) -> None:
    with world.database.write() as session:
        mine = before_final_approval(session, world, 2)
        session.get_one(Case, mine.state.case_id).declared_by = world.accounts["hq-vip"]
    outlook = _rehearsal(world, "lead", "hq-vip")
    assert outlook.goes == ((world.name("hq-vip"), 1),)
    gaps = {item.task.case_id: item.gap for item in outlook.tasks}
    assert gaps == {waiting.state.case_id: None, mine.state.case_id: Gap.DECLARANT}
    assert outlook.left() == outlook.left(Gap.DECLARANT) == 1
    assert _rehearsal(world, "lead", "svc").left(Gap.NO_AUTHORITY) == 2
    assert _rehearsal(world, "lead", "hq-vip", tiers=frozenset({Tier.GOLD})).left(Gap.OUT_OF_SCOPE) == 2
    with world.database.read() as session:
        assert session.exec(select(StandIn)).all() == [], "nothing was stored"


def test_the_rehearsal_follows_the_chain_and_what_the_principal_does_for_others(world: World, waiting: Waiting) -> None:
    del waiting
    _set(world, "lead", "sh-lead")
    outlook = _rehearsal(world, "sh-lead", "hq-vip")
    assert outlook.goes == ((world.name("hq-vip"), 1),)
    _set(world, "hq-vip", "hq-lead")
    outlook = _rehearsal(world, "sh-lead", "hq-vip")
    assert outlook.left(Gap.NO_AUTHORITY) == 1, "the chain ends at somebody who may not decide for a branch"


def test_the_rehearsal_tells_by_post_what_may_come(world: World) -> None:
    (post,) = _rehearsal(world, "lead", "hq-vip").posts
    assert (post.role, post.institution_code, post.to_names, post.gaps) == (
        Role.BR_LEAD,
        "BJ",
        (world.name("hq-vip"),),
        (),
    )
    assert [stage.value for stage in post.stages] == ["branch_approval"]
    (post,) = _rehearsal(world, "lead", "hq-vip", tiers=frozenset({Tier.GOLD}), institution_code="BJ01").posts
    assert post.to_names == (world.name("hq-vip"),)
    assert post.gaps == (Gap.OUT_OF_SCOPE,)
