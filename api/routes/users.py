"""`/users`: the security administrator's work on people, posts and activation links."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response

from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.routes.staff import people_answers
from api.schemas.access import (
    EmptyPostAnswer,
    HandOverAnswer,
    LinkAnswer,
    NewPersonRequest,
    PersonAnswer,
    PostAnswer,
    PostRequest,
)
from api.schemas.base import PageAnswer
from models.services import accounts
from models.services.sign_in import ACTIVATE, LINK_LIFE
from models.types import Role

router = APIRouter(prefix="/users", tags=["organisation"])
AdminDep = Annotated[Caller, require(Action.MANAGE_STAFF)]


@router.get("/empty-posts")
def list_empty_posts(database: DatabaseDep, caller: AdminDep) -> PageAnswer[EmptyPostAnswer]:
    """Posts that an institution has and nobody holds."""
    with database.read() as session:
        empty = accounts.empty_posts(session, caller.scope(Action.MANAGE_STAFF))
    items = [
        EmptyPostAnswer(institution_code=post.institution.code, institution_name=post.institution.name, role=post.role)
        for post in empty
    ]
    return PageAnswer(items=items)


@router.post("", status_code=201)
def create_user(body: NewPersonRequest, database: DatabaseDep, caller: AdminDep) -> PersonAnswer:
    """Enter a person; it comes in by an activation link."""
    person = accounts.NewPerson(
        login=body.login,
        name=body.name,
        institution_code=body.institution_code,
        email=body.email,
        roles=tuple(body.roles),
    )
    scope = caller.scope(Action.MANAGE_STAFF)
    with database.write() as session:
        account = accounts.create_person(session, person, by=caller.by, now=datetime.now(UTC), scope=scope)
        return people_answers(session, [account])[0]


@router.post("/{login}/posts", status_code=201)
def add_post(login: str, body: PostRequest, database: DatabaseDep, caller: AdminDep) -> PersonAnswer:
    """Give a post."""
    scope = caller.scope(Action.MANAGE_STAFF)
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, scope)
        accounts.add_post(
            session, account, body.role, body.institution_code, by=caller.by, now=datetime.now(UTC), scope=scope
        )
        return people_answers(session, [account])[0]


@router.delete("/{login}/posts/{role}/{institution_code}", status_code=204)
def remove_post(login: str, role: Role, institution_code: str, database: DatabaseDep, caller: AdminDep) -> Response:
    """Take a post away; effective at the person's next request."""
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        accounts.remove_post(session, account, role, institution_code, by=caller.by, now=datetime.now(UTC))
    return Response(status_code=204)


@router.post("/{login}/activation-link", status_code=201)
def create_activation_link(login: str, database: DatabaseDep, settings: SettingsDep, caller: AdminDep) -> LinkAnswer:
    """A one-use link by which the person chooses a password; earlier ones stop working."""
    now = datetime.now(UTC)
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        secret = accounts.activation_link(session, account, by=caller.by, now=now)
    return LinkAnswer(url=f"{settings.base_url}/activate/{secret}", expires_at=now + LINK_LIFE[ACTIVATE])


@router.post("/{login}/disable")
def disable_user(login: str, database: DatabaseDep, caller: AdminDep) -> HandOverAnswer:
    """停用: sign-ins and tokens end at once, open tasks go back to their post."""
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        done = accounts.disable(session, account, by=caller.by, now=datetime.now(UTC))
    return HandOverAnswer(
        tasks_released=done.tasks_released,
        sign_ins_ended=done.sign_ins_ended,
        tokens_revoked=done.tokens_revoked,
        nobody_left=[PostAnswer(role=role, institution_code=code) for code, role in done.nobody_left],
    )


@router.post("/{login}/enable", status_code=204)
def enable_user(login: str, database: DatabaseDep, caller: AdminDep) -> Response:
    """Let a disabled person in again."""
    with database.write() as session:
        account = accounts.account_or_refuse(session, login, caller.scope(Action.MANAGE_STAFF))
        accounts.enable(session, account, by=caller.by, now=datetime.now(UTC))
    return Response(status_code=204)
