"""咨询 and 投诉 on paper: first reply, investigation, the lead's part in a serious one, closing late, a second life."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from models.errors import DomainError
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CancelService,
    CloseComplaint,
    CompleteService,
    GradeComplaint,
    InvestigateComplaint,
    JudgeComplaint,
    OnService,
    PauseService,
    ReopenService,
    ReplyComplaint,
)
from models.rules.calendar import CHINA
from models.service_types import ComplaintGrade, CustomerView
from models.types import Outcome, PauseReason, Role, Stage
from tests.rules.calendars import china
from tests.support.service_paper import IDS, PaperService, complaint, days, inquiry, target

SATISFIED: dict[str, Any] = {"customer_view": CustomerView.SATISFIED}
SERIOUS: dict[str, Any] = {"grade": ComplaintGrade.SERIOUS}
JUDGED: dict[str, Any] = {"justified": True, "handling": "致歉并赔付"}


def due(desk: PaperService, name: str) -> str:
    clock = next(clock for clock in desk.state.clocks if clock.name == name)
    return f"{clock.deadline.due_at.astimezone(CHINA):%m-%d %H:%M}"


def refused(desk: PaperService, code: str, kind: type[OnService], login: str, **fields: Any) -> None:
    before = desk.state
    with pytest.raises(DomainError) as found:
        desk.act(kind, login, **fields)
    assert found.value.code.value == code
    assert desk.state == before


def judged(**facts: Any) -> PaperService:
    desk = complaint(**facts)
    desk.act(ReplyComplaint, "svc1", text="正在核查")
    desk.act(JudgeComplaint, "svc1", **JUDGED)
    return desk


def closed(**facts: Any) -> PaperService:
    desk = judged(**facts)
    desk.act(CloseComplaint, "svc1", **SATISFIED)
    return desk


def test_the_ordinary_way() -> None:
    desk = complaint()
    assert (desk.state.stage, due(desk, "reply"), due(desk, "close")) == (
        Stage.REGISTERED,
        "03-03 10:00",
        "03-09 17:30",
    )
    assert (desk.state.tasks[0].step, desk.state.tasks[0].elapsed) == ("reply", True)
    desk.act(AcceptService, "svc2")
    assert (desk.state.stage, desk.state.tasks[0].assignee_id) == (Stage.AWAITING_FIRST_REPLY, IDS["svc2"])
    desk.act(ReplyComplaint, "svc2", text="正在核查")
    assert (desk.state.stage, desk.state.replied_at) == (Stage.INVESTIGATING, desk.now)
    task = desk.state.tasks[0]
    assert (task.step, task.clock_from, task.deadline) == (
        "investigate",
        desk.state.clocks[1].started_at,
        desk.state.clocks[1].deadline,
    )
    desk.act(InvestigateComplaint, "svc2", text="录音已听")
    desk.act(InvestigateComplaint, "svc2", text="赔案已查")
    assert desk.state.tasks[0].task_id == task.task_id
    desk.act(JudgeComplaint, "svc2", **JUDGED)
    assert (desk.state.stage, desk.state.justified, desk.state.tasks[0].step) == (Stage.HANDLING, True, "close")
    desk.act(CompleteService, "svc2")
    assert (desk.state.stage, due(desk, "confirm"), desk.state.tasks[0].deadline) == (
        Stage.AWAITING_CUSTOMER,
        "03-05 17:30",
        desk.state.clocks[1].deadline,
    )
    desk.act(CloseComplaint, "svc2", **SATISFIED)
    assert (desk.state.stage, desk.state.outcome, desk.state.late) == (Stage.CLOSED, Outcome.COMPLETED, False)
    assert all(clock.finished_at == desk.now for clock in desk.state.clocks)


def test_an_inquiry_is_closed_by_its_answer_and_never_reopened() -> None:
    desk = inquiry()
    refused(desk, "invalid_input", ReplyComplaint, "svc1", text=" ")
    refused(desk, "wrong_stage", GradeComplaint, "svc1", **SERIOUS)
    desk.act(ReplyComplaint, "svc1", text="已答复")
    assert (desk.state.stage, desk.state.outcome, desk.state.handler_id) == (
        Stage.CLOSED,
        Outcome.COMPLETED,
        IDS["svc1"],
    )
    refused(desk, "case_closed", ReopenService, "svc1")


def test_a_late_answer_says_why() -> None:
    desk = inquiry()
    desk.wait(china("2026-03-02 15:31"))
    refused(desk, "late_reason_required", ReplyComplaint, "svc1", text="已答复")
    assert desk.act(ReplyComplaint, "svc1", text="已答复", late_reason="待核实").late
    first = complaint()
    first.wait(china("2026-03-03 10:01"))
    refused(first, "late_reason_required", ReplyComplaint, "svc1", text="您好")
    assert not first.act(ReplyComplaint, "svc1", text="您好", late_reason="夜间来电").late


def test_a_complaint_is_judged_before_it_is_closed() -> None:
    desk = complaint()
    refused(desk, "wrong_stage", JudgeComplaint, "svc1", **JUDGED)
    desk.act(ReplyComplaint, "svc1", text="您好")
    refused(desk, "wrong_stage", CloseComplaint, "svc1", **SATISFIED)
    refused(desk, "invalid_input", JudgeComplaint, "svc1", justified=True, handling="")
    refused(desk, "invalid_input", InvestigateComplaint, "svc1", text="")
    desk.act(JudgeComplaint, "svc1", justified=False, handling="解释条款")
    assert desk.act(JudgeComplaint, "svc1", **JUDGED).justified is True


def test_neither_paused_nor_cancelled() -> None:
    refused(complaint(), "wrong_stage", PauseService, "svc1", reason=PauseReason.WAITING_FOR_CUSTOMER)
    refused(complaint(), "wrong_stage", CancelService, "svc1")


def test_a_serious_one_goes_to_the_lead_who_gives_it_away_and_closes_it() -> None:
    desk = complaint()
    desk.act(AcceptService, "svc1")
    desk.act(GradeComplaint, "svc1", **SERIOUS)
    task = desk.state.tasks[0]
    assert (desk.state.handler_id, task.role, task.assignee_id) == (None, Role.BR_LEAD, None)
    refused(desk, "not_your_task", ReplyComplaint, "svc1", text="您好")
    refused(desk, "stale_version", GradeComplaint, "lead", **SERIOUS)
    desk.act(AssignService, "lead", to=target("svc1"))
    desk.act(ReplyComplaint, "svc1", text="您好")
    desk.act(JudgeComplaint, "svc1", **JUDGED)
    task = desk.state.tasks[0]
    assert (task.role, task.assignee_id) == (Role.BR_LEAD, None), "closing it is the lead's"
    refused(desk, "not_your_task", CloseComplaint, "svc1", **SATISFIED, leader_opinion="同意")
    refused(desk, "invalid_input", CloseComplaint, "lead", **SATISFIED, leader_opinion=" ")
    assert desk.act(CloseComplaint, "lead", **SATISFIED, leader_opinion="同意").outcome is Outcome.COMPLETED


def test_only_the_lead_makes_it_ordinary_again_and_says_why() -> None:
    desk = complaint(grade=ComplaintGrade.SERIOUS)
    desk.act(AssignService, "lead", to=target("svc1"))
    down = {"grade": ComplaintGrade.ORDINARY}
    refused(desk, "not_your_task", GradeComplaint, "svc1", **down)
    refused(desk, "reason_required", GradeComplaint, "lead", **down, comment="")
    desk.act(GradeComplaint, "lead", **down)
    assert (desk.state.tasks[0].role, desk.state.handler_id) == (Role.BR_SVC, None)


def test_taken_again_where_nobody_handles_it_any_more() -> None:
    desk = judged()
    refused(desk, "wrong_stage", AcceptService, "svc1")
    desk.act(GradeComplaint, "svc1", **SERIOUS)
    desk.act(GradeComplaint, "lead", grade=ComplaintGrade.ORDINARY)
    desk.act(AcceptService, "svc2")
    assert (desk.state.stage, desk.state.handler_id) == (Stage.HANDLING, IDS["svc2"])


def test_closed_late_it_says_why_and_that_is_kept_until_the_next_life() -> None:
    desk = judged()
    desk.wait(china("2026-03-10 09:00"))
    refused(desk, "late_reason_required", CloseComplaint, "svc1", **SATISFIED)
    desk.act(CloseComplaint, "svc1", **SATISFIED, late_reason="等待鉴定")
    assert desk.state.late
    desk.act(ReopenService, "svc1", comment="客户来电")
    assert (desk.state.late, desk.state.round, desk.state.reopened) == (False, 2, 1)


def test_a_new_life_has_new_clocks_and_alarms_of_its_own() -> None:
    desk = judged()
    desk.wait(china("2026-03-10 09:00"))
    desk.act(CloseComplaint, "svc1", **SATISFIED, late_reason="等待鉴定")
    desk.wait(timedelta(days=2))
    refused(desk, "reason_required", ReopenService, "svc2", comment="")
    refused(desk, "not_your_task", ReopenService, "ctr1")
    desk.act(ReopenService, "svc2")
    state = desk.state
    assert (state.stage, state.outcome, state.justified, state.replied_at) == (Stage.REOPENED, None, None, None)
    assert (state.tasks[0].step, state.handler_id) == ("reply", IDS["svc1"])
    assert [(clock.name, clock.started_at, clock.alarms) for clock in state.clocks] == [
        ("reply", desk.now, ()),
        ("close", desk.now, ()),
    ]
    assert len(state.acts) == state.step_no == 4, "the earlier life is kept"
    desk.act(ReplyComplaint, "svc1", text="您好")
    before = desk.went_off().count("breach")
    desk.wait(timedelta(days=20))
    assert desk.went_off().count("breach") == before + 1


def test_reopened_until_the_last_day_and_never_after() -> None:
    desk = closed()
    assert desk.state.reopen_until == china("2026-03-16 17:30").astimezone(UTC)
    desk.now = china("2026-03-16 17:29").astimezone(UTC)
    assert desk.tried(desk.acting(ReopenService, "lead")).stage is Stage.REOPENED
    desk.now = china("2026-03-16 17:30").astimezone(UTC)
    refused(desk, "case_closed", ReopenService, "lead")
    refused(closed(reopen_working_days=0), "case_closed", ReopenService, "lead")


def test_an_open_complaint_is_not_reopened() -> None:
    refused(judged(), "wrong_stage", ReopenService, "svc1")


def test_the_clock_of_closing_that_ran_out_before_the_first_reply_is_told_with_the_next_task() -> None:
    desk = complaint(reply=days(10))
    desk.wait(china("2026-03-11 10:00"))
    assert "breach" not in desk.went_off()
    desk.act(ReplyComplaint, "svc1", text="您好")
    desk.wait(timedelta())
    assert "breach" in desk.went_off()
