"""Disabling hands tasks over; posts and accounts in the records."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.accounts import add_post, disable, empty_posts
from models.services.by import By
from models.stores.accounts import AccountStore
from models.stores.scope import EVERYTHING, Scope
from models.tables.cases import Task
from models.types import Door, Role, TaskState
from tests.stores.conftest import copy_of
from tests.support import matrix_world as world

NOW = datetime(2026, 2, 4, 2, 0, tzinfo=UTC)
ADMIN = By("admin", Door.PAGE)


@pytest.fixture(scope="module")
def whole(lasting_database: Database) -> Database:
    """The records with the matrix world."""
    with lasting_database.write() as session:
        world.build(session)
    return lasting_database


@pytest.fixture
def filled(whole: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A copy of them."""
    yield from copy_of(whole, tmp_path, request)


def _claim(session: Session, place: str, login: str) -> Task:
    account = AccountStore(session).by_login(login)
    task = session.get(Task, world.task_id(session, place))
    assert account is not None
    assert task is not None
    task.assignee_id, task.state = account.id, TaskState.CLAIMED
    session.add(task)
    session.flush()
    return task


def test_open_tasks_go_back_to_their_post(filled: Database) -> None:
    with filled.write() as session:
        task = _claim(session, "NO1", "m-unit-lead")
        account = AccountStore(session).by_login("m-unit-lead")
        assert account is not None
        done = disable(session, account, by=ADMIN, now=NOW)
        session.refresh(task)
        assert (task.assignee_id, task.state) == (None, TaskState.OPEN)
    assert done.tasks_released == 1
    assert done.nobody_left == (("NO1", Role.UNIT_LEAD),), "nobody else holds the post"


def test_closed_tasks_keep_who_did_them(filled: Database) -> None:
    with filled.write() as session:
        task = _claim(session, "NO1", "m-unit-lead")
        task.state, task.closed_by, task.closed_at = TaskState.DONE, task.assignee_id, NOW
        session.add(task)
        account = AccountStore(session).by_login("m-unit-lead")
        assert account is not None
        assert disable(session, account, by=ADMIN, now=NOW).tasks_released == 0
        session.refresh(task)
        assert task.assignee_id == task.closed_by == account.id


def test_disabling_twice_keeps_the_first_time(filled: Database) -> None:
    with filled.write() as session:
        account = AccountStore(session).by_login("m-mgr")
        assert account is not None
        disable(session, account, by=ADMIN, now=NOW)
        disable(session, account, by=ADMIN, now=datetime(2026, 3, 1, tzinfo=UTC))
        assert account.disabled_at == NOW


def test_a_disabled_person_leaves_the_post_empty(filled: Database) -> None:
    scope = Scope(("/HQ/SO/SO1/",))
    with filled.write() as session:
        account = AccountStore(session).by_login("p-so1")
        assert account is not None
        assert [post.role for post in empty_posts(session, scope)] == [Role.UNIT_LEAD]
        disable(session, account, by=ADMIN, now=NOW)
        assert {post.role for post in empty_posts(session, scope)} == {Role.UNIT_LEAD, Role.MGR}


@pytest.mark.parametrize(
    ("role", "place"), [(Role.HQ_VIP, "NO"), (Role.BR_SVC, "HQ"), (Role.UNIT_LEAD, "NO"), (Role.SEC_ADMIN, "NO1")]
)
def test_a_post_exists_at_its_level_only(filled: Database, role: Role, place: str) -> None:
    with filled.write() as session:
        account = AccountStore(session).by_login("p-no2")
        assert account is not None
        with pytest.raises(DomainError) as refused:
            add_post(session, account, role, place, by=ADMIN, now=NOW)
    assert refused.value.code is ErrorCode.INVALID_INPUT


def test_people_are_read_within_a_scope(filled: Database) -> None:
    with filled.read() as session:
        store = AccountStore(session)
        assert store.in_scope("p-so1", Scope(("/HQ/NO/",))) is None
        assert store.in_scope("p-so1", EVERYTHING) is not None
        everybody = [account.login for account in store.page(EVERYTHING, after=None, limit=100)]
        paged: list[str] = []
        while len(page := store.page(EVERYTHING, after=paged[-1] if paged else None, limit=4)):
            paged += [account.login for account in page]
        open_tasks = session.exec(select(Task).where(col(Task.assignee_id).is_not(None))).all()
    assert paged == everybody
    assert open_tasks == []
