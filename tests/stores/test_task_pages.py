"""The inbox by keyset: every task once, most pressing first, only the person's own."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.services.approval import steps
from models.stores.tasks import Person, TaskFilter, TaskStore
from models.tables.cases import Task
from models.types import Role, Tier
from tests.support import world as worlds
from tests.support.waiting_cases import AT, Waiting, before_final_approval
from tests.support.world import World

EVERY = TaskFilter()


@pytest.fixture
def world(database: Database) -> World:
    """The small insurer."""
    return worlds.build(database)


@pytest.fixture
def waiting(world: World) -> list[Waiting]:
    """Twelve tasks of the branch lead, three of each due time."""
    with world.database.write() as session:
        cases = [before_final_approval(session, world, number) for number in range(12)]
        for number, task in enumerate(session.exec(select(Task))):
            task.due_at = AT + timedelta(days=number // 3)
        return cases


def _lead(world: World) -> Person:
    return Person(world.accounts["lead"], ((Role.BR_LEAD, "BJ"),))


def _all_pages(session: Session, person: Person, limit: int) -> list[Task]:
    found: list[Task] = []
    while True:
        after = (found[-1].due_at, found[-1].id) if found else None
        page = TaskStore(session).todo(person, EVERY, after=after, limit=limit)
        if not page:
            return found
        found += page


@pytest.mark.parametrize("limit", [1, 5, 12, 50])
def test_pages_hold_every_task_once_in_order(world: World, waiting: list[Waiting], limit: int) -> None:
    with world.database.read() as session:
        found = _all_pages(session, _lead(world), limit)
        assert TaskStore(session).todo_count(_lead(world), EVERY) == 12
    assert {task.id for task in found} == {case.state.tasks[0].task_id for case in waiting}
    assert len(found) == 12
    assert [(task.due_at, task.id) for task in found] == sorted((task.due_at, task.id) for task in found)


def test_a_task_is_seen_by_its_post_or_its_assignee_only(world: World, waiting: list[Waiting]) -> None:
    task_id = waiting[0].state.tasks[0].task_id
    with world.database.write() as session:
        session.get_one(Task, task_id).assignee_id = world.accounts["svc"]
    others = (
        Person(world.accounts["sh-lead"], ((Role.BR_LEAD, "SH"),)),
        Person(world.accounts["ops"], ()),
        Person(world.accounts["unit"], ((Role.UNIT_LEAD, "BJ"), (Role.BR_LEAD, "BJ01"))),
    )
    with world.database.read() as session:
        store = TaskStore(session)
        assert [store.todo_count(person, EVERY) for person in others] == [0, 0, 0]
        assert store.todo_count(_lead(world), EVERY) == 11
        svc = Person(world.accounts["svc"], ())
        assert [task.id for task in store.todo(svc, EVERY, after=None, limit=5)] == [task_id]


def test_filters_narrow_the_box(world: World, waiting: list[Waiting]) -> None:
    del waiting
    with world.database.read() as session:
        store, lead = TaskStore(session), _lead(world)
        assert store.todo_count(lead, TaskFilter(due_before=AT + timedelta(days=1))) == 3
        assert store.todo_count(lead, TaskFilter(due_after=AT + timedelta(days=3))) == 3
        assert store.todo_count(lead, TaskFilter(tier=Tier.GOLD)) == 0
        assert store.todo_count(lead, TaskFilter(q="R00007")) == 1
        assert store.todo_count(lead, TaskFilter(q="%")) == 0


def test_done_lists_what_the_person_decided_newest_first(world: World, waiting: list[Waiting]) -> None:
    decided: list[UUID] = []
    for number, case in enumerate(waiting[:4]):
        with world.database.write() as session:
            steps.record_step(session, case.approval(at=AT + timedelta(hours=number)))
        decided.insert(0, case.state.tasks[0].task_id)
    with world.database.read() as session:
        store, lead = TaskStore(session), _lead(world)
        first = store.done(lead, EVERY, after=None, limit=3)
        closed_at = first[-1].closed_at
        assert closed_at is not None
        rest = store.done(lead, EVERY, after=(closed_at, first[-1].id), limit=3)
        assert [task.id for task in (*first, *rest)] == decided
        assert store.todo_count(lead, EVERY) == 8
        started = store.started(Person(world.accounts["mgr"], ()), EVERY, after=None, limit=50)
        assert len(started) == 12
