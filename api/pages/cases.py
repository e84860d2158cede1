"""案件: where it stands and what happened; its declarant may withdraw or resubmit it."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, qualification_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import checked_comment, has_own_page, pending, refused_before, send, status_headers, usable_key
from api.pages.build_case import case_page
from api.pages.build_strips import RefusedAct
from api.pages.desk import desk_of
from api.pages.render import render, see_other
from api.qualification_acts import visible_case
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key

TEMPLATE = "pages/case.html"
router = APIRouter(prefix="/cases")
Text = Annotated[str, Form(max_length=100)]


@dataclass(frozen=True)
class _At:
    """The form of an act, and where it acts."""

    request: Request
    database: Database
    caller: Caller
    case_id: UUID
    comment: str
    version: str
    key: str

    def number(self) -> int:
        """The version the person saw. Raises STALE_VERSION for what is none."""
        if not self.version.isdecimal():
            raise DomainError(ErrorCode.STALE_VERSION)
        return int(self.version)

    def idempotency(self, name: str) -> Key:
        body = {"version": self.number(), "comment": checked_comment(self.comment)}
        return acts.key_for(self.caller, self.key, f"{name}:{self.case_id}", body)


async def _at(
    request: Request,
    case_id: UUID,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.WITHDRAW_CASE)],
    *,
    comment: Annotated[str, Form(max_length=50_000)] = "",
    version: Text = "",
    idempotency_key: Text = "",
) -> _At:
    return _At(request, database, caller, case_id, comment, version, usable_key(idempotency_key))


AtDep = Annotated[_At, Depends(_at)]


@router.get("/{case_id}")
def show_case(
    request: Request,
    case_id: UUID,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_CASES)],
    *,
    done: Annotated[str, Query(max_length=20)] = "",
    update: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """One case."""
    with database.read() as session:
        case = visible_case(session, caller, case_id)
        error = refused_before(session, caller, update)
        act = RefusedAct("", "", update, error) if error else None
        model = case_page(desk_of(request, session, caller), case, act=act, done=done)
    return render(request, TEMPLATE, model)


@router.post("/{case_id}/withdraw")
async def withdraw(at: AtDep) -> Response:
    """撤销."""
    try:
        key = at.idempotency("withdraw")
    except DomainError as error:
        return await _not_done(at, "withdraw", error)
    prepare = qualification_acts.withdraw(
        at.caller, key, at.case_id, version=at.number(), comment=checked_comment(at.comment)
    )
    return await _act(at, "withdraw", key, prepare)


@router.post("/{case_id}/resubmit")
async def resubmit(at: AtDep) -> Response:
    """重新提交."""
    try:
        key = at.idempotency("resubmit")
    except DomainError as error:
        return await _not_done(at, "resubmit", error)
    prepare = qualification_acts.resubmit(
        at.caller, key, at.case_id, version=at.number(), comment=checked_comment(at.comment)
    )
    return await _act(at, "resubmit", key, prepare)


async def _act(at: _At, name: str, key: Key, prepare: Prepare) -> Response:
    try:
        await send(at.request, at.database, key, prepare)
    except DomainError as error:
        return await _not_done(at, name, error)
    return see_other(at.request, f"/cases/{at.case_id}?done={name}")


async def _not_done(at: _At, name: str, error: DomainError) -> Response:
    """The page again with what was typed and what to do now."""
    if not has_own_page(error):
        raise error
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        back = f"/cases/{at.case_id}"
        return await run_in_threadpool(pending, at.request, at.database, at.caller, at.key, kept=at.comment, back=back)
    return await run_in_threadpool(_page, at, RefusedAct(name, at.comment, at.key, error))


def _page(at: _At, act: RefusedAct) -> Response:
    with at.database.read() as session:
        case = visible_case(session, at.caller, at.case_id)
        model = case_page(desk_of(at.request, session, at.caller), case, act=act)
    status, headers = status_headers(act.error)
    return render(at.request, TEMPLATE, model, status, headers)
