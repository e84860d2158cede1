"""Acts sent from pages: the same three steps as over HTTP, and what to show when one did not go through."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

from fastapi import Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts
from api.acts import Done, Prepare
from api.gateway import Gateway
from api.pages.desk import desk_of
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.render import render
from api.pages.view.simple import PendingPage
from api.problems import problem_of, sentence
from api.security.caller import Caller
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services import drafts
from models.services.idempotency import Key
from models.stores.idempotency import DONE, IdempotencyStore

MAX_COMMENT = 2000
_KEY = re.compile(r"[\w.:-]{8,100}")
_ELSEWHERE = {ErrorCode.NOT_FOUND, ErrorCode.NOT_ALLOWED, ErrorCode.SIGN_IN_REQUIRED}


def usable_key(typed: str) -> str:
    """The key minted when the form was drawn; a form without a usable one counts as a new request."""
    return typed if _KEY.fullmatch(typed) else uuid4().hex


def checked_comment(comment: str) -> str:
    """The comment without white space around it. Raises INVALID_INPUT when it is too long."""
    if len(comment) > MAX_COMMENT:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "comment", "reason": "string_too_long"}])
    return comment.strip()


async def send(request: Request, database: Database, key: Key, prepare: Prepare) -> Done:
    """Do the act once. Raises what `acts.perform` raises."""
    return await acts.perform(database, engine_of(request), key, prepare)


def engine_of(request: Request) -> Gateway:
    """The way to the engine. Raises ENGINE_UNAVAILABLE while there is none."""
    gateway: Gateway | None = request.app.state.gateway
    if gateway is None:
        raise DomainError(ErrorCode.ENGINE_UNAVAILABLE)
    return gateway


def has_own_page(error: DomainError) -> bool:
    """Whether the refusal is shown where the person acted; the others have one page for all."""
    return error.code not in _ELSEWHERE


def key_to_show(session: Session, caller: Caller, key: str) -> str:
    """The same key again while nothing is kept under it; else a new one, for a kept refusal would answer for ever."""
    return uuid4().hex if IdempotencyStore(session).find(caller.account_id, key) else key


async def keep_draft(database: Database, account_id: UUID, subject: str, fields: Mapping[str, str]) -> None:
    """Keep what was typed, or forget it when the act went through (`fields` empty)."""

    def keep() -> None:
        with database.write() as session:
            drafts.save(session, account_id, subject, fields, datetime.now(UTC))

    await run_in_threadpool(keep)


def status_headers(error: DomainError) -> tuple[int, dict[str, str]]:
    """HTTP status and Retry-After of a refusal shown as a page."""
    problem = problem_of(error)
    return problem.status, {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}


def pending(
    request: Request, database: Database, caller: Caller, key: str, *, kept: str, back: str | None = None
) -> Response:
    """202: sent, not yet confirmed; the page asks for the outcome every two seconds. A refusal shows at `back`."""
    poll = href(f"/updates/{key}", {"back": back})
    with database.read() as session:
        model = PendingPage(
            shell=desk_of(request, session, caller).shell(refresh_href=poll),
            title=_("等待确认"),
            phone_title=_("等待确认"),
            back_href=back,
            text=sentence(ErrorCode.NOT_YET_CONFIRMED, {}),
            poll_href=poll,
            kept_text=kept,
        )
    status, headers = status_headers(DomainError(ErrorCode.NOT_YET_CONFIRMED))
    return render(request, "pages/pending.html", model, status, headers)


def refused_before(session: Session, caller: Caller, key: str) -> DomainError | None:
    """What the caller's request under this key was refused with, once that is known; None otherwise."""
    row = IdempotencyStore(session).find(caller.account_id, key) if key else None
    answer = row.answer if row is not None and row.state == DONE else None
    if not answer or "code" not in answer:
        return None
    return DomainError(ErrorCode(answer["code"]), **answer.get("context", {}))
