"""Who may act on a request by the tables: withdrawn posts, claims, stand-ins; two at once, and what was redelivered."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from models.database import Database
from models.errors import ErrorCode
from models.messages.handing import Target
from models.messages.service_acts import (
    AcceptService,
    AssignService,
)
from models.services.approval.diverged import RecordDivergedError
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.cases import Decision, Task
from models.tables.desk import StandIn
from models.tables.organisation import Account, Post
from models.types import Door, Role, Stage, TaskState
from tests.support import serving, world
from tests.support.served_rows import HOUR, case_of, recorded_step, refused, task_of
from tests.support.serving import COUNTER, RECEIVED, counter, opened, request
from tests.support.world import World

RACERS, THREADS = 50, 8


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer with somebody at the counter of its branch."""
    return serving.with_counter(world.build(database))


def test_a_redelivered_step_changes_nothing_and_another_s_gets_what_stands(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    before = found.state
    first = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    other = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    recorded = recorded_step(insurer, first)
    assert recorded_step(insurer, first) == recorded
    adopted = recorded_step(insurer, other)
    assert (adopted.adopted, adopted.state, adopted.update_id) == (True, recorded.state, first.act.update_id)
    with insurer.database.read() as session:
        assert len(session.exec(select(Decision)).all()) == 2
        assert case_of(session, found).version == before.version + 1


def test_a_record_ahead_of_its_workflow_is_an_incident(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    message = found.message(AcceptService, RECEIVED, **counter(insurer))
    with insurer.database.write() as session:
        case = case_of(session, found)
        case.version += 1
        session.add(case)
    with pytest.raises(RecordDivergedError):
        recorded_step(insurer, message)


def test_fifty_who_accept_at_once_have_one_winner(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    messages = [found.message(AcceptService, RECEIVED + HOUR, **counter(insurer)) for _ in range(RACERS)]
    together = Barrier(THREADS)

    def race(number: int) -> bool:
        if number < THREADS:
            together.wait()
        while True:
            try:
                return recorded_step(insurer, messages[number]).adopted
            except OperationalError:  # SQLite serves waiting writers in no order; the engine delivers again
                continue

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(race, range(RACERS)))
    assert (results.count(False), results.count(True)) == (1, RACERS - 1)
    with insurer.database.read() as session:
        assert len(session.exec(select(Decision)).all()) == 2
        assert len(session.exec(select(Task)).all()) == 2


def test_a_post_that_was_withdrawn_and_a_person_who_left_act_no_more(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    accept = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    with insurer.database.write() as session:
        post = session.exec(select(Post).where(Post.account_id == insurer.accounts[COUNTER])).one()
        session.delete(post)
    refused(ErrorCode.NOT_YOUR_TASK, lambda: recorded_step(insurer, accept))
    with insurer.database.write() as session:
        session.add(Post(account_id=insurer.accounts[COUNTER], role=Role.BR_CTR, institution_code="BJ"))
        account = session.get(Account, insurer.accounts[COUNTER])
        assert account is not None
        account.disabled_at = RECEIVED
        session.add(account)
    refused(ErrorCode.NOT_YOUR_TASK, lambda: recorded_step(insurer, accept))
    with insurer.database.read() as session:
        assert case_of(session, found).stage is Stage.RECEIVED


def test_a_claim_keeps_colleagues_away_but_not_the_lead(insurer: World) -> None:
    serving.with_counter(insurer, "ctr2", "许柜面")
    found = opened(insurer, request(insurer))
    with insurer.database.write() as session:
        task = TaskStore(session).get(found.state.tasks[0].task_id)
        assert task is not None
        task.state, task.assignee_id, task.claimed_at = TaskState.CLAIMED, insurer.accounts["ctr2"], RECEIVED
        session.add(task)
    accept = found.message(AcceptService, RECEIVED + HOUR, **counter(insurer))
    assert refused(ErrorCode.ALREADY_CLAIMED, lambda: recorded_step(insurer, accept))["who"] == "许柜面"
    lead = serving.actor(insurer, "lead", (Role.BR_LEAD, "BJ"))
    to = Target(account_id=insurer.accounts[COUNTER], name="何柜面", authorised=True)
    found.act(AssignService, RECEIVED + HOUR, **lead, to=to)
    assert found.state.handler_id == task_of(found).assignee_id == insurer.accounts[COUNTER]


def test_nobody_is_given_a_request_who_may_not_work_on_it(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    lead = serving.actor(insurer, "lead", (Role.BR_LEAD, "BJ"))
    to = Target(account_id=insurer.accounts["sh-lead"], name="郑华", authorised=True)
    refused(
        ErrorCode.BAD_TRANSFER_TARGET,
        lambda: found.act(AssignService, RECEIVED + HOUR, **lead, to=to),
    )


def test_a_stand_in_accepts_for_the_counter_even_what_it_took_in_itself(insurer: World) -> None:
    taker = serving.actor(insurer, "svc", (Role.BR_SVC, "BJ"))
    found = opened(insurer, request(insurer, **taker))
    acting = {**taker, "on_behalf_of": insurer.accounts[COUNTER], "on_behalf_of_name": "何柜面"}
    acting |= {"door": Door.STAND_IN, "posts": counter(insurer)["posts"]}
    accept = found.message(AcceptService, RECEIVED + HOUR, **acting)
    refused(ErrorCode.NOT_YOUR_TASK, lambda: recorded_step(insurer, accept))
    with insurer.database.write() as session:
        session.add(
            StandIn(
                principal_id=insurer.accounts[COUNTER],
                stand_in_id=insurer.accounts["svc"],
                starts_at=RECEIVED - HOUR,
                ends_at=RECEIVED + 8 * HOUR,
                created_by=insurer.accounts[COUNTER],
                created_at=RECEIVED - HOUR,
            )
        )
    assert recorded_step(insurer, accept).state.handler_id == insurer.accounts[COUNTER]
    with insurer.database.read() as session:
        row = CaseStore(session).decisions(found.state.case_id)[-1]
        assert (row.actor_id, row.on_behalf_of) == (insurer.accounts["svc"], insurer.accounts[COUNTER])
