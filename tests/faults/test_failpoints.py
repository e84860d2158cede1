"""T16: a worker that dies at any commit of any activity, or behind the last one: one record per step all the same."""

from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select
from temporalio import activity

from models.database import Database
from models.messages.calendar_publication import CalendarPublished
from models.services import audit
from models.services.calendar_publication import Change, ChangedDay, Publisher, publish
from models.stores.audit import AuditStore
from models.tables.cases import Decision
from models.tables.messages import Notification
from models.types import Door
from tests.architecture.test_registry import registered_activities
from tests.faults.failpoints import Failpoints
from tests.replay import launch_runs, long_runs, record, service_runs, survey_runs, sweep_runs
from tests.support import engine, world
from tests.support.stage import Stage
from workflows import worker

pytestmark = [pytest.mark.faults, pytest.mark.temporal, pytest.mark.timeout(240)]


async def swept(scene: Stage) -> None:
    """A sweep; of letters broken off on their way nobody knows, so none is sent twice."""
    day = await sweep_runs.dawn(scene)
    sweep_runs.plan(scene, day)
    await sweep_runs.swept(scene, day, set())


async def launch_redated(scene: Stage) -> None:
    """A launch that is told of a published calendar."""
    launch = await launch_runs.draft(scene)
    await launch.launch()
    (part, *_) = (await launch.state()).tasks
    day = part.deadline.due_at.date()
    by = Publisher(scene.world.accounts["ops"], "司庆放假", Door.PAGE, part.deadline.due_at)
    with scene.world.database.write() as session:
        published = publish(session, Change(day.year, (ChangedDay(day, False, False, "司庆"),)), by).id
    await launch.handle.signal("calendar_published", CalendarPublished(publication_id=published))
    await launch.cancel()
    await launch.handle.result()


WAYS: tuple[Callable[[Stage], Awaitable[Any]], ...] = (
    record.lone_approval,
    long_runs.season,
    long_runs.membership_downgraded,
    long_runs.calendar_told,
    long_runs.notification,
    service_runs.green_channel_redated,
    service_runs.quarter_closed,
    survey_runs.survey,
    swept,
    launch_redated,
)
"""Together they go through every activity; a new one needs a way that reaches it."""
ELSEWHERE = {
    "send-delivery": "tests/faults/test_lost_mail.py",  # the engine delivers it once only
    "record-breach": "tests/stores/test_records.py",  # of cases older than alarms: none begins it today
}
OTHER_WORDS = {
    "record-rollout-step": "a step that stands is answered with the whole state",
    "tell-calendar": "counts what it told itself",
    "sweep-records": "counts what it did itself",
    "start-due-touchpoints": "counts what it started itself",
    "send-greetings": "counts what it sent itself",
    "send-survey": "counts whom it asked itself",
}
"""Activities that answer a second delivery otherwise, which is as good for their workflow: it goes on with it here."""
_worlds = count(1)


async def test_every_activity_may_die_at_every_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, broken_off = Counter[str](), Counter[str]()
    for way in WAYS:
        points = await _gone(way, tmp_path, monkeypatch)
        assert points.moved == [], way.__name__
        assert {name: told for name, told in points.answered.items() if name not in OTHER_WORDS} == {}, way.__name__
        reached += points.repeated
        broken_off += points.broken_off
    assert set(reached) | set(ELSEWHERE) == _registered()
    assert broken_off.total() > len(reached)


def _registered() -> set[str]:
    definitions = [activity._Definition.must_from_callable(method) for method in registered_activities()]
    return {str(found.name) for found in definitions}


async def _gone(way: Callable[[Stage], Awaitable[Any]], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Failpoints:
    """One way to its end on records of its own."""
    home = folder / way.__name__
    home.mkdir()
    points = Failpoints(home / "records.db", frozenset(ELSEWHERE))
    monkeypatch.setattr(worker, "ActivityContext", lambda: points)
    database = world.new_database(home)
    people, queue = world.build(database, offset=100 * next(_worlds)), f"failpoints-{uuid4()}"
    async with engine.time_skipping() as server, engine.worker(server.client, people, home, queue):
        with points.armed():
            await way(Stage(server.client, people, queue, home, server))
    _check(database)
    database.dispose()
    return points


def _check(database: Database) -> None:
    """One record per step, one telling per key, and a trail that holds."""
    with database.read() as session:
        steps = Counter((row.case_id, row.step_no) for row in session.exec(select(Decision)))
        told = Counter(row.dedupe_key for row in session.exec(select(Notification)))
        assert audit.verify(AuditStore(session).all()).broken_at is None
    assert set((steps + told).values()) <= {1}
