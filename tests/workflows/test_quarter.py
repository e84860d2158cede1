"""The close of a quarter on a real engine: freeze, prepare, check, publish; twice, late, returned, reminded."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.service import RPCError

from models.errors import DomainError
from models.messages.handing import TakeBack
from models.rules.calendar import local_date
from models.rules.quarter import Quarter
from models.services.by import By
from models.services.quarter.writing import save_problems
from models.stores.quarter import QuarterStore
from models.tables.cases import Task
from models.tables.desk import TaskAlarm
from models.tables.organisation import Post
from models.tables.quarter import QuarterLine, QuarterSummary
from models.types import AlarmKind, Door, Outcome, Role, Verdict
from models.types import Stage as CaseStage
from tests.support import quarters, world
from tests.support.engine import Case, Refused
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(90)]


async def _frozen(stage: Stage, *, login: str = "") -> tuple[Case, Quarter]:
    quarter = quarters.last_quarter()
    stage.write(lambda session: quarters.fill(session, stage.world, quarter))
    return await _close(stage, quarter, login=login), quarter


async def _close(stage: Stage, quarter: Quarter, *, login: str = "") -> Case:
    case = await quarters.close(stage.client, stage.world, quarter, queue=stage.queue, login=login)
    stage.cases.append(case)
    return case


def _save(stage: Stage, text: str, *, version: int = 1, login: str = "svc") -> None:
    quarter, by = quarters.last_quarter(), By(str(stage.world.accounts[login]), Door.PAGE)
    with stage.world.database.write() as session:
        row = QuarterStore(session).get(quarter, quarters.BRANCH)
        assert row is not None
        texts = {stage.world.customer(world.GOLD): text}
        save_problems(session, row, texts, version=version, by=by, at=datetime.now(UTC))


async def test_from_the_freeze_to_publication(timed_stage: Stage) -> None:
    stage = timed_stage
    case, quarter = await _frozen(stage)
    row = quarters.summary(stage.world.database, quarter)
    assert stage.record(case).stage is CaseStage.COLLECTING
    assert [(task.step, task.institution_code, task.role.value) for task in stage.rows(Task)] == [
        ("collecting", "BJ", "BR_SVC")
    ]
    lines = {line.customer_no: line for line in stage.rows(QuarterLine)}
    gold = lines[stage.world.customer(world.GOLD)]
    assert set(lines) == {stage.world.customer(world.GOLD), stage.world.customer(world.SILVER)}
    assert (gold.green_cases, gold.green_in_time, gold.complaints, gold.justified) == (1, 1, 1, 1)
    assert (str(gold.cost), gold.manager_name) == ("380.00", "王晓梅")
    with stage.world.database.read() as session:
        counts = {one.code: (one.due, one.done, one.late) for one in QuarterStore(session).counts(row.id)[gold.id]}
    assert counts == {"Z04": (1, 1, 0), "Z08": (2, 1, 1), "Z18": (1, 1, 0)}
    _save(stage, "一次拜访未做，已补排")
    await case.through(*quarters.SIGNERS)
    assert await case.handle.result() is Outcome.APPROVED
    done = quarters.summary(stage.world.database, quarter)
    assert stage.record(case).stage is CaseStage.PUBLISHED
    assert (done.prepared_by_name, done.checked_by_name, done.published_by_name) == ("赵敏", "陈志远", "孙倩")
    assert done.digest is not None
    assert done.handed_in_at is not None
    assert done.sent_back == 0


async def test_a_return_goes_to_the_preparer_and_never_to_the_programme(timed_stage: Stage) -> None:
    stage = timed_stage
    case, quarter = await _frozen(stage)
    with pytest.raises(Refused, match="wrong_stage"):
        await case.decide("svc", Verdict.RETURN, comment="无处可退")
    await case.through("svc")
    with pytest.raises(Refused, match="wrong_stage"):
        await case.decide("lead", Verdict.RETURN, comment="退", return_to=CaseStage.DECLARED)
    await case.decide("lead", Verdict.RETURN, comment="请写明措施")
    assert stage.record(case).stage is CaseStage.COLLECTING
    assert quarters.summary(stage.world.database, quarter).prepared_by_name == ""
    _save(stage, "已补排")
    await case.through("svc", "lead")
    await case.decide("hq-vip", Verdict.RETURN, comment="缺金牌客户说明")
    row = quarters.summary(stage.world.database, quarter)
    assert (row.sent_back, row.checked_by_name) == (1, "")
    _save(stage, "金牌客户：已电话致歉", version=2)
    await case.through(*quarters.SIGNERS)
    await case.handle.result()
    with stage.world.database.read() as session:
        handed = QuarterStore(session).handed_in(quarters.BRANCH, quarter.year)
    assert [(one.quarter, one.complete) for one in handed] == [(quarter, False)]


async def test_what_the_branch_takes_back_was_not_handed_in(timed_stage: Stage) -> None:
    stage = timed_stage
    case, quarter = await _frozen(stage)
    await case.through("svc", "lead")
    assert quarters.summary(stage.world.database, quarter).handed_in_at is not None
    decided = next(task for task in stage.rows(Task) if task.step == "checking")
    await case.hand(TakeBack, "lead", task_id=decided.id)
    row = quarters.summary(stage.world.database, quarter)
    assert (row.handed_in_at, row.prepared_by_name, row.checked_by_name) == (None, "赵敏", "")


async def test_a_missing_branch_is_chased_by_the_chain(timed_stage: Stage) -> None:
    stage = timed_stage
    case, _ = await _frozen(stage)
    await stage.skip(60)
    kinds = {alarm.kind for alarm in stage.rows(TaskAlarm)}
    assert {AlarmKind.BREACH, AlarmKind.ESCALATION} <= kinds
    assert (await stage.in_step(case)).stage is CaseStage.COLLECTING


async def test_preparer_and_checker_are_two_people(timed_stage: Stage) -> None:
    stage = timed_stage
    second = Post(account_id=stage.world.accounts["svc"], institution_code="BJ", role=Role.BR_LEAD)
    stage.write(lambda session: session.add(second))
    case, _ = await _frozen(stage, login="svc")
    await case.through("svc")
    with pytest.raises(Refused, match="consecutive_step"):
        await case.decide("svc", post=(Role.BR_LEAD, "BJ"))
    await case.through("lead", "hq-vip")


async def test_texts_are_written_while_it_is_prepared_by_who_prepares_it(timed_stage: Stage) -> None:
    stage = timed_stage
    case, quarter = await _frozen(stage)
    with pytest.raises(DomainError, match="not_your_task"):
        _save(stage, "不该我写", login="lead")
    _save(stage, "甲")
    with pytest.raises(DomainError, match="stale_version"):
        _save(stage, "乙")
    await case.through("svc")
    with pytest.raises(DomainError, match="wrong_stage"):
        _save(stage, "丙", version=2)
    await case.through("lead", "hq-vip")
    await case.handle.result()
    with pytest.raises(DomainError, match="period_locked"):
        _save(stage, "丁", version=2)
    with stage.world.database.read() as session:
        lines = QuarterStore(session).lines(quarters.summary(stage.world.database, quarter).id)
    assert [line.problems for line in lines] == ["甲", ""]


async def test_closed_twice_it_is_the_same_summary(timed_stage: Stage) -> None:
    stage = timed_stage
    first, quarter = await _frozen(stage)
    again = await _close(stage, quarter, login="hq-vip")
    assert again.case_id == first.case_id
    assert len(stage.rows(QuarterSummary)) == 1
    await first.through(*quarters.SIGNERS)
    await first.handle.result()
    digest = quarters.summary(stage.world.database, quarter).digest
    with pytest.raises(RPCError, match="ALREADY_EXISTS"):
        await _close(stage, quarter)
    assert quarters.summary(stage.world.database, quarter).digest == digest
    description = await first.handle.describe()
    assert description.status is WorkflowExecutionStatus.COMPLETED


@pytest.mark.parametrize("how", ["cancel", "terminate"])
async def test_a_close_broken_off_in_the_engine_goes_on_where_its_record_stands(timed_stage: Stage, how: str) -> None:
    stage = timed_stage
    first, quarter = await _frozen(stage)
    await first.through("svc")
    await getattr(first.handle, how)()
    with pytest.raises(WorkflowFailureError):
        await first.handle.result()
    again = await _close(stage, quarter)
    assert again.case_id == first.case_id
    assert stage.record(first).stage is CaseStage.CHECKING
    await again.through("lead", "hq-vip")
    assert await again.handle.result() is Outcome.APPROVED
    done = quarters.summary(stage.world.database, quarter)
    assert (done.prepared_by_name, done.checked_by_name, done.published_by_name) == ("赵敏", "陈志远", "孙倩")


async def test_a_quarter_that_runs_and_what_is_no_branch_are_refused(timed_stage: Stage) -> None:
    stage = timed_stage
    running = Quarter.of(local_date(datetime.now(UTC)))
    with pytest.raises(Refused, match="invalid_input"):
        await _close(stage, running)
    with pytest.raises(Refused, match="not_found"):
        await quarters.close(stage.client, stage.world, running.before, queue=stage.queue, branch="BJ01")
    assert stage.rows(QuarterSummary) == []


async def test_long_after_its_end_the_same_facts_are_the_same_summary(tmp_path: Path) -> None:
    quarter = quarters.last_quarter()
    on_time = await quarters.published_after(tmp_path / "on-time", quarter, 0)
    late = await quarters.published_after(tmp_path / "late", quarter, 100)
    assert on_time is not None
    assert late == on_time
