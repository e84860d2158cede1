"""The authorisation table itself."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlmodel import select

from api.security.policy import POLICY, SELF_ACTIONS, Action, HeldPost, Reach, allowed, scope_of
from api.security.policy_page import page
from models.database import Database
from models.stores.scope import EVERYTHING, NOTHING, Scope, scoped
from models.tables.organisation import Institution
from models.types import Role
from tests.security.route_walk import declared_routes

_ADMINS = (Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN)
_ABOUT_CUSTOMERS = (
    Action.READ_CUSTOMERS,
    Action.READ_SCORES,
    Action.READ_RANKING,
    Action.READ_CASES,
    Action.READ_TASKS,
)


def test_the_page_is_up_to_date() -> None:
    stored = (Path(__file__).parents[2] / "docs" / "authorisation.md").read_text(encoding="utf-8")
    assert stored == page(), "run: python -m api.security.policy_page"


def test_every_action_stands_in_the_table() -> None:
    assert set(POLICY) == set(Action)


async def test_every_route_declares_exactly_one_guard(app: FastAPI) -> None:
    wrong = [f"{route}: {len(route.guards)} guards" for route in declared_routes(app) if len(route.guards) != 1]
    assert wrong == []


async def test_a_route_without_an_action_is_found(app: FastAPI) -> None:
    async def forgotten() -> None:
        """A route nobody guarded."""

    app.add_api_route("/api/v1/forgotten", forgotten)
    assert [str(route) for route in declared_routes(app) if not route.guards] == ["GET /api/v1/forgotten"]


@pytest.mark.parametrize("role", _ADMINS)
@pytest.mark.parametrize("action", _ABOUT_CUSTOMERS)
def test_administrators_see_no_customer(role: Role, action: Action) -> None:
    assert not allowed([HeldPost(role, "HQ", "/HQ/")], action)


def test_operations_sees_cases_but_no_score() -> None:
    posts = [HeldPost(Role.OPS, "HQ", "/HQ/")]
    assert scope_of(posts, Action.READ_CASES) == EVERYTHING
    assert not allowed(posts, Action.READ_SCORES)
    assert not allowed(posts, Action.READ_CUSTOMERS)


@pytest.mark.parametrize("action", [a for a in Action if a.value.startswith(("manage", "act_", "declare", "evaluate"))])
def test_the_auditor_only_reads(action: Action) -> None:
    assert not allowed([HeldPost(Role.AUDIT, "HQ", "/HQ/")], action)


def test_nobody_without_a_post_reaches_beyond_the_own_account() -> None:
    assert {action for action in Action if allowed([], action)} == SELF_ACTIONS
    assert all(scope_of([], action) == NOTHING for action in Action)


def test_a_post_gives_no_scope_for_what_another_post_allows() -> None:
    posts = [HeldPost(Role.MGR, "NO1", "/HQ/NO/NO1/"), HeldPost(Role.BR_CTR, "SO", "/HQ/SO/")]
    assert scope_of(posts, Action.DECLARE) == Scope(("/HQ/NO/NO1/",))
    assert scope_of(posts, Action.READ_CUSTOMERS) == Scope(("/HQ/NO/NO1/", "/HQ/SO/"))


def test_only_posts_without_an_institution_reach_all() -> None:
    far = {role for row in POLICY.values() for role, reach in row.items() if reach is Reach.ALL}
    assert far == {Role.AUDIT, Role.OPS, Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN}


@pytest.mark.parametrize(
    ("scope", "codes"),
    [
        (Scope(("/HQ/NO/NO1/",)), ["NO1", "NO1X"]),
        (Scope(("/HQ/NO/",)), ["NO", "NO1", "NO1X", "NO2"]),
        (Scope(("/HQ/NO/NO2/", "/HQ/SO/")), ["NO2", "SO", "SO1"]),
        (Scope(("/HQ/N_/",)), []),
        (Scope(("/HQ/%/",)), []),
        (NOTHING, []),
        (EVERYTHING, ["HQ", "NO", "NO1", "NO1X", "NO2", "SO", "SO1"]),
    ],
)
def test_the_scope_restricts_inside_the_query(organisation: Database, scope: Scope, codes: list[str]) -> None:
    statement = scoped(select(Institution), Institution.code, scope).order_by(Institution.path)
    with organisation.read() as session:
        found = session.exec(statement).all()
    assert [row.code for row in found] == codes
    assert all(scope.covers(row.path) for row in found)
