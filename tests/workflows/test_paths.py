"""A sample of the random paths of the rule tests, walked again on a real engine with the real records.

The paper desk of the rule tests and the engine must stand alike after every single act: same seats asked, same holders,
same versions, same book.
"""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlmodel import Session

from models.messages.approval import NOBODY_TO_ACT, ActName, ApprovalState, PastAct, PostRef, Signer
from models.messages.handing import ChainAct
from models.messages.scoring import CorrectedField, Correction
from models.tables.desk import StandIn
from models.tables.organisation import Account, Post
from models.types import Door, Role, SignerRule
from models.types import Stage as CaseStage
from tests.rules.calendars import published_calendar
from tests.support import rules
from tests.support.approval_paths import PaperDesk, Person, Population, Seats, act_of, random_path
from tests.support.engine import Case
from tests.support.stage import Stage
from tests.support.world import STAFF, YEAR, add_customer

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]

SEEDS = (193, 167, 328, 173, 197, 395, 5, 9)
"""Paths that together know every act, a stand-in, an override, a kept sign-off and every end."""
LENGTH = 10
MORE_STAFF = (
    ("unit2", "BJ01", Role.UNIT_LEAD),
    ("svc2", "BJ", Role.BR_SVC),
    ("lead2", "BJ", Role.BR_LEAD),
    ("vip2", "HQ", Role.HQ_VIP),
)
STAND_INS = (("svc", "svc2"), ("lead", "lead2"))
REVIEW = ({"role": "BR_SVC"}, {"login": "sh-lead"}, {"login": "bj-mgr"})
APPROVAL = ({"login": "lead"}, {"login": "hq-vip"})


def _hire(session: Session, login: str, code: str, role: Role) -> UUID:
    account = Account(login=login, name=login, institution_code=code, created_at=datetime.now(UTC))
    session.add(account)
    session.flush()
    session.add(Post(account_id=account.id, role=role, institution_code=code))
    return account.id


def _staffed(stage: Stage) -> Population:
    """The staff of the world with second holders, two of whom stand in for the first."""
    ids = stage.world.accounts
    posts = {login: PostRef(role=role, institution_code=code) for login, _, code, role in STAFF}
    with stage.world.database.write() as session:
        for login, code, role in MORE_STAFF:
            ids[login] = _hire(session, login, code, role)
            posts[login] = PostRef(role=role, institution_code=code)
        start, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
        for principal, who in STAND_INS:
            own = ids[principal]
            row = StandIn(
                principal_id=own, stand_in_id=ids[who], starts_at=start, ends_at=end, created_by=own, created_at=start
            )
            session.add(row)
    people = {login: Person(login, ids[login], (post,)) for login, post in posts.items()}
    return Population(people, "mgr", STAND_INS)


def _plans(ids: dict[str, UUID]) -> dict[CaseStage, Seats]:
    """On paper what `REVIEW` and `APPROVAL` mean at the branch."""
    post = Signer(signer_id="1", role=Role.BR_SVC, institution_code="BJ")

    def person(number: int, login: str) -> Signer:
        return Signer(signer_id=str(number), institution_code="BJ", account_id=ids[login], name=login)

    review = (post, person(2, "sh-lead"), person(3, "bj-mgr"))
    approval = (person(1, "lead"), person(2, "hq-vip"))
    return {
        CaseStage.BRANCH_REVIEW: Seats(SignerRule.QUORUM, review, needed=2),
        CaseStage.BRANCH_APPROVAL: Seats(SignerRule.SEQUENTIAL, approval),
    }


def _looks(state: ApprovalState) -> dict[str, Any]:
    """What both must agree on: all but ids and instants, and the companion that only the records open."""
    tasks = [task for task in state.tasks if task.step != NOBODY_TO_ACT]
    return {
        "place": (state.stage, state.round, state.version, state.step_no, state.outcome, state.tier),
        "undo": state.undo is not None,
        "tasks": sorted(
            (task.step, task.signer_id, str(task.assignee_id), str(task.delegate_id), task.waiting, task.version)
            for task in tasks
        ),
        "signed": [(one.signer_id, one.actor_id, one.verdict) for one in (state.step.sign_offs if state.step else ())],
        "passed": [(one.stage, one.round, one.kept, len(one.sign_offs)) for one in state.passed],
        "book": [
            (past.act, past.stage, past.round, past.actor_id, past.on_behalf_of, past.door, past.verdict, past.to_name)
            for past in state.acts
        ],
    }


async def _send(case: Case, act: ChainAct) -> None:
    named = {"decide", "correct", "resubmit", "withdraw"}
    await case.send(act.kind if act.kind in named else "act", act)


async def test_random_paths_stand_alike_on_paper_and_on_the_engine(stage: Stage) -> None:
    population = _staffed(stage)
    rules.put_in_force(
        stage.world.database,
        rules.step(CaseStage.UNIT_CHECK, looks_at=("reason",)),
        rules.step(CaseStage.BRANCH_REVIEW, rule=SignerRule.QUORUM, needed=2, signers=REVIEW),
        rules.step(CaseStage.BRANCH_APPROVAL, rule=SignerRule.SEQUENTIAL, signers=APPROVAL),
    )
    with stage.world.database.write() as session:
        for number in range(len(SEEDS)):
            add_customer(session, stage.world.customer(f"C00000{50 + number}"), f"第{number}号公司", "BJ01", 2_000_000)
    book: list[PastAct] = []
    for number, seed in enumerate(SEEDS):
        alias = f"C00000{50 + number}"
        policy_no = f"{stage.world.customer(alias)}-{YEAR}"
        fact = Correction(
            policy_no=policy_no, year=YEAR, field=CorrectedField.PREMIUM_RECEIVED, value=Decimal(2_000_001)
        )
        case = await stage.declare(alias)
        book += (await _walk(stage, case, population, fact, seed)).acts
    assert {past.act for past in book} == {*get_args(ActName)} - {"acknowledge", "terminate"}
    assert {Door.API, Door.OVERRIDE, Door.STAND_IN} <= {past.door for past in book}


async def _walk(stage: Stage, case: Case, population: Population, fact: Correction, seed: int) -> ApprovalState:
    state = await stage.in_step(case)
    now = datetime(2026, 1, 12, 2, tzinfo=UTC)
    desk = PaperDesk(state, population, _plans(stage.world.accounts), published_calendar(2026), now, (fact,))
    done = []
    for number, move in enumerate(random_path(desk, Random(seed), LENGTH)):
        key = f"{population.people[move.who].account_id}:{seed}-{number}"
        act = act_of(move, state, population, key, (fact,))
        assert act is not None
        done.append(move)
        await _send(case, act)
        state = await stage.in_step(case)
        assert _looks(state) == _looks(desk.state), done
    assert state.outcome is not None
    return state
