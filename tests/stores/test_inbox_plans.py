"""The inbox enters its partial indexes on both databases, so that a million other tasks cost it nothing."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from models.database import Database
from models.rules.stand_ins import Mandate, Reach, StoodFor
from models.stores.tasks import Person, TaskFilter, TaskStore
from models.types import CaseKind, Role, Tier
from tests.support.plans import query_plans

AT = datetime(2026, 2, 5, 2, tzinfo=UTC)
ID = UUID(int=7)
PERSON = Person(ID, ((Role.BR_LEAD, "BJ"), (Role.BR_SVC, "BJ")))
NARROW = Reach(frozenset({CaseKind.QUALIFICATION}), frozenset({Tier.SILVER}), "/HQ/BJ/")
AWAY = StoodFor(
    UUID(int=8),
    "陈志远",
    ((Role.HQ_VIP, "HQ"),),
    (Mandate(UUID(int=8), NARROW, (Reach(tiers=frozenset({Tier.GOLD})),)),),
    ((Role.BR_LEAD, "BJ"), (Role.HQ_VIP, "HQ")),
)
BUSY = PERSON._replace(stands_for=(AWAY,))
Ask = Callable[[TaskStore], object]
OF_PEOPLE = {"ix_task_open_assignee", "ix_task_open_role"}
COVERING = "ix_task_open_counts"
"""What only counts may be answered from the index of the dashboards, without a look at the rows."""


def _plans(database: Database, ask: Ask) -> list[str]:
    return query_plans(database, lambda session: ask(TaskStore(session)))


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.todo(PERSON, TaskFilter(), after=None, limit=51),
        lambda store: store.todo(PERSON, TaskFilter(due_before=AT), after=(AT, ID), limit=51),
        lambda store: store.todo_counts(PERSON, {"all": TaskFilter(), "overdue": TaskFilter(due_before=AT)}),
        lambda store: store.todo(BUSY, TaskFilter(awake_at=AT), after=(AT, ID), limit=51),
        lambda store: store.todo_counts(BUSY, {"all": TaskFilter(awake_at=AT)}),
    ],
    ids=["first page", "a later page of the overdue", "counts", "a stand-in's page", "a stand-in's counts"],
)
def test_every_part_of_the_inbox_has_its_index(database: Database, ask: Ask) -> None:
    plans = _plans(database, ask)
    assert plans
    for plan in plans:
        assert any(name in plan for name in (*OF_PEOPLE, COVERING)), plan
        assert not re.search(r"SCAN task\b(?!_)", plan)
        assert "Seq Scan on task" not in plan
    used = {name for name in (*OF_PEOPLE, COVERING) for plan in plans if name in plan}
    assert used >= OF_PEOPLE or COVERING in used


def test_the_queue_enters_the_index_of_posts(database: Database) -> None:
    plans = _plans(database, lambda store: store.queue(PERSON, TaskFilter(), after=None, limit=51))
    assert len(plans) == len(PERSON.posts)
    assert all("ix_task_open_role" in plan for plan in plans)


def test_copies_are_read_in_their_own_order(database: Database) -> None:
    (plan,) = _plans(database, lambda store: store.copies(PERSON, TaskFilter(), after=(AT, ID), limit=51))
    assert "ix_case_copy_box" in plan
    assert "TEMP B-TREE" not in plan


def test_what_was_done_has_its_index_too(database: Database) -> None:
    (plan,) = _plans(database, lambda store: store.done(PERSON, TaskFilter(), after=(AT, ID), limit=51))
    assert "ix_task_closed_by" in plan
