"""A launch on durable execution: draft, parts that open one after another, alarms, moving, handing over, adopting."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from models.messages.rollout import RecordRolloutStep, RolloutState
from models.rules import rollout as rules
from models.rules.calendar import local_date, next_working_day
from models.services.calendars import case_calendar
from models.services.rollout import steps
from models.stores.audit import AuditStore
from models.tables.cases import Case, Decision, Task
from models.tables.desk import TaskAlarm
from models.tables.messages import Notification
from models.tables.organisation import Account
from models.types import AlarmKind, CaseKind, Outcome, Role, TaskState
from models.types import Stage as CaseStage
from tests.support.engine import Refused
from tests.support.launch import Launch, holder, open_launch, who
from tests.support.stage import Stage

pytestmark = [pytest.mark.temporal, pytest.mark.timeout(120)]
ALL = tuple(range(1, 10))


async def _draft(stage: Stage, days_ahead: int = 3) -> Launch:
    now = (await stage.environment.get_current_time()) if stage.environment else datetime.now(UTC)
    start_on = local_date(now) + timedelta(days=days_ahead)
    return await open_launch(stage.client, stage.world, start_on, stage.queue)


def _recorded(stage: Stage, launch: Launch) -> Case:
    return next(row for row in stage.rows(Case) if row.id == launch.case_id)


async def test_from_the_draft_to_the_end(timed_stage: Stage) -> None:
    stage = timed_stage
    launch = await _draft(stage)
    with pytest.raises(Refused, match="duplicate_case"):
        await _draft(stage)
    assert (await launch.state()).tasks == ()
    await launch.replan(branches=("BJ",))
    answer = await launch.launch()
    assert (answer.stage, answer.outcome) == (CaseStage.RUNNING, None)
    assert [task.part.number for task in (await launch.state()).tasks] == [1]
    await launch.do_all(1)
    assert {task.part.number for task in (await launch.state()).tasks} == {2, 3}
    await launch.do_all(2)
    assert await launch.open_parts(4) == ()  # 3 is not done yet
    await launch.do_all(3, 4, 5)
    assert {task.part.number for task in (await launch.state()).tasks} == {6, 7}
    await launch.do_all(*ALL)
    assert await launch.handle.result() is Outcome.COMPLETED
    row = _recorded(stage, launch)
    assert (row.kind, row.stage, row.outcome, row.open_key) == (
        CaseKind.ROLLOUT,
        CaseStage.DONE,
        Outcome.COMPLETED,
        None,
    )
    tasks = [task for task in stage.rows(Task) if task.case_id == launch.case_id]
    assert {task.state for task in tasks} == {TaskState.DONE}
    assert {task.customer_name for task in tasks if task.signer_id == "2"} == {"培训分公司"}
    told = [row for row in stage.rows(Notification) if row.template == "rollout_done"]
    assert [row.account_id for row in told] == [stage.world.accounts["hq-vip"]]
    with stage.world.database.read() as session:
        audited = [entry.action for entry in AuditStore(session).of("case", str(launch.case_id))]
    assert audited[:3] == ["open", "plan", "launch"]
    assert audited.count("complete") == len(tasks)
    assert (await _draft(stage)).case_id != launch.case_id  # its end makes room for the next one


async def test_a_part_waits_where_somebody_is(timed_stage: Stage) -> None:
    """Nobody holds the counter's post anywhere, nobody serves VIPs in Shanghai: the branch lead has it."""
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    await launch.do_all(1, 2)
    waiting = {(task.part.institution_code, task.role) for task in await launch.open_parts(3)}
    assert waiting == {("BJ", Role.BR_SVC), ("SH", Role.BR_LEAD)}
    await launch.do_all(3, 4)
    assert {(task.part.role, task.role) for task in await launch.open_parts(6)} == {(Role.BR_CTR, Role.BR_LEAD)}
    five = {(task.part.role, task.part.institution_code) for task in await launch.open_parts(5)}
    assert five == {
        (Role.MGR, "BJ"),
        (Role.MGR, "SH"),
        (Role.BR_LEAD, "BJ"),
        (Role.BR_LEAD, "SH"),
        (Role.HQ_LEAD, "HQ"),
    }


async def test_refusals(timed_stage: Stage) -> None:
    stage = timed_stage
    with pytest.raises(Refused, match="not_allowed"):
        await open_launch(stage.client, stage.world, date(2026, 3, 2), stage.queue, login="lead")
    with pytest.raises(Refused, match="invalid_input"):
        await open_launch(stage.client, stage.world, date(2026, 3, 2), stage.queue, branches=("BJ01",))
    launch = await _draft(stage)
    with pytest.raises(Refused, match="not_allowed"):
        await launch.launch("lead")
    with pytest.raises(Refused, match="invalid_input"):
        await launch.replan(branches=("BJ", "BJ01"))
    items = (await launch.state()).items
    with pytest.raises(Refused, match="invalid_input"):
        await launch.replan(items=(items[0].model_copy(update={"after": (9,)}), *items[1:]))
    with pytest.raises(Refused, match="wrong_stage"):
        await launch.move(2, items[1].from_on, items[1].to_on)
    await launch.launch()
    with pytest.raises(Refused, match="wrong_stage"):
        await launch.replan()
    (task,) = await launch.open_parts(1)
    with pytest.raises(Refused, match="not_your_task"):
        await launch.complete(task, "lead")
    with pytest.raises(Refused, match="invalid_input"):
        await launch.complete(task, "hq-vip", " ")
    with pytest.raises(Refused, match="reason_required"):
        await launch.move(2, items[1].from_on, items[1].to_on, comment="")
    first = launch.completing(task, "hq-vip")
    assert await launch.send(first) == await launch.send(first)
    with pytest.raises(Refused, match="already_decided"):
        await launch.complete(task, "hq-vip")
    with pytest.raises(Refused, match="wrong_stage"):
        await launch.move(1, items[0].from_on, items[0].to_on)
    with pytest.raises(Refused, match="bad_transfer_target"):
        await launch.reassign((await launch.open_parts(2))[0], "mgr")
    stage.write(lambda session: _disable(session, stage, "hq-vip"))
    with pytest.raises(Refused, match="not_your_task"):
        await launch.do_all(2)
    assert len((await launch.state()).done) == 1


def _disable(session: Session, stage: Stage, login: str) -> None:
    account = session.get(Account, stage.world.accounts[login])
    assert account is not None
    account.disabled_at = datetime.now(UTC)


async def test_what_is_put_off_pushes_what_depends_on_it(timed_stage: Stage) -> None:
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    await launch.do_all(1)
    before = {item.number: item for item in (await launch.state()).items}
    (training,) = await launch.open_parts(2)
    with stage.world.database.read() as session:
        calendar = case_calendar(session, _recorded(stage, launch), datetime.now(UTC))
    later = next_working_day(calendar, before[2].to_on)
    await launch.move(2, before[2].from_on, later)
    after = {item.number: item for item in (await launch.state()).items}
    assert after[2].to_on == later
    assert all(after[number].from_on > before[number].from_on for number in range(4, 10))
    assert after[3] == before[3]
    (moved,) = await launch.open_parts(2)
    assert moved.deadline.due_at > training.deadline.due_at
    row = next(task for task in stage.rows(Task) if task.id == training.task_id)
    assert row.due_at == moved.deadline.due_at
    with pytest.raises(Refused, match="stale_version"):
        await launch.complete(training, "hq-vip")
    await launch.reassign(moved, "hq-lead")
    (given,) = await launch.open_parts(2)
    assert given.assignee_id == stage.world.accounts["hq-lead"]
    with pytest.raises(Refused, match="not_your_task"):
        await launch.complete(given, "hq-vip")
    await launch.complete(given, "hq-lead")
    told = {(row.template, row.account_id) for row in stage.rows(Notification)}
    assert ("task_transferred", stage.world.accounts["hq-lead"]) in told


async def test_an_open_part_reminds_is_overdue_and_escalates(timed_stage: Stage) -> None:
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    (task,) = await launch.open_parts(1)
    await stage.skip(days=40)
    alarms = [row for row in stage.rows(TaskAlarm) if row.task_id == task.task_id]
    kinds = {row.kind for row in alarms}
    assert {AlarmKind.REMINDER, AlarmKind.BREACH, AlarmKind.ESCALATION} <= kinds
    assert AlarmKind.AUTO_DECISION not in kinds
    assert len({row.key for row in alarms}) == len(alarms)
    await launch.complete(task, "hq-vip")  # late, but done: nothing decides by itself
    late = await launch.open_parts(3)
    assert all(part.deadline.due_at > part.opened_at for part in late)


async def test_cancelled_with_its_open_tasks(timed_stage: Stage) -> None:
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    with pytest.raises(Refused, match="reason_required"):
        await launch.cancel(comment=" ")
    await launch.cancel()
    assert await launch.handle.result() is Outcome.CANCELLED
    states = {task.state for task in stage.rows(Task) if task.case_id == launch.case_id}
    assert states == {TaskState.CANCELLED}


async def test_what_stands_in_the_records_is_adopted(timed_stage: Stage) -> None:
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    state = await launch.state()
    (task,) = state.tasks
    stands, late = launch.completing(task, "hq-vip", "先到"), launch.completing(task, "hq-vip", "后到")

    def crash_after_commit(session: Session) -> None:
        now = datetime.now(UTC)
        case = session.get(Case, launch.case_id)
        assert case is not None
        after = rules.apply(state, stands, now, case_calendar(session, case, now))
        steps.record_step(session, RecordRolloutStep(before=state, after=after, act=stands, at=now))

    stage.write(crash_after_commit)
    with pytest.raises(Refused, match="already_decided"):
        await launch.send(late)
    assert (await launch.send(stands)).stage is CaseStage.RUNNING
    done = [row for row in stage.rows(Decision) if row.act == "complete"]
    assert [row.comment for row in done] == ["先到"]
    assert RolloutState.model_validate(_recorded(stage, launch).state).tasks == (await launch.state()).tasks


async def test_one_run_holds_a_launch_of_sixty_branches(timed_stage: Stage) -> None:
    """Events grow with the acts alone: counted on two branches, reckoned for sixty, far below what an engine allows."""
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    await launch.do_all(*ALL)
    await launch.handle.result()
    history = await launch.handle.fetch_history()
    acts = len(stage.rows(Decision))
    per_act = len(history.events) / acts
    parts = sum(len(rules.parts_of(item, tuple("B" * 60))) for item in (await launch.state()).items)
    assert per_act < 16
    assert parts * per_act < 10_240  # the engine warns there, and ends a run at five times as many
    size = sum(event.ByteSize() for event in history.events)
    assert size / acts < 20_000


async def test_a_stand_in_completes_in_place_of_the_holder(timed_stage: Stage) -> None:
    stage = timed_stage
    launch = await _draft(stage)
    await launch.launch()
    (task,) = await launch.open_parts(1)
    posts, principal = who(stage.world, "hq-vip")["posts"], stage.world.accounts["hq-vip"]
    act = launch.completing(task, "hq-lead", on_behalf_of=principal, on_behalf_of_name="孙倩", posts=posts)
    with pytest.raises(Refused, match="not_your_task"):  # nobody set such a stand-in
        await launch.send(act)
    assert holder(stage.world, task) == "hq-vip"
