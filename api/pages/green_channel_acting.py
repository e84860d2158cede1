"""`/green-channel/{id}/...`: every act on a request, sent from its page or from a card; nothing typed is lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, green_channel_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, require
from api.green_channel_acts import visible_request
from api.pages.acting import (
    checked_comment,
    has_own_page,
    key_to_show,
    pending,
    send,
    status_headers,
    usable_key,
)
from api.pages.build_acts import TypedAct
from api.pages.cases import AtCase
from api.pages.desk import desk_of
from api.pages.green_channel_case import CASE, ShownRequest, green_case_page
from api.pages.green_channel_forms import SATISFIED, TypedFinish
from api.pages.green_channel_words import BASE
from api.pages.render import render, see_other
from api.security.redirects import local_path
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key
from models.types import PauseReason

MAX_TEXT, MAX_LATE_REASON = 2000, 500
router = APIRouter(prefix=BASE)
Text = Annotated[str, Form(max_length=100)]
Long = Annotated[str, Form(max_length=50_000)]


@dataclass(frozen=True)
class AtRequest:
    """The form of an act, and where it acts; `back` is the board it came from."""

    request: Request
    database: Database
    caller: Caller
    case_id: UUID
    version: str
    typed: TypedFinish
    back: str

    def number(self) -> int:
        """The version the person saw. Raises STALE_VERSION for what is none."""
        if not self.version.isdecimal():
            raise DomainError(ErrorCode.STALE_VERSION)
        return int(self.version)

    @property
    def href(self) -> str:
        """The page of the request."""
        return f"{BASE}/{self.case_id}"

    def key(self, name: str) -> Key:
        """The idempotency key of the act."""
        typed = self.typed
        content = {
            "to": typed.to,
            "reason": typed.reason,
            "comment": typed.comment,
            "result": typed.result,
            "late_reason": typed.late_reason,
            "satisfied": typed.satisfied,
            "proof": typed.proof,
        }
        return acts.key_for(self.caller, typed.key, f"green-{name}:{self.case_id}", content)


async def _at(
    request: Request,
    request_id: UUID,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.WORK_ON_SERVICES)],
    *,
    to: Text = "",
    reason: Text = "",
    comment: Long = "",
    result: Long = "",
    late_reason: Long = "",
    satisfied: Text = "",
    proof: Long = "",
    version: Text = "",
    idempotency_key: Text = "",
    back: Annotated[str, Form(max_length=2000)] = "",
) -> AtRequest:
    typed = TypedFinish(
        name="",
        key=usable_key(idempotency_key),
        to=to,
        reason=reason,
        comment=comment,
        result=result,
        late_reason=late_reason,
        satisfied=satisfied,
        proof=proof,
    )
    return AtRequest(request, database, caller, request_id, version, typed, local_path(back) if back else "")


AtDep = Annotated[AtRequest, Depends(_at)]


@router.post("/{request_id}/accept")
async def accept(at: AtDep) -> Response:
    """受理."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.accept(at.caller, key, at.case_id, version=at.number(), comment=_comment(at))

    return await _done(at, "accept", prepare)


@router.post("/{request_id}/assign")
async def assign(at: AtDep) -> Response:
    """指派 / 改派."""

    def prepare(key: Key) -> Prepare:
        to, version = _person(at), at.number()
        return green_channel_acts.assign(at.caller, key, at.case_id, version=version, to=to, comment=_comment(at))

    return await _done(at, "assign", prepare)


@router.post("/{request_id}/pause")
async def pause(at: AtDep) -> Response:
    """暂停 with its reason."""

    def prepare(key: Key) -> Prepare:
        why, version = _reason(at), at.number()
        return green_channel_acts.pause(at.caller, key, at.case_id, version=version, reason=why, comment=_comment(at))

    return await _done(at, "pause", prepare)


@router.post("/{request_id}/resume")
async def resume(at: AtDep) -> Response:
    """恢复."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.resume(at.caller, key, at.case_id, version=at.number(), comment=_comment(at))

    return await _done(at, "resume", prepare)


@router.post("/{request_id}/complete")
async def complete(at: AtDep) -> Response:
    """办理完成."""

    def prepare(key: Key) -> Prepare:
        late = _short(at.typed.late_reason, "late_reason", MAX_LATE_REASON)
        return green_channel_acts.complete(
            at.caller,
            key,
            at.case_id,
            version=at.number(),
            result=_short(at.typed.result, "result"),
            late_reason=late or None,
            comment=_comment(at),
        )

    return await _done(at, "complete", prepare)


@router.post("/{request_id}/confirm")
async def confirm(at: AtDep) -> Response:
    """客户确认 entered by staff."""

    def prepare(key: Key) -> Prepare:
        if not at.typed.satisfied:
            raise _wrong("satisfied", "missing")
        return green_channel_acts.confirm(
            at.caller,
            key,
            at.case_id,
            version=at.number(),
            satisfied=at.typed.satisfied == SATISFIED,
            proof=_short(at.typed.proof, "proof"),
            comment=_comment(at),
        )

    return await _done(at, "confirm", prepare)


@router.post("/{request_id}/cancel")
async def cancel(at: AtDep) -> Response:
    """取消 with a reason."""

    def prepare(key: Key) -> Prepare:
        return green_channel_acts.cancel(at.caller, key, at.case_id, version=at.number(), comment=_comment(at))

    return await _done(at, "cancel", prepare)


async def _done(at: AtRequest, name: str, prepare: Callable[[Key], Prepare]) -> Response:
    """Do it, and come back to where it was sent from with what became of it."""
    try:
        key = at.key(name)
        await send(at.request, at.database, key, prepare(key))
    except DomainError as error:
        if not has_own_page(error):
            raise
        return await run_in_threadpool(_not_done, at, name, error)
    back = at.back or at.href
    joint = "&" if "?" in back else "?"
    return see_other(at.request, f"{back}{joint}done={name}")


def said_again(at: AtCase, typed: TypedAct) -> Response:
    """The page of the request with what was said there and refused."""
    with at.database.read() as session:
        row = visible_request(session, at.caller, at.case_id)
        again = ShownRequest(said=replace(typed, key=key_to_show(session, at.caller, typed.key)))
        model = green_case_page(desk_of(at.request, session, at.caller), row, again)
    return render(at.request, CASE, model, *(status_headers(typed.error) if typed.error else (200, {})))


def _not_done(at: AtRequest, name: str, error: DomainError) -> Response:
    """The page of the request with the form open and what was typed in it; 202 waits for the outcome."""
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return pending(at.request, at.database, at.caller, at.typed.key, kept=at.typed.text, back=at.href)
    with at.database.read() as session:
        row = visible_request(session, at.caller, at.case_id)
        typed = replace(at.typed, name=name, key=key_to_show(session, at.caller, at.typed.key), error=error)
        model = green_case_page(desk_of(at.request, session, at.caller), row, ShownRequest(typed=typed))
    return render(at.request, CASE, model, *status_headers(error))


def _comment(at: AtRequest) -> str:
    return checked_comment(at.typed.comment)


def _person(at: AtRequest) -> UUID:
    """Whom the act names. Raises INVALID_INPUT when nobody was chosen."""
    if not at.typed.to:
        raise _wrong("to", "missing")
    try:
        return UUID(at.typed.to)
    except ValueError as error:
        raise _wrong("to", "uuid_parsing") from error


def _reason(at: AtRequest) -> PauseReason:
    try:
        return PauseReason(at.typed.reason)
    except ValueError as error:
        raise _wrong("reason", "enum") from error


def _short(text: str, field: str, longest: int = MAX_TEXT) -> str:
    """A text without white space around it. Raises INVALID_INPUT when it is too long."""
    if len(text) > longest:
        raise _wrong(field, "string_too_long")
    return text.strip()


def _wrong(field: str, reason: str) -> DomainError:
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": field, "reason": reason}])
