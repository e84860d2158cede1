"""关怀触点 on paper: done with proof of the day, skipped, put off, stopped by the programme."""

from datetime import UTC, date, timedelta
from typing import Any

import pytest

from models.errors import DomainError
from models.messages.service_acts import (
    AcceptService,
    AssignService,
    CompleteTouchpoint,
    OnService,
    RescheduleTouchpoint,
    SkipTouchpoint,
    StopTouchpoint,
)
from models.rules import calendar as cal
from models.rules import service
from models.types import Outcome, Stage
from tests.rules.calendars import china
from tests.support.service_paper import (
    CALENDAR,
    CUSTOMER,
    IDS,
    PROGRAMME,
    PaperService,
    target,
    touchpoint,
)

VISITED: dict[str, Any] = {"content": "上门拜访"}


def due(desk: PaperService) -> str:
    return f"{desk.state.tasks[0].deadline.due_at.astimezone(cal.CHINA):%m-%d %H:%M}"


def refused(desk: PaperService, code: str, kind: type[OnService], login: str, **fields: Any) -> None:
    before = desk.state
    with pytest.raises(DomainError) as found:
        desk.act(kind, login, **fields)
    assert found.value.code.value == code
    assert desk.state == before


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 3, 6), "03-06 17:30", id="a working day ends with the office"),
        pytest.param(date(2026, 3, 7), "03-07 23:59", id="a greeting stays on its Saturday"),
        pytest.param(date(2026, 10, 1), "10-01 23:59", id="or holiday"),
        pytest.param(date(2026, 10, 10), "10-10 17:30", id="a Saturday made up for is worked"),
    ],
)
def test_due_at_the_close_of_its_day(day: date, expected: str) -> None:
    assert due(touchpoint(day)) == expected


def test_done_by_whom_it_was_given_to() -> None:
    desk = touchpoint()
    assert desk.state.tasks[0].assignee_id == IDS["mgr1"]
    refused(desk, "not_your_task", CompleteTouchpoint, "mgr2", done_on=date(2026, 3, 2), **VISITED)
    refused(desk, "wrong_stage", AcceptService, "mgr1")
    refused(desk, "invalid_input", CompleteTouchpoint, "mgr1", done_on=date(2026, 3, 3), **VISITED)
    refused(desk, "invalid_input", CompleteTouchpoint, "mgr1", done_on=date(2026, 3, 2), content="")
    desk.act(CompleteTouchpoint, "mgr2", instead_of="mgr1", done_on=date(2026, 3, 2), **VISITED)
    assert (desk.state.stage, desk.state.outcome, desk.state.late) == (Stage.DONE, Outcome.COMPLETED, False)


def test_what_nobody_was_given_is_whose_queue_it_is() -> None:
    desk = touchpoint(handler=None)
    refused(desk, "not_your_task", CompleteTouchpoint, "svc1", done_on=date(2026, 3, 2), **VISITED)
    desk.act(CompleteTouchpoint, "mgr2", done_on=date(2026, 3, 2), **VISITED)
    assert desk.state.handler_name == "mgr2"


def test_entered_later_it_is_still_in_time_but_done_later_it_says_why() -> None:
    desk = touchpoint()
    desk.wait(china("2026-03-10 10:00"))
    late: dict[str, Any] = {"done_on": date(2026, 3, 9), **VISITED}
    refused(desk, "late_reason_required", CompleteTouchpoint, "mgr1", **late)
    in_time = desk.tried(desk.acting(CompleteTouchpoint, "mgr1", done_on=date(2026, 3, 6), **VISITED))
    assert (in_time.late, in_time.clocks[0].finished_at) == (False, in_time.clocks[0].deadline.due_at)
    assert desk.act(CompleteTouchpoint, "mgr1", **late, late_reason="客户出差").late


def test_skipped_with_a_reason() -> None:
    desk = touchpoint()
    refused(desk, "reason_required", SkipTouchpoint, "mgr1", comment=" ")
    refused(desk, "reason_required", SkipTouchpoint, "ops", comment=" ")
    refused(desk, "not_your_task", SkipTouchpoint, "ctr1")
    desk.act(SkipTouchpoint, "lead")
    assert (desk.state.stage, desk.state.outcome) == (Stage.SKIPPED, Outcome.CANCELLED)


def test_put_off_it_keeps_its_task_while_nothing_went_off() -> None:
    desk = touchpoint()
    task = desk.state.tasks[0]
    refused(desk, "reason_required", RescheduleTouchpoint, "mgr1", to=date(2026, 3, 20), comment="")
    refused(desk, "invalid_input", RescheduleTouchpoint, "mgr1", to=date(2026, 3, 1))
    desk.act(RescheduleTouchpoint, "mgr1", to=date(2026, 3, 20))
    moved = desk.state.tasks[0]
    assert (desk.state.stage, due(desk), moved.task_id) == (Stage.DUE, "03-20 17:30", task.task_id)
    assert moved.version == task.version + 1
    assert desk.state.acts[-1].to_name == "2026-03-20"


def test_put_off_after_an_alarm_the_new_day_has_alarms_of_its_own() -> None:
    desk = touchpoint()
    desk.wait(china("2026-03-07 10:00"))
    old = desk.state.tasks[0]
    assert {"before:1d", "breach"} <= set(old.alarms)
    desk.act(RescheduleTouchpoint, "mgr1", to=date(2026, 3, 20))
    assert desk.state.tasks[0].task_id != old.task_id
    assert desk.state.acts[-1].closed == (old.task_id,)
    desk.wait(china("2026-03-21 10:00"))
    assert [desk.went_off().count(key) for key in ("before:1d", "breach", "rung:1")] == [2, 2, 2]


def test_no_warning_in_per_cent_of_a_date() -> None:
    desk = touchpoint()
    desk.wait(timedelta(days=30))
    assert not [key for key in desk.went_off() if key.startswith("percent")]


def test_stopped_by_the_programme_whatever_page_it_saw() -> None:
    desk = touchpoint()
    desk.act(AssignService, "lead", to=target("mgr2"))
    refused(desk, "not_your_task", StopTouchpoint, "mgr2")
    refused(desk, "not_allowed", StopTouchpoint, CUSTOMER)
    refused(desk, "reason_required", StopTouchpoint, PROGRAMME, comment="")
    refused(desk, "reason_required", StopTouchpoint, "ops", comment="")
    refused(desk, "stale_version", StopTouchpoint, "ops", version=1)
    desk.act(StopTouchpoint, PROGRAMME, version=1)
    assert (desk.state.stage, desk.state.outcome, desk.state.tasks) == (Stage.CANCELLED, Outcome.CANCELLED, ())


def test_a_published_day_off_moves_only_what_still_runs() -> None:
    desk = touchpoint(date(2026, 3, 6))
    off = cal.make_snapshot(official_years=(2025, 2026), days_off=[date(2026, 3, 6)])
    moved = service.redated(desk.state, off)
    assert moved.tasks[0].deadline.due_at == china("2026-03-06 23:59").astimezone(UTC)
    assert (moved.version, moved.tasks[0].version) == (desk.state.version + 1, desk.state.tasks[0].version + 1)
    assert service.with_deadlines_of(desk.state, moved) == moved
    assert service.redated(moved, off) == moved
    done = desk.act(CompleteTouchpoint, "mgr1", done_on=date(2026, 3, 2), **VISITED)
    assert service.redated(done, off) == done
    assert service.redated(desk.state, CALENDAR) == desk.state
