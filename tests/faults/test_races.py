"""Many people, one task, one real engine: one wins, everybody else learns who and when."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlmodel import Session

from api import acts
from api.gateway import Gateway
from models.errors import DomainError
from models.messages.approval import Answered
from models.messages.envelope import StartEnvelope
from models.services import idempotency
from models.services.idempotency import Reservation
from models.stores.idempotency import DONE
from models.tables.cases import Decision
from models.tables.messages import IdempotencyRecord
from models.tables.organisation import Post
from models.types import Role, SeatKind, Tier, Verdict
from models.types import Stage as CaseStage
from tests.faults.requests import declaration
from tests.support import engine, world
from tests.support.engine import Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(90)]

RACERS = 50
REVIEWERS = ("svc", "sh-lead", "ops", "hq-vip", "bj-mgr")
REVIEW = (Role.BR_SVC, "BJ")


async def test_fifty_decisions_on_one_task_have_one_winner(stage: Stage) -> None:
    def more_reviewers(session: Session) -> None:
        for login in REVIEWERS[1:]:
            session.add(Post(account_id=stage.world.accounts[login], role=REVIEW[0], institution_code=REVIEW[1]))

    stage.write(more_reviewers)
    case = await stage.declare()
    await case.decide("unit")
    acts = [
        await case.decision(
            REVIEWERS[number % len(REVIEWERS)],
            Verdict.RETURN if number % 7 == 0 else Verdict.APPROVE,
            comment="同时",
            post=REVIEW,
        )
        for number in range(RACERS)
    ]
    results = await asyncio.gather(*(case.send("decide", act) for act in acts), return_exceptions=True)
    won = [act for act, result in zip(acts, results, strict=True) if isinstance(result, Answered)]
    lost = [result for result in results if isinstance(result, Refused)]
    assert (len(won), len(lost)) == (1, RACERS - 1), [repr(result) for result in results]
    (decision,) = [row for row in stage.rows(Decision) if row.step_no == 3]
    assert decision.update_id == won[0].update_id
    for refused in lost:
        assert refused.code == "already_decided"
        assert refused.context["who"] == decision.actor_name
        assert datetime.fromisoformat(refused.context["when"]) == decision.at
    assert len(stage.audited(case)) == 3
    expected = CaseStage.RETURNED if won[0].verdict is Verdict.RETURN else CaseStage.BRANCH_APPROVAL
    assert (await stage.in_step(case)).stage is expected


async def test_a_double_click_is_one_decision_with_one_answer(stage: Stage) -> None:
    case = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    act = await case.decision("unit")
    answers = await asyncio.gather(*(case.send("decide", act) for _ in range(10)))
    assert len(set(answers)) == 1
    assert stage.audited(case) == ["declare", "approve"]


@pytest.mark.parametrize("same", [True, False])
async def test_of_two_starts_under_one_id_the_second_is_answered_for_good(stage: Stage, same: bool) -> None:
    """Both were let through before either stood: the same content is one case, any other a refusal; either is kept."""
    first = _declaration(stage, "content")
    second = _declaration(stage, "content" if same else "other")
    gateway, database = Gateway(stage.client, stage.queue), stage.world.database
    assert isinstance(first.envelope, StartEnvelope)
    done = await acts.deliver(database, gateway, first)
    assert (done.status, done.case_id) == (201, first.envelope.act.case_id)
    for _ in range(2):
        if same:
            again = await acts.deliver(database, gateway, second)
            assert (again.status, again.case_id) == (200, done.case_id)
        else:
            with pytest.raises(DomainError, match="duplicate_case") as refused:
                await acts.deliver(database, gateway, second)
            assert refused.value.context == {"case_id": str(done.case_id)}
    kept = {row.id: (row.state, row.status) for row in stage.rows(IdempotencyRecord)}
    assert kept == {first.record_id: (DONE, 201), second.record_id: (DONE, 200 if same else 409)}
    assert [row.update_id for row in stage.rows(Decision)] == [first.envelope.act.update_id]


def _declaration(stage: Stage, content: str) -> Reservation:
    """A kept request to declare the same customer, under a key of its own."""
    people, now = stage.world, datetime.now(UTC)
    key = idempotency.Key(people.accounts["mgr"], str(uuid4()), "declare", content)
    with people.database.write() as session:
        return idempotency.reserve(session, key, StartEnvelope(act=declaration(people, key)), now)


CASES, RACERS_EACH, CROWD = 100, 10, 10
CHECK = (Role.UNIT_LEAD, "BJ01")


async def test_a_thousand_decisions_on_a_hundred_tasks_have_one_winner_each(stage: Stage) -> None:
    """Every loser hears who won and when; no task has a second effect, and the records say what the engine says."""
    numbers = [f"X{number:05d}" for number in range(CASES)]

    def more(session: Session) -> None:
        for login in REVIEWERS:
            session.add(Post(account_id=stage.world.accounts[login], role=CHECK[0], institution_code=CHECK[1]))
        for number in numbers:
            world.add_customer(session, number, f"客户{number}", "BJ01", 2_000_000, years=1)

    stage.write(more)
    found = [await _crowd(stage, numbers[start : start + CROWD]) for start in range(0, CASES, CROWD)]
    raced = [one for crowd in found for one in crowd]
    assert sum(len(lost) + 1 for _, (_, lost) in raced) == CASES * RACERS_EACH
    decisions = {row.case_id: row for row in stage.rows(Decision) if row.step_no == 2}
    assert len(stage.rows(Decision)) == 2 * CASES
    for case, (winner, lost) in raced:
        decision = decisions[case.case_id]
        assert decision.update_id == winner
        for refused in lost:
            assert (refused.code, refused.context["who"]) == ("already_decided", decision.actor_name)
            assert datetime.fromisoformat(refused.context["when"]) == decision.at
    for case, _ in raced[::10]:
        await stage.in_step(case)


async def _crowd(stage: Stage, numbers: list[str]) -> list[tuple[engine.Case, tuple[str, list[Refused]]]]:
    """Some cases at a time, each raced for at once: more would only wait in the worker's queue."""
    cases = await asyncio.gather(*(_declared(stage, number) for number in numbers))
    return list(zip(cases, await asyncio.gather(*(_raced(case) for case in cases)), strict=True))


async def _declared(stage: Stage, customer_no: str) -> engine.Case:
    return await engine.declare(
        stage.client, stage.world, customer_no, queue=stage.queue, late_reason="补报", seat_kind=SeatKind.SPECIAL
    )


async def _raced(case: engine.Case) -> tuple[str, list[Refused]]:
    """Everybody decides the same task at once; update id of who won, and what the others heard."""
    seen, accounts = await case.decision(REVIEWERS[0], post=CHECK), case.world.accounts
    people = [REVIEWERS[number % len(REVIEWERS)] for number in range(RACERS_EACH)]
    acts = [
        seen.model_copy(
            update={
                "update_id": f"{accounts[login]}:race-{number}",
                "actor_id": accounts[login],
                "actor_name": case.world.name(login),
            }
        )
        for number, login in enumerate(people)
    ]
    results = await asyncio.gather(*(case.send("decide", act) for act in acts), return_exceptions=True)
    won = [act.update_id for act, result in zip(acts, results, strict=True) if isinstance(result, Answered)]
    lost = [result for result in results if isinstance(result, Refused)]
    assert (len(won), len(lost)) == (1, RACERS_EACH - 1), [repr(result) for result in results]
    return won[0], lost
