"""Green channel, complaints and touchpoints on the time-skipping server with the real records."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
from temporalio.worker import Worker

from models.messages.calendar_publication import CalendarPublished
from models.messages.service import RecordServiceStep
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CancelService,
    CloseComplaint,
    CompleteService,
    CompleteTouchpoint,
    ConfirmService,
    GradeComplaint,
    InvestigateComplaint,
    JudgeComplaint,
    PauseService,
    ReopenService,
    ReplyComplaint,
    RescheduleTouchpoint,
    ResumeService,
    StopTouchpoint,
)
from models.rules import service
from models.rules.calendar import local_date
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.services.calendar_publication import Change, ChangedDay, Publisher, publish
from models.services.calendars import case_calendar
from models.services.servicing import steps
from models.tables.cases import Task
from models.tables.desk import TaskAlarm
from models.types import Door, Outcome, PauseReason, TaskState
from models.types import Stage as CaseStage
from tests.support import serving_engine as serving
from tests.support.engine import Refused
from tests.support.serving import COUNTER
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]
PAPERS = {"reason": PauseReason.WAITING_FOR_CUSTOMER}
MAX_EVENTS = 200


async def _until(found: Callable[[], bool]) -> None:
    """The records follow a skipped time within a moment."""
    for _ in range(200):
        if found():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the records did not follow")


def _alarms(stage: Stage, case_id: UUID, step: str | None = None) -> list[str]:
    tasks = {task.id for task in stage.rows(Task) if task.case_id == case_id and step in {None, task.step}}
    return sorted(alarm.key for alarm in stage.rows(TaskAlarm) if alarm.task_id in tasks)


def _open_steps(stage: Stage, case_id: UUID) -> list[str]:
    closed = {TaskState.DONE, TaskState.CANCELLED}
    return [task.step for task in stage.rows(Task) if task.case_id == case_id and task.state not in closed]


async def test_a_request_goes_through_the_green_channel(stage: Stage) -> None:
    case = await serving.request(stage)
    assert (await case.in_step()).stage is CaseStage.RECEIVED
    assert _open_steps(stage, case.case_id) == ["accept"]
    await case.act(AcceptService, COUNTER)
    before = (await case.in_step()).clocks[0].deadline
    await case.act(PauseService, COUNTER, **PAPERS)
    assert (await case.in_step()).stage is CaseStage.PAUSED
    await case.act(ResumeService, COUNTER)
    assert (await case.in_step()).clocks[0].deadline.due_at >= before.due_at
    await case.act(CompleteService, COUNTER, result="已赔付")
    assert _open_steps(stage, case.case_id) == ["confirm"]
    await case.act(ConfirmService, COUNTER, satisfied=False, proof="电话录音")
    assert (await case.in_step()).stage is CaseStage.HANDLING
    assert _open_steps(stage, case.case_id) == ["handle"]
    await case.act(CompleteService, COUNTER, result="已补付")
    answer = await case.act(ConfirmService, "customer")
    assert (answer.stage, answer.outcome) == (CaseStage.CLOSED, Outcome.COMPLETED)
    assert await case.handle.result() is Outcome.COMPLETED
    assert _open_steps(stage, case.case_id) == []
    assert len((await case.handle.fetch_history()).events) <= MAX_EVENTS


@pytest.fixture
def without_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every task of a workflow replays it from its first event."""
    monkeypatch.setattr("workflows.worker.Worker", partial(Worker, max_cached_workflows=0))


@pytest.mark.usefixtures("without_cache")
async def test_a_worker_that_forgets_everything_replays_every_act(timed_stage: Stage) -> None:
    case = await serving.complaint(timed_stage)
    await case.act(AssignService, "lead", to=case.target("svc"))
    await case.act(ReplyComplaint, "svc", text="您好")
    await case.act(JudgeComplaint, "svc", justified=True, handling="致歉")
    await timed_stage.skip(20)
    await _until(lambda: "breach" in _alarms(timed_stage, case.case_id, "close"))
    await case.act(CloseComplaint, "svc", customer_view=CustomerView.ACCEPTED, late_reason="等待鉴定")
    await case.act(ReopenService, "svc", comment="客户来电")
    assert (await case.in_step()).round == 2
    counted = Counter(_alarms(timed_stage, case.case_id, "close"))
    assert max(counted.values()) == 1


async def test_an_act_that_stands_in_the_records_already_is_adopted(stage: Stage) -> None:
    """Worker and server died together after the record: the engine does not know the act, its sender asks again."""
    case = await serving.request(stage)
    before, lost = await case.state(), await case.acting(AcceptService, COUNTER)
    with stage.world.database.write() as session:
        at = datetime.now(UTC)
        after = service.apply(before, lost, at, case_calendar(session, stage.record(case), at))  # type: ignore[arg-type]
        message = RecordServiceStep(workflow_id="x", before=before, after=after, act=lost, at=at)
        steps.record_step(session, message)
    with pytest.raises(Refused, match="already_decided") as found:
        await case.act(AssignService, "lead", to=case.target("svc"))
    assert found.value.context["verb"] == "accept"
    assert (await case.send(lost)).version == 2
    assert (await case.in_step()).stage is CaseStage.ACCEPTED


async def test_two_at_once_and_a_stale_page_leave_one_act(stage: Stage) -> None:
    case = await serving.request(stage)
    act = await case.acting(AcceptService, COUNTER)
    first, again = await asyncio.gather(case.send(act), case.send(act))
    assert first == again
    stale = await case.acting(CancelService, COUNTER, version=1)
    with pytest.raises(Refused, match="stale_version"):
        await case.send(stale)
    with pytest.raises(Refused, match="not_your_task"):
        await case.act(CompleteService, "svc")
    assert len((await case.in_step()).acts) == 1


async def test_received_in_the_past_it_is_overdue_at_once_and_says_why_when_it_is_done(timed_stage: Stage) -> None:
    case = await serving.request(timed_stage, received_at=datetime.now(UTC) - timedelta(days=60))
    await _until(lambda: "breach" in _alarms(timed_stage, case.case_id))
    await case.act(AcceptService, COUNTER)
    with pytest.raises(Refused, match="late_reason_required"):
        await case.act(CompleteService, COUNTER)
    await case.act(CompleteService, COUNTER, late_reason="补录")
    await case.act(ConfirmService, COUNTER, proof="签收单")
    assert await case.handle.result() is Outcome.COMPLETED
    assert (await case.in_step()).late
    counted = Counter(_alarms(timed_stage, case.case_id))
    assert counted["breach"] == 1, "the second task of the clock repeats nothing"
    assert max(counted.values()) == 1


async def test_each_warning_reminder_and_rung_goes_off_once_over_both_tasks_of_the_clock(timed_stage: Stage) -> None:
    case = await serving.request(timed_stage)
    await timed_stage.skip(4)
    await case.act(AcceptService, COUNTER)
    await timed_stage.skip(60)
    await _until(lambda: "rung:3" in _alarms(timed_stage, case.case_id))
    counted = Counter(_alarms(timed_stage, case.case_id))
    assert {"percent:50", "percent:80", "breach", "rung:1", "rung:2", "rung:3"} <= set(counted)
    assert max(counted.values()) == 1
    assert len((await case.handle.fetch_history()).events) <= MAX_EVENTS


async def test_a_paused_clock_sets_nothing_off(timed_stage: Stage) -> None:
    case = await serving.request(timed_stage)
    await case.act(PauseService, COUNTER, **PAPERS)
    await timed_stage.skip(90)
    assert _alarms(timed_stage, case.case_id) == []
    await case.act(ResumeService, "ops", comment="资料已到")
    assert (await case.in_step()).tasks[0].deadline.due_at > datetime.now(UTC) + timedelta(days=80)


async def test_a_serious_complaint_is_closed_late_by_the_lead_and_opened_again(timed_stage: Stage) -> None:
    case = await serving.complaint(timed_stage)
    await case.act(GradeComplaint, "svc", grade=ComplaintGrade.SERIOUS)
    with pytest.raises(Refused, match="not_your_task"):
        await case.act(ReplyComplaint, "svc", text="您好")
    await case.act(AcceptService, "lead")
    await case.act(ReplyComplaint, "lead", text="正在核查")
    await case.act(InvestigateComplaint, "lead", text="查明原因")
    await timed_stage.skip(40)
    await _until(lambda: "breach" in _alarms(timed_stage, case.case_id, "investigate"))
    await case.act(JudgeComplaint, "lead", justified=True, handling="致歉并赔付")
    ends = {"customer_view": CustomerView.ACCEPTED, "leader_opinion": "同意"}
    with pytest.raises(Refused, match="late_reason_required"):
        await case.act(CloseComplaint, "lead", **ends)
    await case.act(CloseComplaint, "lead", late_reason="等待鉴定", **ends)
    closed = await case.in_step()
    assert (closed.late, closed.outcome, closed.tasks) == (True, Outcome.COMPLETED, ())
    await case.act(ReopenService, "svc", comment="客户不满意")
    assert (await case.in_step()).stage is CaseStage.REOPENED
    assert _open_steps(timed_stage, case.case_id) == ["reply"]
    await case.act(ReplyComplaint, "lead", text="再次核查")
    await case.act(JudgeComplaint, "lead", justified=False, handling="解释条款")
    await case.act(CloseComplaint, "lead", **ends)
    await timed_stage.skip(60)
    assert await case.handle.result() is Outcome.COMPLETED
    assert len((await case.handle.fetch_history()).events) <= MAX_EVENTS


async def test_a_complaint_that_nobody_reopens_ends_when_its_time_is_over(timed_stage: Stage) -> None:
    case = await serving.complaint(timed_stage)
    await case.act(ReplyComplaint, "svc", text="您好")
    await case.act(JudgeComplaint, "svc", justified=False, handling="解释条款")
    await case.act(CompleteService, "svc")
    assert (await case.in_step()).stage is CaseStage.AWAITING_CUSTOMER
    await case.act(CloseComplaint, "svc", customer_view=CustomerView.SATISFIED)
    await timed_stage.skip(1)
    assert (await case.state()).reopen_until is not None
    await timed_stage.skip(40)
    assert await case.handle.result() is Outcome.COMPLETED


async def test_a_complaint_opened_again_goes_on_with_the_calendar_in_force(timed_stage: Stage) -> None:
    case = await serving.complaint(timed_stage)
    await case.act(ReplyComplaint, "svc", text="您好")
    await case.act(JudgeComplaint, "svc", justified=False, handling="解释条款")
    await case.act(CloseComplaint, "svc", customer_view=CustomerView.SATISFIED)
    before = (await case.state()).clocks[1].deadline
    day = local_date(before.due_at)
    with timed_stage.world.database.write() as session:
        by = Publisher(timed_stage.world.accounts["ops"], "司庆放假", Door.PAGE, datetime.now(UTC))
        publish(session, Change(day.year, (ChangedDay(day, False, False, "司庆"),)), by)
    await case.act(ReopenService, "svc", comment="客户来电")
    after = (await case.in_step()).clocks[1].deadline
    assert after.due_at > before.due_at, "the new day off was published while it was closed"
    await case.act(ReplyComplaint, "svc", text="您好")
    assert (await case.in_step()).tasks[0].deadline == after, "the workflow has that calendar now"


async def test_a_published_calendar_moves_a_running_clock_once(timed_stage: Stage) -> None:
    case = await serving.request(timed_stage)
    before = (await case.state()).clocks[0].deadline
    day = local_date(before.due_at)
    with timed_stage.world.database.write() as session:
        by = Publisher(timed_stage.world.accounts["ops"], "司庆放假", Door.PAGE, datetime.now(UTC))
        published = publish(session, Change(day.year, (ChangedDay(day, False, False, "司庆"),)), by).id
    for _ in range(2):
        await case.handle.signal("calendar_published", CalendarPublished(publication_id=published))
    await case.act(AcceptService, COUNTER)
    state = await case.in_step()
    assert state.clocks[0].deadline.due_at > before.due_at
    assert (state.version, state.tasks[0].deadline) == (3, state.clocks[0].deadline)


async def test_an_inquiry_is_closed_by_its_answer(stage: Stage) -> None:
    case = await serving.complaint(stage, sheet=ComplaintSheet.INQUIRY)
    await case.act(ReplyComplaint, "svc", text="保单号已告知")
    assert await case.handle.result() is Outcome.COMPLETED
    with pytest.raises(Refused, match="invalid_input"):
        await serving.complaint(stage, sheet=ComplaintSheet.INQUIRY, grade=ComplaintGrade.SERIOUS)


async def test_a_touchpoint_is_put_off_and_done_on_its_new_day(timed_stage: Stage) -> None:
    today = local_date(datetime.now(UTC))
    case = await serving.touchpoint(timed_stage, today + timedelta(days=5))
    await timed_stage.skip(12)
    await _until(lambda: "breach" in _alarms(timed_stage, case.case_id))
    old = (await case.in_step()).tasks[0]
    await case.act(AssignService, "lead", to=case.target("bj-mgr"), comment="王晓梅休假")
    later = local_date(old.deadline.due_at) + timedelta(days=20)
    await case.act(RescheduleTouchpoint, "bj-mgr", to=later, comment="客户出差")
    state = await case.in_step()
    assert (state.stage, local_date(state.tasks[0].deadline.due_at)) == (CaseStage.DUE, later)
    assert state.tasks[0].task_id != old.task_id, "the new day sets off alarms of its own"
    await case.act(CompleteTouchpoint, "bj-mgr", done_on=today + timedelta(days=12), content="上门拜访")
    assert await case.handle.result() is Outcome.COMPLETED
    assert not (await case.in_step()).late


async def test_the_programme_stops_a_touchpoint_whatever_was_done_to_it(stage: Stage) -> None:
    case = await serving.touchpoint(stage, local_date(datetime.now(UTC)) + timedelta(days=5))
    await case.act(AssignService, "lead", to=case.target("bj-mgr"))
    await case.act(StopTouchpoint, serving.PROGRAMME, version=1, comment="会员终止")
    assert await case.handle.result() is Outcome.CANCELLED
    assert (await case.in_step()).stage is CaseStage.CANCELLED
