"""Head office's care calendar walks one index on both databases, and the sweep another: other rows cost nothing."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from sqlmodel import Session

from models.database import Database
from models.stores.care_calendar import CareCalendarStore, CareFilter, Reader
from models.stores.care_running import RunningStore
from models.stores.scope import Scope
from models.types import Stage
from tests.support.plans import query_plans

ID = UUID(int=7)
HEAD_OFFICE, BRANCH = Reader(ID, Scope(("/HQ/",))), Reader(ID, Scope(("/HQ/BJ/",)))
JUNE = CareFilter(first=date(2026, 6, 1), last=date(2026, 6, 30), merged=False)
Ask = Callable[[Session], object]


def _plans(database: Database, ask: Ask) -> list[str]:
    return query_plans(database, ask, "enable_bitmapscan")


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: CareCalendarStore(session).listed(HEAD_OFFICE, JUNE, limit=51),
        lambda session: CareCalendarStore(session).listed(HEAD_OFFICE, JUNE, after=(date(2026, 6, 9), ID), limit=51),
        lambda session: CareCalendarStore(session).listed(HEAD_OFFICE, CareFilter(merged=False), limit=51),
        lambda session: CareCalendarStore(session).listed(HEAD_OFFICE, JUNE._replace(stages=(Stage.DUE,)), limit=51),
    ],
    ids=["a month", "a later page", "everything", "a stage"],
)
def test_head_office_reads_its_list_in_the_order_of_the_index(database: Database, ask: Ask) -> None:
    (plan,) = _plans(database, ask)
    assert "ix_touchpoint_due" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def test_head_office_counts_the_days_of_a_month_from_its_index(database: Database) -> None:
    (plan,) = _plans(database, lambda session: CareCalendarStore(session).per_day(HEAD_OFFICE, JUNE))
    assert "ix_touchpoint_due" in plan
    assert "SCAN touchpoint" not in plan.replace("SCAN touchpoint USING INDEX", "")


def test_a_branch_still_enters_by_its_own_institutions_and_people(database: Database) -> None:
    plans = _plans(database, lambda session: CareCalendarStore(session).listed(BRANCH, JUNE, limit=51))
    assert plans
    assert all("Seq Scan on touchpoint" not in plan for plan in plans)


def test_the_sweep_finds_running_cases_by_their_own_index(database: Database) -> None:
    (plan,) = _plans(database, lambda session: RunningStore(session).of_institutions(["BJ", "BJ01"], ID, 200))
    assert "ix_touchpoint_running" in plan


@pytest.mark.parametrize(
    ("paths", "everything"),
    [(("/",), True), (("/HQ/",), True), (("/HQ/BJ/",), False), (("/HQ/BJ/", "/HQ/"), True), ((), False)],
)
def test_only_who_holds_the_root_holds_everything(paths: tuple[str, ...], everything: bool) -> None:
    assert Scope(paths).is_everything is everything
