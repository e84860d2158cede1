"""申报 附件一: choose a customer, see the score live, submit through the same door as JSON."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, qualification_acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, require
from api.pages.acting import pending, status_headers
from api.pages.candidates_view import CandidatesQuery, candidates_page
from api.pages.declare_form import Typed, draft_subject
from api.pages.declare_view import NEW, Shown, declare_page
from api.pages.lists import TrailDep
from api.pages.render import render, see_other
from api.paging import PagingDep
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services import drafts
from models.services.customers import evaluation_year
from models.services.qualification.declaration import Request as Wanted
from models.stores.customers import customer_in_scope

router = APIRouter(prefix="/qualifications")
DeclarantDep = Annotated[Caller, require(Action.DECLARE)]
Text = Annotated[str, Form(max_length=4000)]
Number = Annotated[str, Form(max_length=32)]
Key = Annotated[str, Form(min_length=8, max_length=100, pattern=r"^[\w.:-]+$")]
Signers = Annotated[Sequence[Annotated[str, StringConstraints(max_length=40)]], Form(max_length=20)]
_ON_FORM = frozenset(
    {
        ErrorCode.INVALID_INPUT,
        ErrorCode.REASON_REQUIRED,
        ErrorCode.NOT_ELIGIBLE,
        ErrorCode.DUPLICATE_CASE,
        ErrorCode.QUOTA_EXCEEDED,
        ErrorCode.IDEMPOTENCY_CONFLICT,
        ErrorCode.ENGINE_UNAVAILABLE,
    }
)


async def _typed(
    customer_no: Number,
    year: Annotated[int, Form(ge=1990, le=2100)],
    what: Text = "",
    *,
    reason: Text = "",
    late_reason: Text = "",
    signers: Signers = (),
) -> Typed:
    return Typed(customer_no, year, what, reason, late_reason, tuple(signers))


TypedDep = Annotated[Typed, Depends(_typed)]


@router.get("/new")
def show_form(
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    trail: TrailDep,
    caller: DeclarantDep,
    *,
    customer_no: Annotated[str, Query(max_length=32)] = "",
    year: Annotated[int | None, Query(ge=1990, le=2100)] = None,
    what: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    saved: bool = False,
) -> Response:
    """The form for a customer; without one, who may be declared."""
    with database.read() as session:
        if not customer_no:
            asked = CandidatesQuery(q=q, paging=paging, trail=trail)
            return render(request, "pages/candidates.html", candidates_page(request, caller, session, asked))
        chosen = year or evaluation_year(session, local_date(datetime.now(UTC)))
        model = declare_page(request, caller, session, Typed(customer_no, chosen, what), Shown(saved=saved))
    return render(request, "pages/declare.html", model)


@router.post("/score")
def preview(request: Request, database: DatabaseDep, caller: DeclarantDep, typed: TypedDep) -> Response:
    """试算: the form as typed with value, checks, seats and path of what is chosen; nothing is kept."""
    with database.read() as session:
        model = declare_page(request, caller, session, typed, Shown())
    return render(request, "pages/declare.html", model)


@router.post("/draft")
def save_draft(request: Request, database: DatabaseDep, caller: DeclarantDep, typed: TypedDep) -> Response:
    """存草稿."""
    with database.write() as session:
        if customer_in_scope(session, typed.customer_no, caller.scope(Action.DECLARE)) is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        subject = draft_subject(typed.customer_no)
        drafts.save(session, caller.account_id, subject, typed.fields(), datetime.now(UTC))
    return see_other(request, f"{NEW}?customer_no={typed.customer_no}&year={typed.year}&saved=true")


@router.post("/new")
async def declare(
    request: Request,
    *,
    database: DatabaseDep,
    gateway: GatewayDep,
    caller: DeclarantDep,
    typed: TypedDep,
    idempotency_key: Key,
) -> Response:
    """提交: leads to the case; a refusal comes back on the form with what was typed."""
    try:
        body = typed.body()
        key = acts.key_for(caller, idempotency_key, "declare", body.content())
        wanted = Wanted(
            body.customer_no, body.year, body.tier, body.seat, body.reason, body.late_reason, tuple(body.signers)
        )
        done = await acts.perform(database, gateway, key, qualification_acts.declare(caller, key, wanted))
    except DomainError as error:
        return await run_in_threadpool(_refused, request, database, caller, (typed, idempotency_key), error)
    await run_in_threadpool(_forget_draft, database, caller, typed)
    return see_other(request, f"/cases/{done.case_id}")


def _forget_draft(database: Database, caller: Caller, typed: Typed) -> None:
    with database.write() as session:
        drafts.delete(session, caller.account_id, draft_subject(typed.customer_no))


def _refused(
    request: Request, database: Database, caller: Caller, sent: tuple[Typed, str], error: DomainError
) -> Response:
    typed, key = sent
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return pending(request, database, caller, key, kept=typed.reason)
    if error.code not in _ON_FORM:
        raise error
    with database.read() as session:
        model = declare_page(request, caller, session, typed, Shown(error=error))
    return render(request, "pages/declare.html", model, *status_headers(error))
