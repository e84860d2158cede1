"""The records know a decision that the workflow does not: what a crash of worker and engine leaves behind."""

import pytest

from models.messages.approval import ApprovalState, Decide
from models.messages.qualification import RecordStep
from models.rules import approval
from models.services.approval import steps
from models.tables.cases import Decision
from models.tables.columns import new_id
from models.types import Outcome, Role, Verdict
from models.types import Stage as CaseStage
from tests.support.engine import Case, Refused
from tests.support.stage import Stage
from tests.support.waiting_cases import AT

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


def _recorded_behind_its_back(stage: Stage, case: Case, state: ApprovalState, act: Decide) -> ApprovalState:
    """Record the unit's approval as the activity does, with the next task, and tell the workflow nothing."""
    after = approval.decide(state, act, AT)
    following = state.tasks[0].model_copy(
        update={"task_id": new_id(), "step": "branch_review", "role": Role.BR_SVC, "institution_code": "BJ"}
    )
    after = after.model_copy(update={"tasks": (following,)})
    message = RecordStep(workflow_id=case.handle.id, before=state, after=after, act=act, at=AT)
    with stage.world.database.write() as session:
        return steps.record_step(session, message).state


async def test_a_standing_decision_is_adopted_and_its_own_request_answered(stage: Stage) -> None:
    case = await stage.declare()
    state, first = await case.state(), await case.decision("unit", key="first")
    recorded = _recorded_behind_its_back(stage, case, state, first)
    other = await case.decision("unit", Verdict.RETURN, comment="另一个点击", key="second")
    with pytest.raises(Refused, match="already_decided") as refused:
        await case.send("decide", other)
    assert refused.value.context == {"who": "李建国", "when": AT.isoformat(), "verb": "approve"}
    assert await stage.in_step(case) == recorded
    answer = await case.send("decide", first)
    assert (answer.stage, answer.version) == (CaseStage.BRANCH_REVIEW, 2)
    assert len(stage.rows(Decision)) == 2
    await case.through("svc", "lead", "hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED


async def test_its_own_request_sent_again_finds_the_standing_decision(stage: Stage) -> None:
    case = await stage.declare()
    state, act = await case.state(), await case.decision("unit", key="once")
    _recorded_behind_its_back(stage, case, state, act)
    answer = await case.send("decide", act)
    assert answer.stage is CaseStage.BRANCH_REVIEW
    assert stage.audited(case) == ["declare", "approve"]
    await stage.in_step(case)


async def test_a_start_that_the_engine_forgot_carries_on_with_the_case_that_stands(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit", "svc")
    before = await stage.in_step(case)
    await case.handle.terminate()
    again = await stage.declare()
    assert again.case_id == case.case_id
    assert await stage.in_step(again) == before
    await again.through("lead", "hq-vip", "hq-lead")
    assert await again.handle.result() is Outcome.APPROVED
