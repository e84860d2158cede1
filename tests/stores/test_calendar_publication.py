"""Publishing a calendar: the preview is what happens, each case follows once, a closed or new case is no obstacle."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.approval import ApprovalState
from models.messages.calendar_publication import AdoptCalendar, CalendarAdopted
from models.rules import calendar as cal
from models.rules.redating import redated
from models.services import calendar_publication as publishing
from models.services import calendars
from models.services.approval.steps import RecordDivergedError
from models.services.calendar_publication import Change, ChangedDay, Publisher
from models.stores.audit import AuditStore
from models.stores.calendar import PublicationStore
from models.tables.calendar import CalendarDay, CalendarNotice
from models.tables.cases import Case, Task
from models.tables.messages import Notification
from models.types import Door, Outcome
from tests.rules.calendars import china
from tests.support import world as worlds
from tests.support.waiting_cases import Waiting, before_final_approval
from tests.support.world import World

NOW = datetime(2026, 2, 3, 2, 0, tzinfo=UTC)
COMPANY_DAY = ChangedDay(date(2026, 2, 6), False, False, "司庆")
CHANGE = Change(2026, (COMPANY_DAY,))


@pytest.fixture
def world(database: Database) -> World:
    """The small insurer."""
    return worlds.build(database)


@pytest.fixture
def waiting(world: World) -> Waiting:
    """A running case whose deadlines are those of the calendar in force."""
    with world.database.write() as session:
        return _on_calendar(session, before_final_approval(session, world, 1))


def _on_calendar(session: Session, waiting: Waiting) -> Waiting:
    case = session.get(Case, waiting.state.case_id)
    assert case is not None
    route = tuple(step.model_copy(update={"due_on": date(2026, 1, 20)}) for step in waiting.state.route)
    state = waiting.state.model_copy(update={"route": route})
    state = redated(state, calendars.case_calendar(session, case, NOW)).model_copy(
        update={"version": waiting.state.version}
    )
    tasks = tuple(task.model_copy(update={"version": 1}) for task in state.tasks)
    state = state.model_copy(update={"tasks": tasks})
    row = session.get(Task, tasks[0].task_id)
    assert row is not None
    case.state, row.due_at = state.model_dump(mode="json"), tasks[0].deadline.due_at
    session.add_all([case, row])
    return Waiting(waiting.world, state)


def publish(world: World, change: Change = CHANGE, reason: str = "司庆放假", now: datetime = NOW) -> UUID:
    by = Publisher(world.accounts["ops"], reason, Door.PAGE, now)
    with world.database.write() as session:
        return publishing.publish(session, change, by).id


def adopt(world: World, publication: UUID, state: ApprovalState) -> CalendarAdopted:
    message = AdoptCalendar(case_id=state.case_id, publication_id=publication, before=state)
    with world.database.write() as session:
        return publishing.adopt(session, message)


def due(state: ApprovalState) -> datetime:
    return state.tasks[0].deadline.due_at


def test_the_preview_stores_nothing_and_names_what_publishing_moves(world: World, waiting: Waiting) -> None:
    with world.database.read() as session:
        found = publishing.preview(session, CHANGE, NOW)
        assert session.exec(select(CalendarDay)).all() == []
    (line,) = found.moved
    assert (line.before, line.after) == (china("2026-02-09 17:30"), china("2026-02-10 17:30"))
    assert (found.cases, found.by_kind) == (1, {"qualification": 1})
    publication = publish(world)
    assert due(adopt(world, publication, waiting.state).state) == line.after


def test_adopting_moves_rows_and_versions_in_step_and_tells_the_holder(world: World, waiting: Waiting) -> None:
    after = adopt(world, publish(world), waiting.state)
    with world.database.read() as session:
        case, task = session.get(Case, after.state.case_id), session.exec(select(Task)).one()
        notice, told = session.exec(select(CalendarNotice)).one(), session.exec(select(Notification)).all()
    assert case is not None
    assert case.version == after.state.version == waiting.state.version + 1
    assert ApprovalState.model_validate(case.state) == after.state
    assert (task.due_at, task.version, task.calendar_version) == (due(after.state), 2, after.calendar.version)
    assert (notice.moved, notice.acknowledged_at is not None) == (1, True)
    assert [(row.template, row.account_id) for row in told] == [("calendar_moved", world.accounts["lead"])]


def test_told_again_a_case_moves_no_second_time(world: World, waiting: Waiting) -> None:
    publication = publish(world)
    first = adopt(world, publication, waiting.state)
    marked = waiting.state.tasks[0].model_copy(update={"alarms": ("before:1d",)})
    again = adopt(world, publication, waiting.state.model_copy(update={"tasks": (marked,)}))
    assert due(again.state) == due(first.state)
    assert (again.state.version, again.state.tasks[0].alarms) == (first.state.version, ("before:1d",))
    with world.database.read() as session:
        assert len(session.exec(select(Notification)).all()) == 1


def test_a_change_that_moves_nothing_is_acknowledged_without_a_word(world: World, waiting: Waiting) -> None:
    far = Change(2026, (ChangedDay(date(2026, 12, 24), False, False, "x"),))
    after = adopt(world, publish(world, far), waiting.state)
    assert after.state.version == waiting.state.version
    with world.database.read() as session:
        assert session.exec(select(Notification)).all() == []
        notice = session.exec(select(CalendarNotice)).one()
    assert (notice.moved, notice.acknowledged_at is not None) == (0, True)


def test_a_case_that_moved_on_in_the_records_is_an_incident(world: World, waiting: Waiting) -> None:
    stale = waiting.state.model_copy(update={"version": 99})
    with pytest.raises(RecordDivergedError):
        adopt(world, publish(world), stale)


def test_batches_tell_each_case_once_and_finish_when_all_have_answered(world: World, waiting: Waiting) -> None:
    with world.database.write() as session:
        second = _on_calendar(session, before_final_approval(session, world, 2))
    publication = publish(world)

    def batch(limit: int = 1) -> list[UUID]:
        with world.database.write() as session:
            found = publishing.next_batch(session, publication, now=NOW, again_before=NOW, limit=limit)
            publishing.keep_told(session, publication, tuple(found), NOW + timedelta(minutes=1))
        return list(found)

    assert sorted(batch() + batch()) == sorted([waiting.state.case_id, second.state.case_id])
    assert batch() == []
    adopt(world, publication, waiting.state)
    with world.database.write() as session:
        progress = publishing.keep_told(session, publication, (), NOW)
        assert (progress.acknowledged, progress.cases, progress.finished) == (1, 2, False)
        case = session.get(Case, second.state.case_id)
        assert case is not None
        case.outcome, case.closed_at = Outcome.WITHDRAWN, NOW
        session.add(case)
    assert batch() == []  # it ended: nothing left to move
    with world.database.read() as session:
        row = PublicationStore(session).get(publication)
    assert row is not None
    assert row.finished_at is not None


def test_a_case_recorded_beside_the_publication_is_found(world: World) -> None:
    publication = publish(world)
    with world.database.write() as session:
        late = before_final_approval(session, world, 3)
    with world.database.write() as session:
        found = publishing.next_batch(session, publication, now=NOW, again_before=NOW, limit=9)
    assert list(found) == [late.state.case_id]


def test_without_running_cases_a_publication_is_finished_at_once(world: World) -> None:
    publication = publish(world)
    with world.database.read() as session:
        assert PublicationStore(session).not_started(NOW + timedelta(days=1)) == []
        row = PublicationStore(session).get(publication)
    assert row is not None
    assert row.finished_at == NOW


def test_a_publication_nobody_told_of_is_found_again(world: World, waiting: Waiting) -> None:
    publication = publish(world)
    with world.database.read() as session:
        assert PublicationStore(session).not_started(NOW + timedelta(seconds=30)) == [publication]
        assert PublicationStore(session).not_started(NOW - timedelta(seconds=30)) == []
    with world.database.write() as session:
        publishing.keep_told(session, publication, (waiting.state.case_id,), NOW)
    with world.database.read() as session:
        assert PublicationStore(session).not_started(NOW + timedelta(seconds=30)) == []


def test_days_of_a_branch_hold_for_what_lies_under_it_and_nobody_else(world: World, waiting: Waiting) -> None:
    for code, moves in (("BJ", 1), ("SH", 0)):
        with world.database.read() as session:
            found = publishing.preview(session, CHANGE._replace(institution_code=code), NOW)
        assert (len(found.moved), found.cases) == (moves, moves)
    publish(world, CHANGE._replace(institution_code="BJ"))
    with world.database.read() as session:
        case = session.get(Case, waiting.state.case_id)
        assert case is not None
        assert not cal.is_working_day(calendars.case_calendar(session, case, NOW), COMPANY_DAY.day)


def test_an_unpublished_year_becomes_official_only_when_it_is_said_or_shown(world: World) -> None:
    day = (ChangedDay(date(2027, 5, 27), False, False, "司庆"),)

    def state() -> set[int]:
        with world.database.read() as session:
            return calendars.official_years(session, [2027])

    publish(world, Change(2027, day))
    assert state() == set()
    publish(world, Change(2027, day, official=True))
    assert state() == {2027}


def test_the_change_and_its_reason_stand_in_the_audit(world: World, waiting: Waiting) -> None:
    publish(world)
    with world.database.read() as session:
        (entry,) = AuditStore(session).of("calendar", "2026")
    assert (entry.action, entry.reason, entry.actor) == ("calendar.published", "司庆放假", str(world.accounts["ops"]))
    assert entry.after is not None
    assert (entry.after["cases"], entry.after["days"][0]["day"]) == (1, "2026-02-06")


@pytest.mark.parametrize(
    ("change", "reason", "code"),
    [
        (CHANGE, "  ", ErrorCode.REASON_REQUIRED),
        (CHANGE._replace(days=()), "x", ErrorCode.INVALID_INPUT),
        (CHANGE._replace(year=2027), "x", ErrorCode.INVALID_INPUT),
        (CHANGE._replace(days=(COMPANY_DAY, COMPANY_DAY)), "x", ErrorCode.INVALID_INPUT),
        (CHANGE._replace(days=(COMPANY_DAY._replace(is_half_day=True),)), "x", ErrorCode.INVALID_INPUT),
        (CHANGE._replace(institution_code="XX"), "x", ErrorCode.NOT_FOUND),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_stored(
    world: World, change: Change, reason: str, code: ErrorCode
) -> None:
    with pytest.raises(DomainError) as refused:
        publish(world, change, reason)
    assert refused.value.code is code
    with world.database.read() as session:
        assert session.exec(select(CalendarDay)).all() == []
