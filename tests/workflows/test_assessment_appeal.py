"""申诉 against an assessment on a real engine: upheld it makes the next version, rejected the result stands."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlmodel import Session

from models.messages.assessment import DEDUCTION
from models.services.assessment import keeping
from models.services.assessment.appeals import ASSESSMENT_APPEAL
from models.services.assessment.keeping import kept_of
from models.services.assessment.reckoning import Place
from models.services.desk.acting import Actor
from models.stores.assessment import AssessmentStore
from models.stores.scope import EVERYTHING
from models.tables.assessment import AssessmentAppeal, AssessmentResult
from models.types import Door, Outcome, Verdict
from tests.support.assessed import CUSTOMERS, YEAR, fill
from tests.support.engine import Case, Refused, start_lone
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
ITEM = "on_time_rate"


@pytest.fixture
def confirmed(stage: Stage) -> AssessmentResult:
    """The year of a branch, confirmed by head office just now."""
    built, now = stage.world, datetime.now(UTC)
    with built.database.write() as session:
        fill(session, 11, customers=tuple(built.customer(alias) for alias in CUSTOMERS))
        actor = Actor(built.accounts["hq-vip"], "孙倩", Door.API, now)
        keeping.keep_again(session, Place(YEAR, "BJ", EVERYTHING), actor, "年度计分")
        return keeping.confirm(session, YEAR, "BJ", 1, actor)


_ATTEMPTS = count(1)
"""Worlds of other tests share the engine, and the branch has one name in all of them."""


async def appeal(stage: Stage, item: str, asked: str, *, login: str = "lead") -> Case:
    facts = {"item": item, "asked": asked}
    case = await start_lone(
        stage.client,
        stage.world,
        "BJ",
        ASSESSMENT_APPEAL,
        queue=stage.queue,
        login=login,
        attempt=next(_ATTEMPTS),
        facts=facts,
    )
    stage.cases.append(case)
    return case


def versions(stage: Stage) -> list[AssessmentResult]:
    with stage.world.database.read() as session:
        return AssessmentStore(session).versions(YEAR, "BJ", "year")


async def test_an_appeal_upheld_makes_the_next_version_and_the_old_one_stays(
    stage: Stage, confirmed: AssessmentResult
) -> None:
    case = await appeal(stage, ITEM, "95")
    await case.through("hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED
    second, first = versions(stage)
    assert (first.total, first.digest) == (confirmed.total, confirmed.digest)
    assert (second.version, second.case_id, second.facts_id) == (2, case.case_id, first.id)
    assert (second.confirmed_by_name, second.appeals_until) == ("周立", first.appeals_until)
    score = kept_of(second).assessed.indicator(ITEM)
    assert (score.actual, score.corrected, score.points) == (Decimal(95), True, score.weight)
    assert second.total is not None
    assert first.total is not None
    assert second.total > first.total
    (row,) = stage.rows(AssessmentAppeal)
    assert (row.item, row.new, row.upheld_at is None, row.rejected_at) == (ITEM, Decimal(95), False, None)


async def test_an_appeal_that_is_rejected_changes_nothing_and_is_not_made_twice(
    stage: Stage, confirmed: AssessmentResult
) -> None:
    case = await appeal(stage, DEDUCTION, "0")
    await case.decide("hq-vip", Verdict.REJECT, comment="事实清楚")
    assert await case.handle.result() is Outcome.REJECTED
    assert [row.digest for row in versions(stage)] == [confirmed.digest]
    (row,) = stage.rows(AssessmentAppeal)
    assert (row.upheld_at, row.rejected_at is None) == (None, False)
    with pytest.raises(Refused, match="duplicate_case"):
        await appeal(stage, DEDUCTION, "0")


@pytest.mark.usefixtures("confirmed")
@pytest.mark.parametrize(
    ("item", "asked", "code"),
    [
        (ITEM, "1", "invalid_input"),
        (ITEM, "101", "invalid_input"),
        (ITEM, "NaN", "invalid_input"),
        (ITEM, "1e30", "invalid_input"),
        (DEDUCTION, "11", "invalid_input"),
        ("satisfaction_score", "99", "invalid_input"),
        ("weather", "99", "invalid_input"),
    ],
    ids=["worse", "above hundred", "no number", "beyond reckoning", "more deduction", "without a case", "unknown"],
)
async def test_only_something_better_that_stands_can_be_asked_for(
    stage: Stage, item: str, asked: str, code: str
) -> None:
    with pytest.raises(Refused, match=code):
        await appeal(stage, item, asked)


@pytest.mark.usefixtures("confirmed")
async def test_nobody_appeals_for_another_branch_or_without_the_post(stage: Stage) -> None:
    for login in ("sh-lead", "mgr"):
        with pytest.raises(Refused, match="not_allowed"):
            await appeal(stage, ITEM, "95", login=login)


async def test_behind_the_window_there_is_no_appeal(stage: Stage, confirmed: AssessmentResult) -> None:
    def close(session: Session) -> None:
        row = session.get(AssessmentResult, confirmed.id)
        assert row is not None
        row.appeals_until = datetime.now(UTC) - timedelta(minutes=1)
        session.add(row)

    stage.write(close)
    with pytest.raises(Refused, match="appeals_closed"):
        await appeal(stage, ITEM, "95")
