"""Route x role x {own, child, sibling, parent, other branch, anonymous}, generated from the router (T28).

A new route is walked without a line here. A new kind of path parameter fails until it is named: in `OBJECTS` when
it names something that belongs to an institution, in `PLAIN` when it does not.
"""

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlmodel import Session

from api.app import create_app
from api.security.policy import POLICY, SELF_ACTIONS, Reach
from models.database import Database
from models.settings import Settings
from models.types import Role
from tests.plugins.service import FilledFile
from tests.security.route_walk import Declared, declared_routes
from tests.security.sample_bodies import form_fields, json_schema, sample
from tests.support import matrix_world as world
from tests.support.clients import Clients
from tests.support.gateways import DeadGateway
from tests.support.world import YEAR

PLAIN = {
    "role": Role.MGR.value,
    "year": str(YEAR),
    "version": "1",
    "token": "no-such-token",
    "key": "no-such-key",
    "subject": "matrix",
    "step_no": "1",
    "name": "claim",
    "act": "retry",
    "complaint_act": "reply",
    "number": "3",
    "item": "completion_rate",
    "quarter": "1",
    "form_id": "00000000-0000-7000-8000-000000000000",
    "notification_id": "00000000-0000-7000-8000-000000000000",
    "rollout_id": "00000000-0000-7000-8000-000000000000",
    "batch_id": "00000000-0000-7000-8000-000000000000",
    "hold_id": "00000000-0000-7000-8000-000000000000",
    "bulk_id": "00000000-0000-7000-8000-000000000000",
    "part_id": "00000000-0000-7000-8000-000000000000",
}
"""Path parameters that belong to no institution."""
OBJECTS: dict[str, Callable[[Session, str], str]] = {
    "customer_no": lambda _, place: world.customer_no(place),
    "login": lambda _, place: world.login(place),
    "institution_code": lambda _, place: place,
    "case_id": lambda session, place: str(world.case_id(session, place)),
    "complaint_id": lambda session, place: str(world.complaint_id(session, place)),
    "request_id": lambda session, place: str(world.request_id(session, place)),
    "task_id": lambda session, place: str(world.task_id(session, place)),
    "job_id": lambda session, place: str(world.job_id(session, place)),
    "import_id": lambda session, place: str(world.job_id(session, place)),
    "to": lambda session, place: str(world.person_id(session, place)),
    "people": lambda session, place: str(world.person_id(session, place)),
    "question_id": lambda session, place: str(world.question_id(session, place)),
    "attachment_id": lambda session, place: str(world.attachment_id(session, place)),
    "contact_id": lambda session, place: str(world.contact_id(session, place)),
    "stand_in_id": lambda session, place: str(world.stand_in_id(session, place)),
    "touchpoint_id": lambda session, place: str(world.touchpoint_id(session, place)),
    "survey_id": lambda session, place: str(world.survey_id(session, place)),
    "invitation_id": lambda session, place: str(world.invitation_id(session, place)),
    "veto_id": lambda session, place: str(world.veto_id(session, place)),
    "proof_id": lambda session, place: str(world.proof_id(session, place)),
}
"""Parameters and body fields that name something of an institution."""
DECLARANT_ONLY = ("/withdraw", "/resubmit", "/stand-ins/{stand_in_id}/end")
"""Here the use case itself refuses everybody but whose it is (the declarant, the principal), with the same code."""
NAMES_COLLEAGUES = ("/candidates", "/stand-ins", "/stand-ins/rehearse")
"""Here people beyond the caller's institutions are named, so that one of them can be chosen: their names only."""
PAGES_WITH_PICKERS = (
    "/tasks/{task_id}",
    "/cases/{case_id}",
    "/complaints/{complaint_id}",
    "/green-channel/{request_id}",
    "/care/touchpoints/{touchpoint_id}",
    "/customers/{customer_no}/manager",
)
"""The same on pages: there a foreign name may stand in an option to choose, and nowhere else."""
NAMES_THE_CUSTOMER = ("/green-channel/new", "/green-channel/new/preview")
"""Here the customer that asks is named, of whatever institution: its name, number and tier only."""
ANY_CUSTOMER = ("/green-channel", *NAMES_THE_CUSTOMER, "/inquiries", "/complaints", "/complaints/new")
"""A request is taken wherever a customer asks (article 17 item 8); nothing more of the customer is shown for it."""
PER_ITEM = ("/bulk-decide",)
"""Here every item has a status of its own."""
_OPTION = re.compile(r"<option\b[^>]*>[^<]*</option>")
_CODE_ON_PAGE = re.compile(r"<code>([a-z_]+)</code>")


@dataclass(frozen=True)
class Matrix:
    """The application over the matrix world, and the ids of its objects by place and parameter name."""

    app: FastAPI
    database: Database
    clients: Clients
    objects: Mapping[str, Mapping[str, str]]

    @property
    def records(self) -> Path:
        """The SQLite file."""
        settings: Settings = self.app.state.settings
        return settings.home / "records.db"

    def keep(self) -> None:
        """Remember the records as they are."""
        _copy_records(self.records, self.records.with_suffix(".kept"))

    def restore(self) -> None:
        """Undo whatever an allowed request changed."""
        _copy_records(self.records.with_suffix(".kept"), self.records)

    def path(self, route: Declared, place: str) -> str:
        """The address of a route for the objects of a place."""
        return route.path.format_map(PLAIN | dict(self.objects[place]))

    def guarded(self) -> list[Declared]:
        """The routes that ask for an action and whose parameters are all named."""
        named = PLAIN.keys() | OBJECTS.keys()
        return [route for route in declared_routes(self.app) if route.guard and named >= set(route.parameters)]

    def names_objects(self, route: Declared) -> tuple[bool, bool]:
        """Whether the path, and whether the body, name something of an institution."""
        if {"part_id", "rollout_id"}.intersection(route.parameters):
            return (
                False,
                False,
            )  # a launch is the whole company's, and this world has none: see tests/api/test_rollout.py
        body = str(self.body(route, "own")) if not route.is_safe else ""
        in_body = any(value in body for name, value in self.objects["own"].items() if name in _body_names(body))
        return any(name in OBJECTS for name in route.parameters), in_body

    def body(self, route: Declared, place: str) -> object:
        """JSON body or form of a route for the objects of a place."""
        if not route.is_api:
            return form_fields(route, self.objects[place])
        description = self.app.openapi()
        schema = json_schema(route, description)
        return sample(schema, description, self.objects[place]) if schema else None

    async def send(self, client: httpx2.AsyncClient, route: Declared, place: str) -> httpx2.Response:
        """The request of a route for the objects of a place."""
        path, headers = self.path(route, place), {"Idempotency-Key": uuid4().hex}
        if route.is_safe:
            return await client.get(path)
        if route.is_api:
            return await client.request(route.method, path, json=self.body(route, place), headers=headers)
        return await client.request(route.method, path, data=form_fields(route, self.objects[place]), headers=headers)


def _copy_records(source: Path, target: Path) -> None:
    """Page by page under the target's own lock: the dispatcher of the application may be reading it."""
    with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(target)) as records:
        kept.backup(records)


def _body_names(body: str) -> set[str]:
    return set(re.findall(r"'([a-z_]+)':", body))


def _build(database: Database) -> None:
    with database.write() as session:
        world.build(session)


@pytest.fixture
async def matrix(settings: Settings, filled_file: FilledFile) -> AsyncIterator[Matrix]:
    """The matrix over its own copy of the records."""
    shutil.copyfile(filled_file(_build), settings.home / "records.db")
    database = Database.from_settings(settings)
    app = create_app(settings, database, DeadGateway())
    clients = Clients(app, database)
    with database.read() as session:
        objects = {place: _named(session, code) for place, code in world.PLACES.items()}
    async with app.router.lifespan_context(app):
        yield Matrix(app, database, clients, objects)
    await clients.close()
    database.dispose()


def _named(session: Session, place: str) -> Mapping[str, str]:
    return {name: value(session, place) for name, value in OBJECTS.items()}


async def test_every_path_parameter_is_named(matrix: Matrix) -> None:
    """A route that the matrix cannot walk fails here, and says what to add to OBJECTS or PLAIN."""
    named = PLAIN.keys() | OBJECTS.keys()
    _none(
        [f"{route}: {missing}" for route in declared_routes(matrix.app) if (missing := set(route.parameters) - named)]
    )


@pytest.mark.timeout(400)  # several thousand requests a role
@pytest.mark.parametrize("role", Role)
async def test_what_a_role_may_do_where(matrix: Matrix, role: Role) -> None:
    """Not the post's action: 403. Out of its institutions: 404. Else the request reaches the use case."""
    api, page = matrix.clients.token(world.actor(role)), matrix.clients.browser(world.actor(role))
    matrix.keep()
    wrong: list[str] = []
    for route in matrix.guarded():
        if route.is_endless:
            continue
        wrong += await _walk(matrix, api if route.is_api else page, route, role)
    _none(wrong)


def _none(wrong: list[str]) -> None:
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


async def _walk(matrix: Matrix, client: httpx2.AsyncClient, route: Declared, role: Role) -> list[str]:
    in_path, in_body = matrix.names_objects(route)
    wrong = []
    for place in _places(route, role, named=in_path or in_body):
        answer = await matrix.send(client, route, place)
        fault = _fault(route, role, place, answer, in_path=in_path, in_body=in_body)
        if fault:
            wrong.append(f"{role.value} {route} {place}: {fault}")
        if not route.is_safe and answer.status_code not in {403, 404}:
            matrix.restore()
    return wrong


def _places(route: Declared, role: Role, *, named: bool) -> Iterable[str]:
    """Every place for one role of each reach; the others of that reach are let in and kept out by the same query.

    A refusal by role comes before any object is looked at: one place tells enough.
    """
    reach = _reach(route, role)
    if not named or reach is None:
        return ("own",)
    return world.PLACES if role is _first_of(route, reach) else ("own", "other")


def _first_of(route: Declared, reach: Reach) -> Role:
    return next(role for role in Role if _reach(route, role) is reach)


def _reach(route: Declared, role: Role) -> Reach | None:
    assert route.guard is not None
    action = route.guard.action
    return Reach.SELF if action in SELF_ACTIONS else POLICY[action].get(role)


def _fault(
    route: Declared, role: Role, place: str, answer: httpx2.Response, *, in_path: bool, in_body: bool
) -> str | None:
    reach, code, status = _reach(route, role), _code(answer), _status(route, answer)
    if reach is None:
        return None if (status, code) == (403, "not_allowed") else f"expected not_allowed, got {status} {code}"
    sees = reach is Reach.ALL or place in world.IN_SUBTREE
    leaked = (
        []
        if reach is Reach.ALL
        else _foreign_markers(_without_customer(route, _without_colleagues(route, answer.text)))
    )
    if leaked:
        return f"shows {leaked}"
    if not sees and in_path:
        return None if (status, code) == (404, "not_found") else f"expected not_found, got {status} {code}"
    if not sees and in_body and not route.path.endswith(ANY_CUSTOMER):
        return None if status in {404, 422} else f"expected 404 or 422, got {status} {code}"
    if code == "not_allowed" and route.path.endswith(DECLARANT_ONLY):
        return None
    return _not_reached(status, code, named=in_path or in_body)


def _status(route: Declared, answer: httpx2.Response) -> int:
    if answer.status_code == 200 and route.is_api and route.path.endswith(PER_ITEM):
        return int(answer.json()["items"][0]["status"])
    return answer.status_code


def _not_reached(status: int, code: str, *, named: bool) -> str | None:
    """What is wrong with the answer to a request that should have reached its use case."""
    if status == 500 or code in {"not_allowed", "sign_in_required", "csrf_failed"} or (named and status == 404):
        return f"should pass, got {status} {code}"
    return None


def _code(answer: httpx2.Response) -> str:
    if answer.headers.get("content-type") == "application/problem+json":
        return str(answer.json()["code"])
    found = _CODE_ON_PAGE.search(answer.text) if answer.status_code >= 400 else None
    return found.group(1) if found else ""


def _foreign_markers(text: str) -> list[str]:
    return [place for key, place in world.PLACES.items() if key not in world.IN_SUBTREE and world.marker(place) in text]


def _without_colleagues(route: Declared, text: str) -> str:
    """The answer without the names of people to choose from; whatever else it shows of them stays."""
    if not route.is_api and route.path.startswith((*PAGES_WITH_PICKERS, *NAMES_COLLEAGUES)):
        return _OPTION.sub(lambda option: _without_names(option.group()), text)
    return _without_names(text) if route.is_api and route.path.endswith(NAMES_COLLEAGUES) else text


def _without_customer(route: Declared, text: str) -> str:
    """The page without the name of the one customer it is about."""
    if not route.path.endswith(NAMES_THE_CUSTOMER):
        return text
    for place in world.PLACES.values():
        text = text.replace(f"<b>{world.marker(place)}</b>", "", 1)
    return text


def _without_names(text: str) -> str:
    for place in world.PLACES.values():
        text = text.replace(world.colleague(place), "")
    return text


async def test_nobody_gets_in_without_signing_in(matrix: Matrix) -> None:
    client, wrong = matrix.clients.anonymous(), []
    for route in matrix.guarded():
        answer = await matrix.send(client, route, "own")
        led_to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?return_to=")
        if answer.status_code != 401 and not (led_to_sign_in and route.is_safe and not route.is_api):
            wrong.append(f"{route}: {answer.status_code}")
    _none(wrong)


async def test_the_matrix_world_is_seen_by_those_who_may(matrix: Matrix) -> None:
    """Hidden things are hidden because of scope, not because they are not there."""
    auditor = matrix.clients.token(world.actor(Role.AUDIT))
    shown = (await auditor.get("/api/v1/staff?limit=200")).text
    assert all(world.marker(place) in shown for place in world.PLACES.values())
