"""Shapes of service cases: a request on the green channel, a complaint with two lives, a touchpoint, a quarter."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from models.identifiers import complaint_id
from models.messages.calendar_publication import CalendarPublished
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
)
from models.rules.calendar import local_date
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.services.calendar_publication import Change, ChangedDay, Publisher, publish
from models.tables.columns import new_id
from models.tables.desk import TaskAlarm
from models.types import Door, PauseReason, Verdict
from tests.support import quarters
from tests.support import serving_engine as serving
from tests.support.engine import Refused
from tests.support.serving import COUNTER
from tests.support.stage import Stage as Scene

Handle = WorkflowHandle[Any, Any]


async def green_channel(scene: Scene) -> Handle:
    """Paused and resumed, warned of, late, refused a confirmation once, confirmed by the customer."""
    case = await serving.request(scene)
    await case.act(AcceptService, COUNTER)
    await case.act(PauseService, COUNTER, reason=PauseReason.DISABILITY_APPRAISAL)
    await scene.skip(5)
    await case.act(ResumeService, COUNTER)
    await scene.skip(30)
    await _until(lambda: _gone(scene) >= {"percent:50", "percent:80", "breach", "rung:1"})
    await case.act(CompleteService, COUNTER, late_reason="鉴定较晚", result="已赔付")
    await case.act(ConfirmService, COUNTER, satisfied=False, proof="电话")
    await case.act(CompleteService, COUNTER, late_reason="鉴定较晚", result="已补付")
    await case.act(ConfirmService, "customer")
    await case.handle.result()
    return case.handle


async def green_channel_redated(scene: Scene) -> Handle:
    """Given to somebody, a published day off told twice, cancelled."""
    case = await serving.request(scene)
    await case.act(AcceptService, COUNTER)
    await case.act(AssignService, "lead", to=case.target("svc"))
    day = local_date((await case.state()).clocks[0].deadline.due_at)
    with scene.world.database.write() as session:
        by = Publisher(scene.world.accounts["ops"], "司庆放假", Door.PAGE, datetime.now(UTC))
        published = publish(session, Change(day.year, (ChangedDay(day, False, False, "司庆"),)), by).id
    for _ in range(2):
        await case.handle.signal("calendar_published", CalendarPublished(publication_id=published))
    await case.act(CancelService, "lead", comment="客户撤回")
    await case.handle.result()
    return case.handle


async def complaint_reopened(scene: Scene) -> Handle:
    """Serious, closed late, opened again, closed, and never opened again."""
    case = await serving.complaint(scene)
    await case.act(GradeComplaint, "svc", grade=ComplaintGrade.SERIOUS)
    await case.act(ReplyComplaint, "lead", text="正在核查")
    await case.act(InvestigateComplaint, "lead", text="查明原因")
    await scene.skip(40)
    await _until(lambda: "breach" in _gone(scene))
    await case.act(JudgeComplaint, "lead", justified=True, handling="致歉")
    ends = {"customer_view": CustomerView.DISSATISFIED, "leader_opinion": "同意"}
    await case.act(CloseComplaint, "lead", late_reason="等待鉴定", **ends)
    await case.act(ReopenService, "svc", comment="客户不满意")
    await case.act(ReplyComplaint, "lead", text="再次核查")
    await case.act(JudgeComplaint, "lead", justified=True, handling="赔付")
    await case.act(CompleteService, "lead")
    await case.act(CloseComplaint, "lead", customer_view=CustomerView.ACCEPTED, leader_opinion="同意")
    await scene.skip(60)
    await case.handle.result()
    return case.handle


async def inquiry_refused(scene: Scene) -> Handle:
    """An inquiry that is called serious: the run fails."""
    case_id = new_id()
    ids = {"case_id": case_id, "workflow_id": complaint_id(case_id)}
    try:
        await serving.complaint(scene, sheet=ComplaintSheet.INQUIRY, grade=ComplaintGrade.SERIOUS, **ids)
    except Refused:
        return scene.client.get_workflow_handle(complaint_id(case_id))
    raise AssertionError("the inquiry was not refused")


async def touchpoint_rescheduled(scene: Scene) -> Handle:
    """Missed, put off to another day, done then."""
    today = local_date(datetime.now(UTC))
    case = await serving.touchpoint(scene, today + timedelta(days=5))
    await scene.skip(12)
    await _until(lambda: "breach" in _gone(scene))
    await case.act(AssignService, "lead", to=case.target("bj-mgr"))
    await case.act(RescheduleTouchpoint, "bj-mgr", to=today + timedelta(days=40), comment="客户出差")
    await case.act(CompleteTouchpoint, "bj-mgr", done_on=today + timedelta(days=12), content="上门拜访")
    await case.handle.result()
    return case.handle


def _gone(scene: Scene) -> set[str]:
    return {alarm.key for alarm in scene.rows(TaskAlarm)}


async def _until(found: Callable[[], bool]) -> None:
    while not found():
        await asyncio.sleep(0.05)


async def quarter_closed(scene: Scene) -> Handle:
    """A quarter frozen by the programme, returned by head office once, overdue meanwhile, published."""
    quarter = quarters.last_quarter()
    scene.write(lambda session: quarters.fill(session, scene.world, quarter))
    case = await quarters.close(scene.client, scene.world, quarter, queue=scene.queue)
    await scene.skip(30)
    await _until(lambda: "breach" in _gone(scene))
    await case.through("svc", "lead")
    await case.decide("hq-vip", Verdict.RETURN, comment="请补充措施")
    await case.through(*quarters.SIGNERS)
    await case.handle.result()
    return case.handle


SERVICE_RUNS = (
    green_channel,
    green_channel_redated,
    complaint_reopened,
    inquiry_refused,
    touchpoint_rescheduled,
    quarter_closed,
)
