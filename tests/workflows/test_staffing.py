"""Who is missing, who left meanwhile, and what happens when a deadline passes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, col, delete, select

from models.errors import ErrorCode
from models.messages.approval import NOBODY_TO_ACT
from models.messages.handing import Reassign, Transfer
from models.services.handing_over import hand_over_tasks
from models.tables.cases import Seat, Task
from models.tables.desk import TaskAlarm
from models.tables.messages import Notification
from models.tables.organisation import Account, Post
from models.types import Outcome, Role, SeatKind, TaskState, Tier, Verdict
from models.types import Stage as CaseStage
from tests.support.engine import Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]


def _without(stage: Stage, login: str) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        session.exec(delete(Post).where(col(Post.account_id) == stage.world.accounts[login]))

    return change


def _with(stage: Stage, login: str, role: Role, code: str) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        session.add(Post(account_id=stage.world.accounts[login], role=role, institution_code=code))

    return change


def _disabled(stage: Stage, login: str) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        account = session.get_one(Account, stage.world.accounts[login])
        account.disabled_at = datetime.now(UTC)
        session.add(account)

    return change


def _handed_over(stage: Stage, login: str) -> Callable[[Session], None]:
    def change(session: Session) -> None:
        account = session.get_one(Account, stage.world.accounts[login])
        hand_over_tasks(session, account, datetime.now(UTC))

    return change


def _steps(stage: Stage, state: TaskState = TaskState.OPEN) -> list[str]:
    return sorted(task.step for task in stage.rows(Task) if task.state is state)


async def test_a_level_without_a_person_opens_a_task_for_operations(stage: Stage) -> None:
    stage.write(_without(stage, "svc"))
    case = await stage.declare()
    await case.through("unit")
    assert _steps(stage) == ["branch_review", NOBODY_TO_ACT]
    state = await stage.in_step(case)
    alarm = next(task for task in state.tasks if task.step == NOBODY_TO_ACT)
    await case.decide("ops", task_id=alarm.task_id, version=alarm.version)
    assert (_steps(stage), (await case.state()).stage) == (["branch_review"], CaseStage.BRANCH_REVIEW)
    stage.write(_with(stage, "sh-lead", Role.BR_SVC, "BJ"))
    await case.decide("sh-lead", post=(Role.BR_SVC, "BJ"))
    await case.through("lead", "hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED


async def test_an_unanswered_alarm_does_not_hide_the_next_empty_level(stage: Stage) -> None:
    for login in ("svc", "lead"):
        stage.write(_without(stage, login))
    case = await stage.declare()
    await case.through("unit")
    stage.write(_with(stage, "sh-lead", Role.BR_SVC, "BJ"))
    await case.decide("sh-lead", post=(Role.BR_SVC, "BJ"))
    assert _steps(stage) == ["branch_approval", NOBODY_TO_ACT]
    assert _steps(stage, TaskState.CANCELLED) == [NOBODY_TO_ACT]


async def test_a_post_held_only_by_the_declarant_counts_as_empty(stage: Stage) -> None:
    stage.write(_without(stage, "unit"))
    stage.write(_with(stage, "mgr", Role.UNIT_LEAD, "BJ01"))
    await stage.declare()
    assert _steps(stage) == [NOBODY_TO_ACT, "unit_check"]


async def test_a_person_disabled_since_the_page_was_opened_may_not_decide(stage: Stage) -> None:
    case = await stage.declare()
    stage.write(_disabled(stage, "unit"))
    before = await stage.in_step(case)
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("unit")
    assert await stage.in_step(case) == before
    assert stage.audited(case) == ["declare"]


async def test_a_post_withdrawn_between_validator_and_record_changes_nothing(stage: Stage) -> None:
    case = await stage.declare()
    stage.write(_without(stage, "unit"))
    before = await stage.in_step(case)
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("unit")
    assert await stage.in_step(case) == before


async def test_a_deadline_that_passed_is_recorded_once(timed_stage: Stage) -> None:
    case = await timed_stage.declare()
    await timed_stage.skip(20)
    for _ in range(100):
        if "breach" in timed_stage.audited(case):
            break
        await asyncio.sleep(0.05)
    await timed_stage.skip(40)
    (task,) = timed_stage.rows(Task)
    assert task.breached_at == task.due_at
    audited = timed_stage.audited(case)
    assert (audited.count("declare"), audited.count("breach")) == (1, 1)
    keys = [alarm.key for alarm in timed_stage.rows(TaskAlarm)]
    assert len(keys) == len(set(keys)) == len(audited) - 1
    await case.through("unit")
    assert (await timed_stage.in_step(case)).stage is CaseStage.BRANCH_REVIEW


async def test_no_breach_for_a_task_closed_in_time(timed_stage: Stage) -> None:
    case = await timed_stage.declare()
    await timed_stage.skip(2)
    await case.through("unit")
    await timed_stage.skip(4)
    with timed_stage.world.database.read() as session:
        task = session.exec(select(Task).where(Task.step == "unit_check")).one()
    assert task.breached_at is None


async def test_a_returned_case_of_somebody_who_left_is_taken_up_by_the_post(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit", Verdict.RETURN, comment="补资料")
    heir = (Role.MGR, "BJ01")
    stage.write(_with(stage, "bj-mgr", *heir))
    with pytest.raises(Refused) as refused:
        await case.resubmit("bj-mgr", post=heir)
    assert refused.value.code == ErrorCode.NOT_YOUR_TASK
    stage.write(_disabled(stage, "mgr"))
    stage.write(_handed_over(stage, "mgr"))
    await case.resubmit("bj-mgr", post=heir)
    assert (await stage.in_step(case)).stage is CaseStage.UNIT_CHECK


async def test_a_named_task_of_somebody_who_left_is_for_operations_to_reassign(stage: Stage) -> None:
    case = await stage.declare()
    await case.decide("unit")
    await case.hand(Transfer, "svc", to=case.target("sh-lead"))
    stage.write(_disabled(stage, "sh-lead"))
    for _ in range(2):
        stage.write(_handed_over(stage, "sh-lead"))
    (row,) = [task for task in stage.rows(Task) if task.state is TaskState.OPEN]
    assert row.assignee_id == stage.world.accounts["sh-lead"], "the post would see what the workflow refuses to it"
    told = [note for note in stage.rows(Notification) if note.template == NOBODY_TO_ACT]
    assert [(note.account_id, note.task_id) for note in told] == [(stage.world.accounts["ops"], row.id)]
    with pytest.raises(Refused, match="not_your_task"):
        await case.decide("svc")
    await case.hand(Reassign, "ops", to=case.target("lead"), comment="徐主任离职")
    await case.decide("lead")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_APPROVAL


async def test_a_claim_of_somebody_who_left_goes_back_to_the_queue(stage: Stage) -> None:
    case = await stage.declare()
    stage.write(_with(stage, "sh-lead", Role.UNIT_LEAD, "BJ01"))

    def claim(session: Session) -> None:
        row = session.exec(select(Task)).one()
        row.state, row.claimed_at = TaskState.CLAIMED, datetime.now(UTC)
        row.assignee_id = stage.world.accounts["sh-lead"]

    stage.write(claim)
    stage.write(_disabled(stage, "sh-lead"))
    stage.write(_handed_over(stage, "sh-lead"))
    (row,) = stage.rows(Task)
    assert (row.state, row.assignee_id, row.claimed_at) == (TaskState.OPEN, None, None)
    await case.decide("unit")
    assert (await stage.in_step(case)).stage is CaseStage.BRANCH_REVIEW


async def test_a_silver_vip_that_becomes_gold_gives_its_silver_seat_back(stage: Stage) -> None:
    silver = await stage.declare(tier=Tier.SILVER, seat_kind=SeatKind.SILVER)
    await silver.through("unit", "svc", "lead")
    assert [seat.tier for seat in stage.rows(Seat)] == [Tier.SILVER]
    gold = await stage.declare(attempt=2)
    await gold.through("unit", "svc", "lead", "hq-vip", "hq-lead")
    assert [seat.tier for seat in stage.rows(Seat)] == [Tier.GOLD]
