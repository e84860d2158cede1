"""Spend, quarter, dashboard and duties are read through indexes on both databases: other rows cost them nothing."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from models.database import Database
from models.rulebook import load_builtin
from models.services.post_duties import duties_of
from models.stores import dashboard as store
from models.stores.dashboard import Counted, Ground
from models.stores.facts import Asked
from models.stores.quarter import QuarterStore
from models.stores.scope import NOTHING, Scope
from models.stores.spend import Reader
from models.stores.spend_sums import SpendSums
from models.types import Role
from tests.support.plans import query_plans, read_from_end_to_end

ID = UUID(int=7)
NOW = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
HEAD_OFFICE, BRANCH = Scope(("/HQ/",)), Scope(("/HQ/BJ/",))
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
GROWING = (
    "task", "touchpoint", "green_channel_record", "complaint_record", "survey_invitation", "workflow_case",
    "spend_plan", "spend_line", "spend_entry", "quarter_line", "quarter_count", "customer",
)  # fmt: skip
"""Tables that have more rows every day, or ten thousand of them."""


def _growing(found: list[str]) -> list[str]:
    return [f"{table}: {plan}" for plan in found for table in read_from_end_to_end(plan, GROWING)]


@pytest.mark.parametrize("reader", [Reader(HEAD_OFFICE), Reader(BRANCH), Reader(NOTHING, ID)], ids=["HQ", "BJ", "MGR"])
def test_a_year_of_spend_is_added_up_from_the_index_of_the_ledger(database: Database, reader: Reader) -> None:
    by_estimate = query_plans(database, lambda session: SpendSums(session, 2025, reader).by_estimate())
    by_item = query_plans(database, lambda session: SpendSums(session, 2025, reader).by_item())
    assert not _growing(by_estimate + by_item)
    assert "ix_spend_entry_plan" in by_estimate[0]
    assert sum("ix_spend_entry_plan" in plan for plan in by_item) == 1


def test_a_quarter_is_added_up_from_the_lines_of_its_summaries(database: Database) -> None:
    found = query_plans(database, lambda session: QuarterStore(session).totals([ID, UUID(int=8)]))
    assert len(found) == 2
    assert not _growing(found)


def _counted(ground: Ground) -> list[Counted]:
    return [
        store.touchpoints(ground, NOW),
        store.requests(ground, NOW),
        store.complaints(ground, NOW),
        store.care_days(ground, NOW),
        store.open_tasks(ground, [NOW]),
        store.queues(ground, NOW),
        store.surveys(ground),
        store.spent(ground),
        store.budgets(ground, LAST),
    ]


@pytest.mark.parametrize("scope", [HEAD_OFFICE, BRANCH], ids=["HQ", "BJ"])
def test_no_panel_reads_everything_there_ever_was(database: Database, scope: Scope) -> None:
    for counted in _counted(Ground(scope, FIRST, LAST)):
        found = query_plans(database, lambda session, counted=counted: store.numbers(session, counted))  # type: ignore[misc]  # bound in the loop
        assert not _growing(found)


@pytest.mark.parametrize("role", [role.role for role in load_builtin().organisation.roles])
@pytest.mark.parametrize("scope", [HEAD_OFFICE, BRANCH], ids=["HQ", "BJ"])
def test_duties_of_a_month_are_found_by_the_day_they_are_due(database: Database, role: Role, scope: Scope) -> None:
    asked = Asked(FIRST, LAST, NOW, scope)
    assert not _growing(query_plans(database, lambda session: duties_of(session, load_builtin(), role, asked)))


@pytest.mark.parametrize("condition", ["", "WHERE title = 'x'"])
def test_what_reads_a_table_from_end_to_end_is_told(database: Database, condition: str) -> None:
    """The tests above could not fail otherwise."""
    (found,) = query_plans(database, lambda session: session.execute(text(f"SELECT id FROM task {condition}")))
    assert read_from_end_to_end(found, GROWING) == ["task"], found
