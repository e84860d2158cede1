"""人员岗位: who holds which post where; empty posts first. For the security administrator."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.pages.people_view import NewPost, PeopleFilter, people_page
from api.pages.render import render, see_other
from api.pages.view.people import NewPersonForm
from api.paging import PagingDep
from api.problems import invalid_input, problem_of
from api.schemas.access import NewPersonRequest
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services import accounts
from models.settings import Settings
from models.types import Role

PEOPLE = "/admin/people"
router = APIRouter(prefix=PEOPLE)
AdminDep = Annotated[Caller, require(Action.MANAGE_STAFF)]
Text = Annotated[str, Form(max_length=256)]


@router.get("")
def show_people(
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    caller: AdminDep,
    *,
    institution: Annotated[str, Query(max_length=32)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Empty posts, then people with their posts."""
    with database.read() as session:
        model = people_page(request, caller, session, PeopleFilter(institution=institution, paging=paging, done=done))
    return render(request, "pages/people.html", model)


@router.post("")
def create_person(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    paging: PagingDep,
    caller: AdminDep,
    *,
    login: Text = "",
    name: Text = "",
    email: Text = "",
    institution_code: Text = "",
    role: Text = "",
) -> Response:
    """Enter a person with a post, and show the activation link."""
    typed = {"login": login.strip(), "name": name.strip(), "email": email.strip() or None}
    try:
        person = _checked(typed | {"institution_code": institution_code, "roles": [role]})
        with database.write() as session:
            account = accounts.create_person(
                session, person, by=caller.by, now=datetime.now(UTC), scope=caller.scope(Action.MANAGE_STAFF)
            )
    except DomainError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        kept = NewPersonForm(login=login, name=name, email=email, institution_code=institution_code, role=role)
        with database.read() as session:
            chosen = PeopleFilter(paging=paging, error=error, new_person=kept)
            model = people_page(request, caller, session, chosen)
        return render(request, "pages/people.html", model, problem_of(error).status)
    return _with_link(request, database, settings, caller, account.login)


@router.post("/{login}/activation-link")
def create_activation_link(
    request: Request, login: str, database: DatabaseDep, settings: SettingsDep, caller: AdminDep
) -> Response:
    """Show a new activation link, this once."""
    return _with_link(request, database, settings, caller, login)


@router.post("/{login}/posts")
def add_post(
    request: Request,
    login: str,
    database: DatabaseDep,
    paging: PagingDep,
    caller: AdminDep,
    *,
    role: Text = "",
    institution_code: Text = "",
) -> Response:
    """Give a post; a refused one stays open in the person's row."""
    scope = caller.scope(Action.MANAGE_STAFF)
    try:
        with database.write() as session:
            account = accounts.account_or_refuse(session, login, scope)
            accounts.add_post(
                session, account, _role(role), institution_code, by=caller.by, now=datetime.now(UTC), scope=scope
            )
    except DomainError as error:
        if error.code is not ErrorCode.INVALID_INPUT:
            raise
        with database.read() as session:
            account = accounts.account_or_refuse(session, login, scope)
            chosen = PeopleFilter(paging=paging, new_post=NewPost(account, role, institution_code, error))
            model = people_page(request, caller, session, chosen)
        return render(request, "pages/people.html", model, problem_of(error).status)
    return see_other(request, f"{PEOPLE}?done=post_added")


@router.post("/{login}/posts/remove")
def remove_post(
    request: Request,
    login: str,
    database: DatabaseDep,
    caller: AdminDep,
    *,
    role: Text = "",
    institution_code: Text = "",
) -> Response:
    """Take a post away."""
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        accounts.remove_post(session, account, _role(role), institution_code, by=caller.by, now=datetime.now(UTC))
    return see_other(request, f"{PEOPLE}?done=post_removed")


@router.post("/{login}/disable")
def disable(request: Request, login: str, database: DatabaseDep, paging: PagingDep, caller: AdminDep) -> Response:
    """停用, and say what was handed over."""
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        handed_over = accounts.disable(session, account, by=caller.by, now=datetime.now(UTC))
    with database.read() as session:
        chosen = PeopleFilter(paging=paging, done="disabled", handed_over=handed_over)
        model = people_page(request, caller, session, chosen)
    return render(request, "pages/people.html", model)


@router.post("/{login}/enable")
def enable(request: Request, login: str, database: DatabaseDep, caller: AdminDep) -> Response:
    """启用."""
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        accounts.enable(session, account, by=caller.by, now=datetime.now(UTC))
    return see_other(request, f"{PEOPLE}?done=enabled")


def _with_link(request: Request, database: Database, settings: Settings, caller: Caller, login: str) -> Response:
    now = datetime.now(UTC)
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        secret = accounts.activation_link(session, account, by=caller.by, now=now)
    with database.read() as session:
        chosen = PeopleFilter(link=(account.name, f"{settings.base_url}/activate/{secret}", now))
        model = people_page(request, caller, session, chosen)
    return render(request, "pages/people.html", model)


def _checked(typed: dict[str, object]) -> accounts.NewPerson:
    """The person as typed. Raises INVALID_INPUT."""
    try:
        person = NewPersonRequest.model_validate(typed)
    except ValidationError as error:
        raise invalid_input([{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()]) from error
    return accounts.NewPerson(
        login=person.login,
        name=person.name,
        institution_code=person.institution_code,
        email=person.email,
        roles=tuple(person.roles),
    )


def _role(value: str) -> Role:
    """The role of a form. Raises INVALID_INPUT."""
    try:
        return Role(value)
    except ValueError as error:
        raise accounts.invalid(role="enum") from error
