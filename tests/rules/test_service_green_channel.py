"""绿色通道 on paper: who may do what when, which clock runs, and what a late request has to say."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from models.errors import DomainError
from models.messages.service import TimeLimit
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CancelService,
    CloseComplaint,
    CompleteService,
    CompleteTouchpoint,
    ConfirmService,
    GradeComplaint,
    OnService,
    PauseService,
    ReopenService,
    ResumeService,
)
from models.rules import service
from models.service_types import ComplaintGrade, CustomerView
from models.types import Door, LimitUnit, Outcome, PauseReason, Role, Stage
from tests.rules.calendars import china
from tests.support.service_paper import CUSTOMER, PROGRAMME, PaperService, days, green_channel, target

PAPERS = {"reason": PauseReason.WAITING_FOR_CUSTOMER}


def accepted() -> PaperService:
    desk = green_channel()
    desk.act(AcceptService, "ctr1")
    return desk


def at(desk: PaperService, text: str) -> PaperService:
    desk.wait(china(text))
    return desk


def due(desk: PaperService) -> str:
    return f"{desk.state.tasks[0].deadline.due_at.astimezone(china('2026-01-01 00:00').tzinfo):%m-%d %H:%M}"


def refused(desk: PaperService, code: str, kind: type[OnService], login: str, **fields: Any) -> None:
    before = desk.state
    with pytest.raises(DomainError) as found:
        desk.act(kind, login, **fields)
    assert found.value.code.value == code
    assert desk.state == before


def test_the_ordinary_way() -> None:
    desk = green_channel()
    assert (desk.state.stage, desk.state.tasks[0].step, due(desk)) == (Stage.RECEIVED, "accept", "03-04 17:30")
    desk.act(AcceptService, "ctr2")
    task = desk.state.tasks[0]
    assert (desk.state.stage, task.step, task.assignee_id) == (Stage.ACCEPTED, "handle", desk.state.handler_id)
    desk.act(AssignService, "ctr2", to=target("ctr1"))
    assert (desk.state.stage, desk.state.handler_name) == (Stage.HANDLING, "ctr1")
    assert desk.state.acts[-1].to_name == "ctr1"
    desk.act(CompleteService, "ctr1")
    assert (desk.state.stage, desk.state.tasks[0].step, due(desk)) == (
        Stage.AWAITING_CONFIRMATION,
        "confirm",
        "03-05 17:30",
    )
    desk.act(ConfirmService, CUSTOMER)
    assert (desk.state.stage, desk.state.outcome, desk.state.tasks) == (Stage.CLOSED, Outcome.COMPLETED, ())
    assert [clock.finished_at for clock in desk.state.clocks] == [desk.now, desk.now]
    assert not desk.state.late


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        pytest.param(days(5), "03-09 17:30", id="working days"),
        pytest.param(TimeLimit(unit=LimitUnit.SAME_DAY), "03-02 17:30", id="the same day"),
        pytest.param(TimeLimit(unit=LimitUnit.WORKING_HOURS, value=4), "03-02 15:30", id="working hours"),
        pytest.param(TimeLimit(unit=LimitUnit.ELAPSED_HOURS, value=24), "03-03 10:00", id="natural hours"),
    ],
)
def test_limits_in_every_unit(limit: TimeLimit, expected: str) -> None:
    assert due(green_channel(limit)) == expected


def test_only_the_handler_works_on_it_and_only_the_queue_takes_it() -> None:
    desk = green_channel()
    for login in ("stranger", "svc1", "lead", "ops"):
        refused(desk, "not_your_task", AcceptService, login)
    desk.act(AcceptService, "ctr1")
    refused(desk, "not_your_task", CompleteService, "ctr2")
    refused(desk, "not_your_task", PauseService, "lead", **PAPERS)
    handling = desk.state.tasks[0].task_id
    desk.act(CompleteService, "ctr2", instead_of="ctr1")
    assert (desk.state.acts[-1].task_id, desk.state.acts[-1].closed) == (handling, (handling,))
    assert desk.state.acts[-1].on_behalf_of == desk.state.handler_id


def test_a_stand_in_accepts_for_the_person_it_stands_in_for() -> None:
    desk = green_channel()
    desk.act(AcceptService, "svc1", instead_of="ctr1")
    assert desk.state.handler_name == "ctr1"


def test_the_lead_or_operations_with_a_reason_give_it_to_somebody() -> None:
    desk = accepted()
    refused(desk, "reason_required", AssignService, "ops", to=target("ctr2"), comment=" ")
    refused(desk, "not_your_task", AssignService, "sh-lead", to=target("ctr2"))
    refused(desk, "bad_transfer_target", AssignService, "lead", to=target("ctr1"))
    refused(desk, "bad_transfer_target", AssignService, "lead", to=target("svc1", authorised=False))
    desk.act(AssignService, "ops", to=target("ctr2"))
    refused(desk, "not_your_task", CompleteService, "ctr1")
    assert desk.act(AssignService, "lead", to=target("ctr1")).handler_name == "ctr1"


def test_given_before_it_was_accepted_it_waits_for_that_person_alone() -> None:
    desk = green_channel()
    desk.act(AssignService, "lead", to=target("ctr2"))
    assert desk.state.stage is Stage.RECEIVED
    refused(desk, "not_your_task", AcceptService, "ctr1")
    assert desk.act(AcceptService, "ctr2").stage is Stage.ACCEPTED


def test_a_pause_moves_the_deadline_by_its_office_time() -> None:
    desk = at(accepted(), "2026-03-02 15:00")
    task = desk.state.tasks[0]
    desk.act(PauseService, "ctr1", **PAPERS)
    assert desk.state.stage is Stage.PAUSED
    refused(desk, "stale_version", PauseService, "ctr1", **PAPERS, version=2)
    refused(desk, "wrong_stage", PauseService, "ctr1", **PAPERS)
    refused(desk, "wrong_stage", CompleteService, "ctr1")
    at(desk, "2026-03-04 10:30")
    refused(desk, "reason_required", ResumeService, "ops", comment="")
    desk.act(ResumeService, "ops")
    assert (desk.state.stage, desk.state.tasks[0].task_id) == (Stage.ACCEPTED, task.task_id)
    # 150 minutes on Monday, a whole day of 420, 90 on Wednesday: 660 office minutes after Wednesday's close
    assert due(desk) == "03-06 14:30"
    assert desk.state.tasks[0].version == task.version + 2


def test_a_pause_before_anybody_accepted_goes_back_to_the_queue() -> None:
    desk = green_channel()
    desk.act(PauseService, "ctr1", **PAPERS)
    desk.act(ResumeService, "ctr2")
    assert (desk.state.stage, desk.state.handler_id) == (Stage.RECEIVED, None)


def test_refused_by_the_customer_the_same_clock_runs_on() -> None:
    desk = at(accepted(), "2026-03-04 09:30")
    desk.act(CompleteService, "ctr1")
    at(desk, "2026-03-05 09:30")
    refused(desk, "invalid_input", ConfirmService, "ctr1", satisfied=False, proof=" ")
    desk.act(ConfirmService, CUSTOMER, satisfied=False, comment="")
    clock = desk.state.clocks[0]
    assert (desk.state.stage, desk.state.round, clock.finished_at) == (Stage.HANDLING, 2, None)
    assert [pause.reason for pause in clock.pauses] == ["waiting_for_customer"]
    assert due(desk) == "03-05 17:30", "the day it waited for the customer is no working time"
    desk.act(CompleteService, "ctr1")
    assert desk.state.clocks[1].started_at == desk.now
    assert desk.act(ConfirmService, "ctr1", proof="签收单").outcome is Outcome.COMPLETED


def test_late_it_says_why() -> None:
    desk = at(accepted(), "2026-03-04 17:31")
    assert desk.went_off()[-1] == "rung:1"
    refused(desk, "late_reason_required", CompleteService, "ctr1")
    refused(desk, "late_reason_required", CompleteService, "ctr1", late_reason=" ")
    assert desk.act(CompleteService, "ctr1", late_reason="系统故障").late
    desk.act(ConfirmService, CUSTOMER, satisfied=False)
    task = desk.state.tasks[0]
    assert (desk.state.late, task.breach_recorded, "breach" in task.alarms) == (False, True, True)
    before = len(desk.gone)
    desk.wait(timedelta(hours=1))
    assert len(desk.gone) == before, "what went off on the clock does not go off on its next task"


def test_at_the_very_minute_it_is_in_time() -> None:
    desk = accepted()
    desk.now = china("2026-03-04 17:30").astimezone(UTC)
    assert not desk.act(CompleteService, "ctr1").late


def test_received_in_the_past_the_clock_started_there() -> None:
    desk = green_channel(received_at=china("2026-02-10 10:00"))
    assert due(desk) == "02-12 17:30"
    desk.wait(timedelta())
    assert {"breach", "rung:1"} <= set(desk.went_off())
    assert not {key for key in desk.went_off() if key.startswith(("percent", "before"))}, "their time was over"


def test_cancelled_by_handler_lead_or_operations_with_a_reason() -> None:
    desk = accepted()
    refused(desk, "reason_required", CancelService, "ctr1", comment="")
    refused(desk, "reason_required", CancelService, "ops", comment="")
    refused(desk, "not_your_task", CancelService, "ctr2")
    stepped_in = accepted()
    stepped_in.act(CancelService, "ops")
    assert stepped_in.state.outcome is Outcome.CANCELLED
    desk.act(PauseService, "ctr1", **PAPERS)
    desk.act(CancelService, "lead")
    assert (desk.state.stage, desk.state.outcome) == (Stage.CANCELLED, Outcome.CANCELLED)
    assert desk.state.clocks[0].finished_at == desk.now
    assert desk.state.clocks[0].pauses[0].resumed_at == desk.now
    refused(desk, "case_closed", AcceptService, "ctr1")


def test_the_customer_only_confirms_and_only_when_asked() -> None:
    desk = green_channel()
    refused(desk, "not_allowed", AcceptService, CUSTOMER)
    refused(desk, "not_allowed", CancelService, CUSTOMER)
    refused(desk, "wrong_stage", ConfirmService, CUSTOMER)
    desk.act(AcceptService, "ctr1")
    desk.act(CompleteService, "ctr1")
    refused(desk, "not_your_task", ConfirmService, CUSTOMER, door=Door.PAGE, proof="x")
    desk = green_channel()
    refused(desk, "not_your_task", AcceptService, PROGRAMME)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (GradeComplaint, {"grade": ComplaintGrade.SERIOUS}),
        (CloseComplaint, {"customer_view": CustomerView.SATISFIED}),
        (ReopenService, {}),
        (CompleteTouchpoint, {"done_on": "2026-03-02", "content": "x"}),
    ],
)
def test_acts_of_other_kinds_are_refused(kind: type[OnService], fields: dict[str, Any]) -> None:
    refused(accepted(), "wrong_stage", kind, "ctr1", **fields)


def test_the_page_asks_the_same_rule_without_an_hour() -> None:
    desk = at(accepted(), "2026-03-20 10:00")
    act = desk.acting(CompleteService, "ctr1")
    service.check(desk.state, act)  # type: ignore[arg-type]
    assert service.would_be_late(desk.state, act, desk.now)


def test_who_may_act_is_told_by_the_queue() -> None:
    desk = green_channel()
    assert service.queue(desk.state) == (Role.BR_CTR, "BJ")
    assert service.lead_post(desk.state) == (Role.BR_LEAD, "BJ")
