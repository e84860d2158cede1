"""Numbers of the dashboards against a plain count of every record, and each of them against the rows behind it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from api.dashboard_answers import owner_of, value_of
from models.database import Database
from models.encryption import Keyring
from models.errors import DomainError, ErrorCode
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.service_types import SpendKind
from models.services.dashboard.figures import PanelName
from models.services.dashboard.panels import COUNTED, lines, rows
from models.services.dashboard.standing import Asked, Level, Reader, Standing, stand
from models.services.dashboard.work import AGES, NEWEST_STEPS
from models.stores import dashboard as store
from models.stores.dashboard import Ground
from models.stores.scope import EVERYTHING, NOTHING, Scope
from models.stores.service_counts import ServiceCounts
from models.tables.care import Touchpoint
from models.tables.cases import Membership, Task
from models.tables.spend import SpendEntry, SpendPlan
from models.types import MembershipStage, Stage, TaskState, Tier
from tests.plugins.postgres import SECRET
from tests.support.dashboard_world import PLACES, fill, span_of
from tests.support.world import World

NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
TODAY = local_date(NOW)
FIRST, LAST = span_of(NOW)
NOBODY = UUID(int=1)
HEAD_OFFICE = Reader(NOBODY, EVERYTHING, is_manager=False)
BRANCH = Reader(NOBODY, Scope(("/HQ/BJ/",)), is_manager=False)
DAYS = Asked(first=FIRST, last=LAST)
STANDINGS = {
    "head office": (HEAD_OFFICE, DAYS),
    "silver": (HEAD_OFFICE, DAYS._replace(tier=Tier.SILVER)),
    "a branch": (BRANCH, DAYS),
    "a sub-branch": (BRANCH, DAYS._replace(institution="BJ01")),
    "a manager": (Reader(NOBODY, NOTHING, is_manager=True), DAYS),
}
Numbers = Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def filled(lasting_database: Database) -> World:
    """Random records around the instant."""
    return fill(lasting_database, NOW)


@pytest.fixture(params=STANDINGS)
def asked(request: pytest.FixtureRequest, filled: World) -> tuple[Database, Reader, Asked]:
    """Who asks for what, in turn."""
    reader, asked = STANDINGS[request.param]
    if reader.is_manager:
        reader = reader._replace(account_id=filled.accounts["mgr"])
    return filled.database, reader, asked


def _numbers(session: Session, at: Standing, panel: PanelName) -> Numbers:
    found, marks = lines(session, at, panel) or (), COUNTED[panel]
    return Counter({(line.key, mark): int(line.cells[mark] or 0) for line in found for mark in marks})


def _id(row: Any) -> UUID:
    row = getattr(row, "row", row)
    found: UUID = getattr(row, "id", None) or row.case_id
    return found


def _pages(session: Session, at: Standing, panel: PanelName, key: str, mark: str) -> Iterator[Any]:
    after = None
    while page := rows(session, at, panel, key, mark, after=after, limit=7):
        yield from page
        after = _id(page[-1])


def test_every_number_counts_the_rows_that_it_opens(asked: tuple[Database, Reader, Asked]) -> None:
    database, reader, wanted = asked
    with database.read() as session:
        at, total = stand(session, reader, wanted, NOW), 0
        for panel in COUNTED:
            for (key, mark), number in _numbers(session, at, panel).items():
                found = [_id(row) for row in _pages(session, at, panel, key, mark)]
                assert (panel, key, mark, len(found)) == (panel, key, mark, number)
                assert len(set(found)) == number
                total += number
    assert total > 20


def test_every_sum_and_mean_is_that_of_the_rows_that_it_opens(asked: tuple[Database, Reader, Asked]) -> None:
    database, reader, wanted = asked
    with database.read() as session:
        at, seen = stand(session, reader, wanted, NOW), _seen(session, reader, wanted)
        opened = 0
        for line in lines(session, at, PanelName.COST) or ():
            for mark in ("spent", "budget"):
                found = list(_pages(session, at, PanelName.COST, line.key, mark))
                assert (mark, line.cells[mark]) == (mark, sum((value_of(row) or 0 for row in found), Decimal(0)))
                assert all(seen(owner_of(row)) for row in found)
                opened += len(found)
        plans = {plan.id: plan for plan in filter(seen, session.exec(select(SpendPlan)))}
        spent = [row for row in session.exec(select(SpendEntry)) if row.plan_id in plans and FIRST <= row.day <= LAST]
        wanted_rows = sum(row.kind is SpendKind.COMMIT for row in spent)
        wanted_rows += sum(plan.first_on <= LAST <= plan.last_on for plan in plans.values())
        assert opened == wanted_rows > 2
        for line in lines(session, at, PanelName.SATISFACTION) or ():
            scores = [value_of(row) for row in _pages(session, at, PanelName.SATISFACTION, line.key, "valid")]
            assert len(scores) == line.cells["valid"]
            if line.cells["score"] is not None:
                mean = sum((score or Decimal(0) for score in scores), Decimal(0)) / len(scores)
                assert abs(mean - Decimal(line.cells["score"])) <= Decimal("0.01")


Seen = Callable[[Any], bool]


def _seen(session: Session, reader: Reader, wanted: Asked) -> Seen:
    """Whether a row lies in what is asked for."""
    path = f"/HQ/BJ/{'BJ01/' if wanted.institution else ''}" if reader is BRANCH or wanted.institution else "/"
    over = (MembershipStage.EXPIRED, MembershipStage.CANCELLED)
    running = [row for row in session.exec(select(Membership)) if row.stage not in over]
    own = {row.customer_no for row in running if row.manager_id == reader.account_id}

    def seen(row: Any) -> bool:
        if wanted.tier is not None and row.tier is not wanted.tier:
            return False
        if not reader.is_manager:
            return PLACES[row.institution_code].startswith(path)
        return row.manager_id == reader.account_id if isinstance(row, Membership) else row.customer_no in own

    return seen


def _unit(at: Standing, code: str) -> str:
    if at.level is Level.MANAGER:
        return "me"
    if at.level is Level.HQ:
        return "BJ" if code == "BJ01" else code
    return code


def _held(row: Membership, day: date) -> bool:
    if not row.valid_from <= day <= row.valid_to:
        return False
    last = row.ended_on or row.valid_to
    return last > day or (last == day and row.stage is not MembershipStage.CANCELLED)


def _gone(row: Membership) -> date:
    return row.ended_on or row.valid_to


def _ran(row: Membership) -> bool:
    return row.ended_on is None or row.ended_on > row.valid_from


def _moves(row: Membership, everybody: list[Membership]) -> Iterator[str]:
    others = [o for o in everybody if o.customer_no == row.customer_no and o.id != row.id]
    others = [o for o in others if o.stage is not MembershipStage.CANCELLED]
    past = {o.tier for o in others if o.year >= row.year - 1 and _gone(o) < _gone(row) and _ran(o)}
    begun = FIRST <= row.valid_from <= min(LAST, TODAY) and _ran(row)
    buffered = row.buffer_until is not None and FIRST <= row.buffer_until <= LAST and row.buffer_until < TODAY
    if begun and not past:
        yield "new"
    if begun and row.tier is Tier.GOLD and past == {Tier.SILVER}:
        yield "upgraded"
    if buffered or (begun and row.tier is Tier.SILVER and Tier.GOLD in past):
        yield "downgraded"
    if row.stage is MembershipStage.CANCELLED:
        if row.ended_on and FIRST <= row.ended_on <= LAST:
            yield "cancelled"
    elif FIRST <= _gone(row) <= LAST and _gone(row) < TODAY and _ran(row):
        with_its_buffer = row.buffer_until is not None and row.buffer_until == row.ended_on
        if not with_its_buffer and not any(_gone(o) > _gone(row) for o in others):
            yield "left"


def _oracle(session: Session, at: Standing, seen: Seen) -> dict[PanelName, Numbers]:
    found: dict[PanelName, Numbers] = {panel: Counter() for panel in COUNTED}
    everybody = list(session.exec(select(Membership)))
    for row in filter(seen, everybody):
        unit = _unit(at, row.institution_code)
        if _held(row, LAST):
            found[PanelName.TIERS][unit, row.tier.value] += 1
        found[PanelName.MOVES].update((row.tier.value, move) for move in _moves(row, everybody))
        if _held(row, FIRST):
            found[PanelName.RETENTION][unit, "base"] += 1
            same = [other for other in everybody if other.customer_no == row.customer_no]
            found[PanelName.RETENTION][unit, "kept"] += any(_held(other, LAST) for other in same)
    for point in filter(seen, session.exec(select(Touchpoint))):
        if FIRST <= point.planned_on <= LAST and point.stage not in {Stage.SKIPPED, Stage.CANCELLED}:
            found[PanelName.CARE][f"{point.planned_on:%Y-%m}", "due"] += 1
            found[PanelName.CARE][f"{point.planned_on:%Y-%m}", "done"] += point.stage is Stage.DONE
    bounds = [cal.subtract_working_days(at.calendar, NOW, days) for days in AGES]
    for task in filter(seen, session.exec(select(Task).where(Task.state == TaskState.OPEN))):
        age = sum(task.opened_at < bound for bound in bounds)
        found[PanelName.AGEING][task.kind.value, f"age{age}"] += 1
    return found


def test_every_number_is_that_of_the_records(asked: tuple[Database, Reader, Asked]) -> None:
    database, reader, wanted = asked
    with database.read() as session:
        at = stand(session, reader, wanted, NOW)
        oracle = _oracle(session, at, _seen(session, reader, wanted))
        for panel in (PanelName.TIERS, PanelName.MOVES, PanelName.RETENTION, PanelName.CARE, PanelName.AGEING):
            assert (panel, +_numbers(session, at, panel)) == (panel, +oracle[panel])
    assert sum(each.total() for each in oracle.values()) > 8


def test_the_world_holds_every_move(filled: World) -> None:
    with filled.database.read() as session:
        found = _numbers(session, stand(session, HEAD_OFFICE, DAYS, NOW), PanelName.MOVES)
    assert {mark for (_, mark), number in found.items() if number} == {
        "new", "upgraded", "downgraded", "left", "cancelled"
    }  # fmt: skip


@pytest.mark.parametrize(("reader", "scope"), [(HEAD_OFFICE, EVERYTHING), (BRANCH, Scope(("/HQ/BJ/",)))])
def test_services_are_counted_as_on_the_page_of_a_customer(filled: World, reader: Reader, scope: Scope) -> None:
    with filled.database.read() as session:
        numbers = _numbers(session, stand(session, reader, DAYS, NOW), PanelName.ON_TIME)
        counts = ServiceCounts(session, FIRST, LAST, scope).by_code(NOW)
    found = {(*key.split(".")[1:], mark): number for (key, mark), number in numbers.items()}
    judged = {(*entry, "judged"): kept.judged for entry, kept in counts.items() if kept.judged}
    assert found == judged | {(*entry, "in_time"): kept.in_time for entry, kept in counts.items() if kept.judged}
    assert len(judged) >= 5


def test_queues_wait_by_person_or_post_and_the_most_overdue_stand_first(filled: World) -> None:
    wanted: dict[str, Numbers] = {}
    with filled.database.read() as session:
        at = stand(session, HEAD_OFFICE, DAYS, NOW)
        for task in session.exec(select(Task).where(Task.state == TaskState.OPEN)):
            queue = wanted.setdefault(f"{task.role}.{task.institution_code}.{task.assignee_id or ''}", Counter())
            queue["", "waiting"] += 1
            queue["", "overdue"] += task.due_at < NOW
        found = lines(session, at, PanelName.QUEUES)
    assert found is not None
    assert [line.cells["overdue"] for line in found] == sorted(
        (queue["", "overdue"] for queue in wanted.values()), reverse=True
    )[: len(found)]
    for line in found:
        assert {("", mark): line.cells[mark] for mark in ("waiting", "overdue")} == wanted[line.key]


def test_the_median_is_that_of_the_newest_steps_in_working_hours(filled: World) -> None:
    with filled.database.read() as session:
        at = stand(session, HEAD_OFFICE, DAYS, NOW)
        found = lines(session, at, PanelName.QUEUES) or ()
        counted = 0
        for line in found:
            steps = list(_pages(session, at, PanelName.QUEUES, line.key, "handled"))
            newest = sorted(steps, key=lambda task: task.closed_at, reverse=True)[:NEWEST_STEPS]
            minutes = [cal.working_minutes_between(at.calendar, task.opened_at, task.closed_at) for task in newest]
            assert (line.cells["median"] is None) == (not steps)
            if line.cells["median"] is not None:
                assert abs(float(line.cells["median"]) - median(minutes) / 60) < 0.051
                counted += 1
    assert counted > 3


REFUSED = {
    "a branch reader, head office": (BRANCH, Asked(level=Level.HQ)),
    "another branch": (BRANCH, Asked(institution="SH")),
    "nobody's customers": (BRANCH, Asked(level=Level.MANAGER)),
    "a manager, a branch": (Reader(NOBODY, NOTHING, is_manager=True), Asked(institution="BJ")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_nobody_stands_beyond_its_scope(filled: World, case: str) -> None:
    reader, wanted = REFUSED[case]
    with filled.database.read() as session, pytest.raises(DomainError) as refused:
        stand(session, reader, wanted, NOW)
    assert refused.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    "key", ["", "x", "care.Z08", "request.Z04.x", "complaint.Z18.x", "MGR.BJ.not-an-id", "2026-13"]
)
@pytest.mark.parametrize("panel", COUNTED)
def test_a_line_that_is_none_is_not_found_or_empty(filled: World, panel: PanelName, key: str) -> None:
    with filled.database.read() as session:
        at = stand(session, HEAD_OFFICE, DAYS, NOW)
        with suppress(DomainError):
            assert rows(session, at, panel, key, COUNTED[panel][0], after=None, limit=5) == []


def test_a_panel_costs_the_same_statements_however_much_there_is(filled: World) -> None:
    seen: list[str] = []
    event.listen(filled.database.engine, "before_cursor_execute", lambda *found: seen.append(found[2]))
    counts: list[dict[PanelName, int]] = []
    for first in (TODAY - timedelta(days=1), FIRST):
        with filled.database.read() as session:
            at = stand(session, HEAD_OFFICE, Asked(first=first, last=TODAY), NOW)
            counts.append({})
            for panel in PanelName:
                seen.clear()
                lines(session, at, panel)
                counts[-1][panel] = len(seen)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 5


@pytest.mark.parametrize("tier", [None, Tier.GOLD])
def test_open_work_of_one_manager_is_counted_from_the_index_alone(sqlite_template: Path, tier: Tier | None) -> None:
    database, seen = Database(f"sqlite:///{sqlite_template}", Keyring(SECRET)), list[Any]()
    event.listen(database.engine, "before_cursor_execute", lambda *found: seen.append(found[2:4]))
    ground = Ground(EVERYTHING, FIRST, LAST, tier, manager_id=NOBODY)
    for counted in (store.queues(ground, NOW), store.open_tasks(ground, [NOW, NOW - timedelta(days=3)])):
        with database.read() as session:
            store.numbers(session, counted)
            statement, values = seen[-1]
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            assert "COVERING INDEX ix_task_open_counts" in "\n".join(str(row[-1]) for row in plan)
    database.dispose()
