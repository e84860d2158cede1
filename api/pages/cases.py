"""案件: where it stands and what happened; its declarant may withdraw or resubmit it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, chain_acts
from api.act_base import visible_case
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import (
    checked_comment,
    has_own_page,
    keep_draft,
    key_to_show,
    pending,
    refused_before,
    send,
    status_headers,
    usable_key,
)
from api.pages.build_acts import TypedAct
from api.pages.build_case import ShownCase, case_page
from api.pages.build_resubmit import TypedResubmission, draft_subject
from api.pages.case_pages import page_of
from api.pages.corrections import typed_corrections, typed_facts
from api.pages.desk import desk_of
from api.pages.render import render, see_other
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.scoring import Correction
from models.services.case_state import is_approval
from models.services.desk import copying
from models.stores.desk import DeskStore

TEMPLATE = "pages/case.html"
router = APIRouter(prefix="/cases")
Text = Annotated[str, Form(max_length=100)]
Long = Annotated[str, Form(max_length=50_000)]


@dataclass(frozen=True)
class AtCase:
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

    @property
    def href(self) -> str:
        """The page of the case."""
        return f"/cases/{self.case_id}"


async def _at(
    request: Request,
    case_id: UUID,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.WITHDRAW_CASE)],
    *,
    comment: Long = "",
    version: Text = "",
    idempotency_key: Text = "",
) -> AtCase:
    return AtCase(request, database, caller, case_id, comment, version, usable_key(idempotency_key))


AtDep = Annotated[AtCase, Depends(_at)]


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
    """One case, on the page of its kind; a copy of it counts as read."""
    with database.read() as session:
        case = visible_case(session, caller, case_id)
        elsewhere = "" if is_approval(case) else page_of(case)
        error = refused_before(session, caller, update)
        shown = ShownCase(act=TypedAct(name="", key=update, error=error) if error else None, done=done)
        model = None if elsewhere else case_page(desk_of(request, session, caller), case, shown)
        copy = DeskStore(session).copies(case_id, [caller.account_id]).get(caller.account_id)
        unread = copy is not None and copy.read_at is None
    if unread:
        with database.write() as session:
            copying.opened(session, case_id, caller.account_id, datetime.now(UTC))
    return render(request, TEMPLATE, model) if model is not None else see_other(request, elsewhere)


@router.post("/{case_id}/withdraw")
async def withdraw(at: AtDep) -> Response:
    """撤销."""
    try:
        comment, version = checked_comment(at.comment), at.number()
        body = {"version": version, "comment": comment}
        key = acts.key_for(at.caller, at.key, f"withdraw:{at.case_id}", body)
        prepare = chain_acts.withdraw(at.caller, key, at.case_id, version=version, comment=comment)
        await send(at.request, at.database, key, prepare)
    except DomainError as error:
        typed = TypedAct(name="withdraw", key=at.key, comment=at.comment, error=error)
        return await not_done(at, ShownCase(act=typed), error)
    return see_other(at.request, f"{at.href}?done=withdraw")


@router.post("/{case_id}/resubmit")
async def resubmit(at: AtDep, reason: Long = "") -> Response:
    """重新提交, with a new reason and corrected facts; what it changed is kept with the act."""
    typed = await _typed(at, reason)
    try:
        comment, version = checked_comment(at.comment), at.number()
        facts = await run_in_threadpool(_facts, at, typed)
        body = {"version": version, "comment": comment, "reason": reason}
        body["facts"] = [item.model_dump(mode="json") for item in facts]
        key = acts.key_for(at.caller, at.key, f"resubmit:{at.case_id}", body)
        prepare = chain_acts.resubmit(
            at.caller, key, at.case_id, version=version, comment=comment, reason=reason.strip(), corrections=facts
        )
        await send(at.request, at.database, key, prepare)
    except DomainError as error:
        await keep_draft(at.database, at.caller.account_id, draft_subject(at.case_id), _kept(typed))
        return await not_done(at, ShownCase(resubmission=replace(typed, error=error)), error)
    await keep_draft(at.database, at.caller.account_id, draft_subject(at.case_id), {})
    return see_other(at.request, f"{at.href}?done=resubmit")


@router.post("/{case_id}/resubmit/preview")
async def preview_resubmission(at: AtDep, reason: Long = "") -> Response:
    """What it would change, and which sign-offs stay; nothing is sent."""
    typed = replace(await _typed(at, reason), previewed=True)
    try:
        await run_in_threadpool(_facts, at, typed)
    except DomainError as error:
        return await not_done(at, ShownCase(resubmission=replace(typed, error=error)), error)
    return await run_in_threadpool(case_answer_page, at, ShownCase(resubmission=typed))


async def _typed(at: AtCase, reason: str) -> TypedResubmission:
    facts = typed_corrections(await at.request.form())
    return TypedResubmission(reason=reason, comment=at.comment, key=at.key, facts=facts)


def _kept(typed: TypedResubmission) -> dict[str, str]:
    return {"reason": typed.reason, "comment": typed.comment, **typed.facts}


def _facts(at: AtCase, typed: TypedResubmission) -> tuple[Correction, ...]:
    with at.database.read() as session:
        case = visible_case(session, at.caller, at.case_id)
        return typed_facts(session, case, typed.facts)


async def not_done(at: AtCase, shown: ShownCase, error: DomainError) -> Response:
    """The page again with what was typed and what to do now."""
    if not has_own_page(error):
        raise error
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        kept = at.comment
        return await run_in_threadpool(pending, at.request, at.database, at.caller, at.key, kept=kept, back=at.href)
    return await run_in_threadpool(case_answer_page, at, shown)


def case_answer_page(at: AtCase, shown: ShownCase) -> Response:
    """The page of the case with what was sent to it, the key fresh where a refusal is kept under the old one."""
    with at.database.read() as session:
        case = visible_case(session, at.caller, at.case_id)
        model = case_page(desk_of(at.request, session, at.caller), case, _rekeyed(session, at, shown))
    status, headers = status_headers(shown.failed) if shown.failed else (200, {})
    return render(at.request, TEMPLATE, model, status, headers)


def _rekeyed(session: Session, at: AtCase, shown: ShownCase) -> ShownCase:
    key = key_to_show(session, at.caller, at.key)
    return replace(
        shown,
        act=replace(shown.act, key=key) if shown.act else None,
        resubmission=replace(shown.resubmission, key=key) if shown.resubmission else None,
    )
