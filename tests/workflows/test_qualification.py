"""Every outcome of a qualification on a real engine, with the real records behind it."""

from decimal import Decimal

import pytest

from models.messages.scoring import CorrectedField, Correction
from models.tables.cases import Decision, Membership, Seat, Task
from models.types import Outcome, SeatKind, TaskState, Tier, Verdict
from models.types import Stage as CaseStage
from tests.support import world
from tests.support.engine import Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]

TO_BRANCH = ("unit", "svc", "lead")
TO_GOLD = (*TO_BRANCH, "hq-vip", "hq-lead")


async def test_gold_takes_every_level_and_a_seat(stage: Stage) -> None:
    case = await stage.declare()
    await case.through(*TO_GOLD)
    assert await case.handle.result() is Outcome.APPROVED
    row, (membership,), (seat,) = stage.record(case), stage.rows(Membership), stage.rows(Seat)
    assert (row.stage, row.outcome, row.open_key) == (CaseStage.ACTIVE, Outcome.APPROVED, None)
    assert (membership.valid_from.isoformat(), membership.valid_to.isoformat()) == ("2026-03-01", "2027-02-28")
    assert (seat.tier, seat.seat_kind, seat.scope_code, seat.seat_no) == (Tier.GOLD, SeatKind.RANKED, "HQ", 1)
    assert [task.state for task in stage.rows(Task)] == [TaskState.DONE] * 5
    assert membership.club_contact_id is not None
    assert stage.audited(case)[:6] == ["declare", *["approve"] * 5]


async def test_silver_is_final_at_the_branch(stage: Stage) -> None:
    case = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    await case.through(*TO_BRANCH)
    assert await case.handle.result() is Outcome.APPROVED
    (seat,), (membership,) = stage.rows(Seat), stage.rows(Membership)
    assert (seat.tier, seat.scope_code) == (Tier.SILVER, "BJ")
    assert membership.club_contact_id is None


async def test_gold_falls_to_silver_in_the_same_act(stage: Stage) -> None:
    case = await stage.declare()
    await case.through(*TO_GOLD[:-1])
    answer = await case.decide("hq-lead", approve_as=Tier.SILVER)
    assert answer.outcome is Outcome.APPROVED
    row, (seat,) = stage.record(case), stage.rows(Seat)
    assert (row.tier, row.tier_applied, row.seat_kind) == (Tier.SILVER, Tier.GOLD, SeatKind.SILVER)
    assert (seat.tier, seat.seat_kind, seat.scope_code) == (Tier.SILVER, SeatKind.SILVER, "BJ")


async def test_only_head_office_lets_gold_fall_to_silver(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit", "svc")
    with pytest.raises(Refused, match="wrong_stage"):
        await case.decide("lead", approve_as=Tier.SILVER)


@pytest.mark.parametrize("before", [1, 2, 3, 4])
async def test_rejected_from_branch_review_on(stage: Stage, before: int) -> None:
    case = await stage.declare()
    await case.through(*TO_GOLD[:before])
    with pytest.raises(Refused, match="reason_required"):
        await case.decide(TO_GOLD[before], Verdict.REJECT)
    await case.decide(TO_GOLD[before], Verdict.REJECT, comment="材料不实")
    assert await case.handle.result() is Outcome.REJECTED
    row = stage.record(case)
    assert (row.stage, row.open_key) == (CaseStage.REJECTED, None)
    assert (stage.rows(Seat), stage.rows(Membership)) == ([], [])


async def test_the_unit_check_cannot_reject(stage: Stage) -> None:
    case = await stage.declare()
    with pytest.raises(Refused, match="wrong_stage"):
        await case.decide("unit", Verdict.REJECT, comment="不同意")


async def test_returned_to_the_declarant_resubmitted_and_gold(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit")
    await case.decide("svc", Verdict.RETURN, comment="缺少盖章")
    state = await stage.in_step(case)
    assert (state.stage, state.round) == (CaseStage.RETURNED, 2)
    assert [(task.step, task.assignee_id) for task in state.tasks] == [("declared", stage.world.accounts["mgr"])]
    with pytest.raises(Refused, match="not_allowed"):
        await case.resubmit("unit")
    await case.resubmit(changed=("facts",))
    await case.through(*TO_GOLD)
    assert await case.handle.result() is Outcome.APPROVED
    decisions = stage.rows(Decision)
    assert sorted(decision.step_no for decision in decisions) == list(range(1, 10))
    assert {decision.round for decision in decisions} == {1, 2}


async def test_returned_to_an_earlier_step(stage: Stage) -> None:
    case = await stage.declare()
    await case.through(*TO_BRANCH)
    await case.decide("hq-vip", Verdict.RETURN, comment="请分公司补充", return_to=CaseStage.BRANCH_REVIEW)
    state = await stage.in_step(case)
    assert (state.stage, state.round, state.tasks[0].institution_code) == (CaseStage.BRANCH_REVIEW, 2, "BJ")
    with pytest.raises(Refused, match="wrong_stage"):
        await case.decide("svc", Verdict.RETURN, comment="x", return_to=CaseStage.HQ_REVIEW)
    await case.through("svc", "lead", "hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED


async def test_rounds_are_bounded(stage: Stage) -> None:
    case = await stage.declare()
    for _ in range(4):
        await case.decide("unit", Verdict.RETURN, comment="再改")
        await case.resubmit()
    with pytest.raises(Refused, match="too_many_rounds") as refused:
        await case.decide("unit", Verdict.RETURN, comment="再改")
    assert refused.value.context == {"max": 5}
    await case.through("unit")


async def test_withdrawn_before_branch_approval(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit")
    task = (await case.state()).tasks[0]
    await case.withdraw()
    assert await case.handle.result() is Outcome.WITHDRAWN
    closed = {row.id: row for row in stage.rows(Task)}[task.task_id]
    assert (closed.state, closed.closed_by) == (TaskState.CANCELLED, None)


async def test_too_late_to_withdraw_once_branch_approval_opened(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit", "svc")
    with pytest.raises(Refused, match="too_late_to_withdraw"):
        await case.withdraw()
    with pytest.raises(Refused, match="not_allowed"):
        await case.withdraw("unit")


async def test_a_special_declaration_goes_to_head_office_whatever_its_value(stage: Stage) -> None:
    case = await stage.declare(world.SMALL, Tier.SILVER, SeatKind.SPECIAL)
    await case.through(*TO_BRANCH)
    assert (await case.state()).stage is CaseStage.HQ_REVIEW
    await case.through("hq-vip", "hq-lead")
    (seat,) = stage.rows(Seat)
    assert (seat.tier, seat.seat_kind) == (Tier.SILVER, SeatKind.SPECIAL)


async def test_a_level_the_institution_lacks_is_skipped_and_shown(stage: Stage) -> None:
    case = await stage.declare(world.BRANCH_OWNED, login="bj-mgr")
    state = await stage.in_step(case)
    assert state.stage is CaseStage.BRANCH_REVIEW
    assert [step.stage for step in state.route if step.institution_code is None] == [CaseStage.UNIT_CHECK]
    await case.through(*TO_GOLD[1:])
    assert await case.handle.result() is Outcome.APPROVED


async def test_the_declarant_never_decides_its_own_case(stage: Stage) -> None:
    case = await stage.declare()
    with pytest.raises(Refused, match="own_case"):
        await case.decide("mgr", post=stage.world.post("unit"))


async def test_nobody_takes_two_consecutive_steps(stage: Stage) -> None:
    case = await stage.declare()
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("svc")
    await case.through("unit")
    with pytest.raises(Refused, match="consecutive_step"):
        await case.decide("unit", post=stage.world.post("svc"))


async def test_a_correction_recomputes_the_score_and_makes_older_looks_stale(stage: Stage) -> None:
    case = await stage.declare()
    customer_no, declared = stage.world.customer(world.GOLD), stage.record(case).value
    seen = (await case.state()).tasks[0]
    fact = Correction(
        policy_no=f"{customer_no}-{world.YEAR}",
        year=world.YEAR,
        field=CorrectedField.PREMIUM_RECEIVED,
        value=Decimal(1_900_000),
    )
    await case.correct("unit", (fact,))
    state = await stage.in_step(case)
    assert (state.tasks[0].task_id, state.tasks[0].version) == (seen.task_id, seen.version + 1)
    assert stage.record(case).value < declared
    (row,) = stage.rows(Task)
    assert row.version == seen.version + 1
    with pytest.raises(Refused, match="stale_version"):
        await case.decide("unit", version=seen.version)
    await case.through("unit")


async def test_a_value_corrected_below_the_entry_value_cannot_be_approved(stage: Stage) -> None:
    case = await stage.declare(world.SILVER, Tier.SILVER, SeatKind.SILVER)
    fact = Correction(
        policy_no=f"{stage.world.customer(world.SILVER)}-{world.YEAR}",
        year=world.YEAR,
        field=CorrectedField.PREMIUM_RECEIVED,
        value=Decimal(1000),
    )
    await case.correct("unit", (fact,))
    await case.through("unit", "svc")
    with pytest.raises(Refused, match="not_eligible"):
        await case.decide("lead")
    assert stage.rows(Seat) == []
    await case.decide("lead", Verdict.REJECT, comment="核减后未达准入线")
    assert await case.handle.result() is Outcome.REJECTED


async def test_a_late_declaration_needs_a_reason(stage: Stage) -> None:
    with pytest.raises(Refused, match="reason_required"):
        await stage.declare(late_reason=None)
    await stage.declare()


async def test_not_eligible_below_the_entry_value(stage: Stage) -> None:
    with pytest.raises(Refused, match="not_eligible"):
        await stage.declare(world.SMALL)


async def test_one_open_case_per_customer_and_year(stage: Stage) -> None:
    first = await stage.declare()
    with pytest.raises(Refused, match="duplicate_case"):
        await stage.declare(attempt=2)
    again = await stage.declare()
    assert again.case_id == first.case_id


async def test_declared_again_after_a_rejection(stage: Stage) -> None:
    case = await stage.declare()
    await case.through("unit")
    await case.decide("svc", Verdict.REJECT, comment="资料不全")
    await case.handle.result()
    again = await stage.declare(attempt=2)
    await again.through(*TO_GOLD)
    assert await again.handle.result() is Outcome.APPROVED
    with pytest.raises(Refused, match="duplicate_case"):
        await stage.declare(attempt=3, tier=Tier.SILVER, seat_kind=SeatKind.SILVER)
