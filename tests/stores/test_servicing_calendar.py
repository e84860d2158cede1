"""A published calendar and service cases: the preview is what happens, task and form follow once."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from models.database import Database
from models.messages.service import AdoptServiceCalendar, ServiceCalendarAdopted
from models.services import calendar_publication as publishing
from models.services.calendar_publication import Change, ChangedDay, Publisher
from models.services.servicing import calendar
from models.services.task_clock import task_clock
from models.stores.services import ServiceStore
from models.stores.tasks import TaskStore
from models.tables.calendar import CalendarNotice
from models.tables.messages import Notification
from models.types import CaseKind, Door
from tests.support import serving, world
from tests.support.serving import COUNTER, RECEIVED, Served, opened, request
from tests.support.world import World

CHANGE = Change(2026, (ChangedDay(date(2026, 3, 6), False, False, "司庆"),))
DUE, MOVED = datetime(2026, 3, 13, 9, 30, tzinfo=UTC), datetime(2026, 3, 16, 9, 30, tzinfo=UTC)


@pytest.fixture
def insurer(database: Database) -> World:
    """The small insurer with somebody at the counter of its branch."""
    return serving.with_counter(world.build(database))


def _adopt(found: Served, publication: AdoptServiceCalendar) -> ServiceCalendarAdopted:
    with found.world.database.write() as session:
        return calendar.adopt(session, publication)


def test_what_the_preview_says_is_what_task_and_form_show_once(insurer: World) -> None:
    found = opened(insurer, request(insurer))
    case_id, task_id = found.state.case_id, found.state.tasks[0].task_id
    with insurer.database.read() as session:
        previewed = publishing.preview(session, CHANGE, RECEIVED)
    assert [(line.case_id, line.kind, line.before, line.after) for line in previewed.moved] == [
        (case_id, CaseKind.GREEN_CHANNEL, DUE, MOVED)
    ]
    by = Publisher(insurer.accounts["ops"], "司庆放假", Door.PAGE, RECEIVED)
    with insurer.database.write() as session:
        publication_id = publishing.publish(session, CHANGE, by).id
    message = AdoptServiceCalendar(case_id=case_id, publication_id=publication_id, before=found.state)
    first = _adopt(found, message)
    assert _adopt(found, message).state == first.state
    assert first.state.tasks[0].deadline.due_at == first.state.clocks[0].deadline.due_at == MOVED
    with insurer.database.read() as session:
        task, form = TaskStore(session).get(task_id), ServiceStore(session).green_channel(case_id)
        assert task is not None
        assert form is not None
        assert task.due_at == form.due_at == MOVED
        assert [notice.moved for notice in session.exec(select(CalendarNotice))] == [1]
        told = [note for note in session.exec(select(Notification)) if note.template == "calendar_moved"]
        assert [note.account_id for note in told] == [insurer.accounts[COUNTER]]


def test_the_clock_page_counts_from_the_request_not_from_the_task(insurer: World) -> None:
    found = opened(insurer, request(insurer), at=datetime(2026, 3, 9, 3, 0, tzinfo=UTC))
    with insurer.database.read() as session:
        task = TaskStore(session).get(found.state.tasks[0].task_id)
        assert task is not None
        read = task_clock(session, task, datetime(2026, 3, 9, 4, 0, tzinfo=UTC))
    assert (read.clock.started_at, read.clock.due_at) == (RECEIVED, DUE)
    assert any(alarm.key.startswith(("warn", "percent", "used")) for alarm in read.ahead)
