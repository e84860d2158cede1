"""The clock of a task on the time-skipping server: reminders, escalation, pauses, automatic decisions, calendars."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from models.messages.calendar_publication import CalendarPublished
from models.messages.handing import PauseClock, ResumeClock
from models.rules import calendar as cal
from models.services import calendar_publication as publishing
from models.services.calendar_publication import Change, ChangedDay, Publisher
from models.services.calendars import case_calendar
from models.tables.calendar import CalendarNotice
from models.tables.cases import Decision, Task
from models.tables.desk import TaskAlarm
from models.tables.messages import Notification
from models.types import SYSTEM_SLA, AlarmKind, Door, Outcome, PauseReason, TaskState, Verdict
from models.types import Stage as CaseStage
from tests.support import rules
from tests.support.engine import Case
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(60)]

LADDER = ["rung:1", "rung:2", "rung:3"]
REPEATS = [f"repeat:{number}" for number in range(1, 6)]


async def _until(found: Callable[[], bool]) -> None:
    """The records follow a skipped time within a moment."""
    for _ in range(200):
        if found():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the records did not follow")


def _keys(stage: Stage, step: str) -> list[str]:
    tasks = {task.id for task in stage.rows(Task) if task.step == step}
    return sorted(alarm.key for alarm in stage.rows(TaskAlarm) if alarm.task_id in tasks)


async def test_reminders_and_every_rung_of_the_ladder_go_off_once(timed_stage: Stage) -> None:
    case = await timed_stage.declare()
    await timed_stage.skip(60)
    await _until(lambda: set(LADDER + REPEATS) <= set(_keys(timed_stage, "unit_check")))
    keys = _keys(timed_stage, "unit_check")
    assert max(Counter(keys).values()) == 1
    assert {"breach", "before:1d"} <= set(keys)
    names = {account: login for login, account in timed_stage.world.accounts.items()}
    told = {(row.kind, names[who]) for row in timed_stage.rows(TaskAlarm) for who in _people(row)}
    assert {(AlarmKind.REMINDER, "unit"), (AlarmKind.ESCALATION, "lead"), (AlarmKind.ESCALATION, "hq-vip")} <= told
    sent = [(row.dedupe_key) for row in timed_stage.rows(Notification)]
    assert len(sent) == len(set(sent))
    await case.handle.terminate()
    again = await timed_stage.declare()
    await timed_stage.skip(2)
    await again.through("unit")
    assert (
        _keys(timed_stage, "unit_check"),
        [row.dedupe_key for row in timed_stage.rows(Notification)][: len(sent)],
    ) == (
        keys,
        sent,
    ), "an engine that forgot reminds nobody again"


def _people(row: TaskAlarm) -> list[UUID]:
    return [UUID(account_id) for account_id in row.told]


async def test_the_timer_that_never_fires_again_after_a_return(timed_stage: Stage) -> None:
    """yudao 1018: after a return the task of the new round never timed out any more."""
    case = await timed_stage.declare()
    await timed_stage.skip(20)
    await _until(lambda: "breach" in _keys(timed_stage, "unit_check"))
    await case.decide("unit", Verdict.RETURN, comment="补资料")
    await timed_stage.skip(20)
    await _until(lambda: "breach" in _keys(timed_stage, "declared"))
    await case.resubmit(changed=("facts",))
    await timed_stage.skip(20)
    await _until(lambda: _keys(timed_stage, "unit_check").count("breach") == 2)
    second = max(timed_stage.rows(Task), key=lambda task: task.opened_at)
    assert (second.step, second.round, second.breached_at) == ("unit_check", 2, second.due_at)


async def test_a_done_task_is_reminded_of_no_more(timed_stage: Stage) -> None:
    case = await timed_stage.declare()
    await timed_stage.skip(1)
    await case.through("unit", "svc", "lead", "hq-vip", "hq-lead")
    assert await case.handle.result() is Outcome.APPROVED
    await timed_stage.skip(30)
    assert timed_stage.rows(TaskAlarm) == []


async def test_an_automatic_decision_is_signed_by_the_system_and_by_nobody_else(timed_stage: Stage) -> None:
    rules.put_in_force(
        timed_stage.world.database,
        rules.reminders(auto_verdict=Verdict.APPROVE, auto_after_working_days=1, repeat_at_most=0, ladder=()),
    )
    case = await timed_stage.declare()
    await timed_stage.skip(60)
    assert await case.handle.result() is Outcome.APPROVED
    decisions = [row for row in timed_stage.rows(Decision) if row.act == "decide"]
    assert {(row.actor_id, row.actor_name, row.door) for row in decisions} == {(None, SYSTEM_SLA, Door.SYSTEM)}
    assert len(decisions) == 5
    assert {(task.state, task.closed_by) for task in timed_stage.rows(Task)} == {(TaskState.DONE, None)}
    assert len({row.evidence_digest for row in decisions}) == 5
    assert "approve" in timed_stage.audited(case)


async def test_an_automatic_decision_that_is_refused_leaves_the_task_to_people(timed_stage: Stage) -> None:
    rules.put_in_force(
        timed_stage.world.database,
        rules.reminders(auto_verdict=Verdict.REJECT, auto_after_working_days=1, repeat_at_most=0, ladder=()),
    )
    case = await timed_stage.declare()
    await timed_stage.skip(30)
    await _until(lambda: "auto" in _keys(timed_stage, "unit_check"))
    assert (await timed_stage.in_step(case)).stage is CaseStage.UNIT_CHECK, "the unit check cannot reject"
    await case.decide("unit")
    assert (await timed_stage.in_step(case)).stage is CaseStage.BRANCH_REVIEW


async def test_a_paused_task_arms_no_timer_and_its_deadline_moves_when_it_runs_again(timed_stage: Stage) -> None:
    case = await timed_stage.declare()
    due_at = (await case.state()).tasks[0].deadline.due_at
    await case.hand(PauseClock, "unit", reason=PauseReason.WAITING_FOR_CUSTOMER)
    (row,) = timed_stage.rows(Task)
    assert row.paused_since is not None
    await timed_stage.skip(40)
    assert _keys(timed_stage, "unit_check") == []
    await case.hand(ResumeClock, "unit")
    (row,) = timed_stage.rows(Task)
    assert (row.paused_since, row.due_at > due_at + timedelta(days=30)) == (None, True)
    assert (await timed_stage.in_step(case)).tasks[0].deadline.due_at == row.due_at
    await timed_stage.skip(30)
    await _until(lambda: "breach" in _keys(timed_stage, "unit_check"))
    (row,) = timed_stage.rows(Task)
    assert row.breached_at == row.due_at


def _publish_next_working_day_off(stage: Stage, case: Case) -> CalendarPublished:
    now = datetime.now(UTC)
    with stage.world.database.write() as session:
        calendar = case_calendar(session, stage.record(case), now)
        day = cal.next_working_day(calendar, cal.local_date(now))
        change = Change(day.year, (ChangedDay(day, False, False, "司庆"),))
        by = Publisher(stage.world.accounts["ops"], "司庆放假", Door.PAGE, now)
        return CalendarPublished(publication_id=publishing.publish(session, change, by).id)


async def test_a_published_calendar_moves_the_open_deadline_once_and_the_timer_follows(timed_stage: Stage) -> None:
    case = await timed_stage.declare()
    before = (await case.state()).tasks[0]
    message = _publish_next_working_day_off(timed_stage, case)
    for _ in range(3):
        await case.handle.signal("calendar_published", message)
    await _until(lambda: any(notice.acknowledged_at for notice in timed_stage.rows(CalendarNotice)))
    state = await timed_stage.in_step(case)
    assert (state.version, state.tasks[0].version) == (2, before.version + 1)
    moved = state.tasks[0].deadline
    assert moved.due_at >= before.deadline.due_at + timedelta(days=1)
    assert moved.calendar_version != before.deadline.calendar_version
    (row,) = timed_stage.rows(Task)
    assert (row.due_at, row.calendar_version) == (moved.due_at, moved.calendar_version)
    await timed_stage.skip(25)
    await _until(lambda: "breach" in _keys(timed_stage, "unit_check"))
    assert timed_stage.rows(Task)[0].breached_at == moved.due_at
    await case.decide("unit")
    assert (await timed_stage.in_step(case)).tasks[0].deadline.calendar_version == moved.calendar_version
