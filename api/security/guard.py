"""The guard of every route: who is it, may the post do this, is the form our own."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from api.security.caller import Caller
from api.security.csrf import refuse_forgery, token_for
from api.security.policy import Action, HeldPost, allowed, holders
from api.security.sessions import session_secret
from api.security.tokens import bearer_token
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.sign_in import TOUCH_EVERY, live_session, live_token
from models.settings import Settings
from models.stores.access import AccessStore
from models.stores.accounts import AccountStore
from models.types import Door

_log = structlog.get_logger(__name__)
_IN_BACKGROUND = frozenset({"/api/v1/events", "/api/v1/me/inbox"})
"""What an open page asks for by itself: nobody uses the session by it, so it must not keep it from running out."""


class Guard:
    """The dependency behind `require(action)`: authenticates, authorises, refuses forged forms."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Caller:
        """The caller, who may do the action. Raises SIGN_IN_REQUIRED, NOT_ALLOWED, CSRF_FAILED."""
        caller, csrf_secret = await run_in_threadpool(identify, request)
        request.state.caller = caller
        if not allowed(caller.posts, self.action):
            raise DomainError(ErrorCode.NOT_ALLOWED, who="、".join(role.value for role in holders(self.action)))
        if csrf_secret is not None:
            await refuse_forgery(request, csrf_secret, request.app.state.settings)
        return caller


class PublicGuard:
    """The mark of a route that is open to everybody, with the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __call__(self) -> None:
        """Nothing to check."""


@cache
def require(action: Action) -> Any:
    """`caller: Annotated[Caller, require(Action.X)]`: the route is for those who may do X."""
    return Depends(Guard(action))


def public(reason: str) -> Any:
    """`dependencies=[public("why")]`: the route is for everybody."""
    return Depends(PublicGuard(reason))


def identify(request: Request) -> tuple[Caller, str | None]:
    """The caller and, for a cookie session, the secret of its form token. Raises SIGN_IN_REQUIRED."""
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    token = bearer_token(request)
    if token is not None:
        return _by_token(request, database, token), None
    secret = session_secret(request, settings)
    if secret is None:
        raise DomainError(ErrorCode.SIGN_IN_REQUIRED)
    return _by_session(request, database, secret)


def _by_token(request: Request, database: Database, token: str) -> Caller:
    now = datetime.now(UTC)
    with database.read() as session:
        row = live_token(session, token, now)
        if row is None:
            raise DomainError(ErrorCode.SIGN_IN_REQUIRED)
        caller = load_caller(session, row.account_id, Door.API, request)
        stale = row.last_used_at is None or now - row.last_used_at >= TOUCH_EVERY
    if stale:
        _touch(database, lambda store: store.touch_token(row.prefix_id, now))
    return caller


def _by_session(request: Request, database: Database, secret: str) -> tuple[Caller, str]:
    now = datetime.now(UTC)
    with database.read() as session:
        row = live_session(session, secret, now)
        if row is None:
            raise DomainError(ErrorCode.SIGN_IN_REQUIRED)
        caller = load_caller(
            session,
            row.account_id,
            Door.PAGE,
            request,
            csrf_token=token_for(row.csrf_secret),
            session_hash=row.token_hash,
        )
    if now - row.last_seen_at >= TOUCH_EVERY and request.url.path not in _IN_BACKGROUND:
        _touch(database, lambda store: store.touch_sign_in(row.token_hash, now))
    return caller, row.csrf_secret


def load_caller(
    session: Session,
    account_id: UUID,
    door: Door,
    request: Request,
    *,
    csrf_token: str = "",
    session_hash: str = "",
) -> Caller:
    """The caller with the posts it holds now: a post taken away is gone at the next request.

    Raises SIGN_IN_REQUIRED when the person was disabled.
    """
    request_id = getattr(request.state, "request_id", None)
    held = caller_as(session, account_id, door, request_id)
    return replace(held, csrf_token=csrf_token, session_hash=session_hash)


def caller_as(session: Session, account_id: UUID, door: Door, request_id: str | None = None) -> Caller:
    """The person as a caller of work that goes on without a request, with the posts it holds now.

    Raises SIGN_IN_REQUIRED when the person was disabled.
    """
    person = AccountStore(session).signed_in(account_id)
    if person is None:
        raise DomainError(ErrorCode.SIGN_IN_REQUIRED)
    return Caller(
        account_id=person.account_id,
        login=person.login,
        name=person.name,
        institution_code=person.institution_code,
        institution_name=person.institution_name,
        posts=tuple(HeldPost(post.role, post.institution_code, post.path) for post in person.posts),
        door=door,
        language=person.language,
        request_id=request_id,
    )


def _touch(database: Database, write: Any) -> None:
    """Note the use of a session at most once a minute; a busy database does not refuse the request for it."""
    try:
        with database.write() as session:
            write(AccessStore(session))
    except OperationalError:
        _log.warning("session use not noted")
