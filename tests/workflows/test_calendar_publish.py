"""A published calendar reaches every running case once, whatever was away meanwhile."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select
from temporalio.client import WorkflowHandle

from api.gateway import Gateway, WorkflowGoneError
from models.identifiers import calendar_publish_id
from models.messages.calendar_publication import PublishCalendar, TellingProgress
from models.rules.calendar import CHINA
from models.services import calendar_publication as publishing
from models.services.calendar_publication import Change, ChangedDay, Publisher
from models.tables.calendar import CalendarNotice, CalendarPublication
from models.tables.cases import Case, Task
from models.tables.messages import Notification
from models.types import Door, SeatKind, Tier
from tests.support.stage import Stage
from tests.support.world import SILVER
from workflows.calendar_publish import CalendarPublishWorkflow


def publish(stage: Stage, days: list[date]) -> UUID:
    """Days off for the whole company, stored and not yet told."""
    change = Change(days[0].year, tuple(ChangedDay(day, False, False, "放假") for day in days))
    by = Publisher(stage.world.accounts["ops"], "放假", Door.API, datetime.now(UTC))
    with stage.world.database.write() as session:
        return publishing.publish(session, change, by).id


async def tell(stage: Stage, publication: UUID) -> WorkflowHandle[CalendarPublishWorkflow, TellingProgress]:
    """Start the telling, as the gateway does."""
    await Gateway(stage.client, stage.queue).tell_calendar(publication)
    return stage.client.get_workflow_handle_for(CalendarPublishWorkflow.run, calendar_publish_id(publication))


def due_date(task: Task) -> date:
    """Business date on which a task is due."""
    return task.due_at.astimezone(CHINA).date()


async def test_two_running_cases_follow_in_step_with_their_records(stage: Stage) -> None:
    first = await stage.declare()
    second = await stage.declare(SILVER, Tier.SILVER, SeatKind.SILVER)
    (task, *_) = [row for row in stage.rows(Task) if row.case_id == first.case_id]
    publication = publish(stage, [due_date(task)])
    progress = await (await tell(stage, publication)).result()
    assert (progress.acknowledged, progress.cases, progress.finished) == (2, 2, True)
    for case in (first, second):
        state = await stage.in_step(case)
        rows = {row.id: row for row in stage.rows(Task) if row.case_id == case.case_id}
        for item in state.tasks:
            row = rows[item.task_id]
            assert (row.due_at, row.version) == (item.deadline.due_at, item.version)
            assert due_date(row) > due_date(task)
    assert {notice.moved for notice in stage.rows(CalendarNotice)} == {1}
    moved = [row for row in stage.rows(Notification) if row.template == "calendar_moved"]
    assert len(moved) == len({row.dedupe_key for row in moved}) == 2


async def test_told_twice_a_case_moves_once(stage: Stage) -> None:
    case = await stage.declare()
    task = next(row for row in stage.rows(Task) if row.case_id == case.case_id)
    publication = publish(stage, [due_date(task)])
    handle = await tell(stage, publication)
    await handle.result()
    version = stage.record(case).version
    gateway = Gateway(stage.client, stage.queue)
    with pytest.raises(WorkflowGoneError):
        await gateway.tell_calendar(publication)
    again = await stage.client.execute_workflow(
        CalendarPublishWorkflow.run,
        PublishCalendar(publication_id=publication),
        id=f"again/{publication}",
        task_queue=stage.queue,
    )
    assert again.finished
    assert stage.record(case).version == version == (await stage.in_step(case)).version


async def test_a_case_that_ends_before_it_hears_does_not_hold_the_publication_up(stage: Stage) -> None:
    case = await stage.declare()
    await case.handle.terminate()  # the engine knows it no more; its record stands open
    task = next(row for row in stage.rows(Task) if row.case_id == case.case_id)
    publication = publish(stage, [due_date(task)])
    handle = await tell(stage, publication)
    with stage.world.database.write() as session:
        record = session.get(Case, case.case_id)
        assert record is not None
        record.closed_at = datetime.now(UTC)
        session.add(record)
    progress = await handle.result()
    assert progress.finished
    (row,) = [row for row in stage.rows(CalendarPublication) if row.id == publication]
    assert row.finished_at is not None


async def test_a_deadline_that_moved_is_kept_by_the_timers(timed_stage: Stage) -> None:
    """The old timer must not go off, the new one must: one reminder a task, at the new instant."""
    stage = timed_stage
    case = await stage.declare()
    task = next(row for row in stage.rows(Task) if row.case_id == case.case_id)
    off = [due_date(task) + timedelta(days=n) for n in range(10)]
    await (await tell(stage, publish(stage, [day for day in off if day.year == off[0].year]))).result()
    state = await stage.in_step(case)
    moved = state.tasks[0].deadline.due_at
    assert moved > task.due_at
    environment = stage.environment
    assert environment is not None
    await environment.sleep(task.due_at - await environment.get_current_time() + timedelta(hours=1))
    assert all(row.breached_at is None for row in stage.rows(Task))
    await environment.sleep(moved - await environment.get_current_time() + timedelta(hours=1))
    with stage.world.database.read() as session:
        breached = session.exec(select(Task).where(Task.id == task.id)).one()
    assert breached.breached_at == moved
