"""绿色通道 pages: board and list, taking in, one request; acts on it: `green_channel_acting`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts
from api.deps import Action, Caller, DatabaseDep, GatewayDep, require
from api.green_channel_acts import taking_in, visible_request
from api.pages.acting import (
    has_own_page,
    pending,
    refused_before,
    status_headers,
    usable_key,
)
from api.pages.desk import desk_of
from api.pages.green_channel_board import board_page
from api.pages.green_channel_case import CASE, ShownRequest, done_text, green_case_page
from api.pages.green_channel_forms import TypedFinish
from api.pages.green_channel_intake import ShownIntake, TypedIntake, intake_page
from api.pages.green_channel_query import GreenQueryDep
from api.pages.green_channel_words import BASE
from api.pages.lists import TrailDep
from api.pages.render import render, see_other
from api.pages.view.common import Strip, StripTone
from api.paging import PagingDep
from models.database import Database
from models.errors import DomainError, ErrorCode

BOARD, INTAKE = "pages/green_channel.html", "pages/green_channel_intake.html"
router = APIRouter(prefix=BASE)
ReaderDep = Annotated[Caller, require(Action.READ_SERVICES)]
TakerDep = Annotated[Caller, require(Action.TAKE_REQUESTS)]
Text = Annotated[str, Form(max_length=100)]
Long = Annotated[str, Form(max_length=50_000)]


@router.get("")
def show_board(
    request: Request,
    database: DatabaseDep,
    caller: ReaderDep,
    query: GreenQueryDep,
    *,
    paging: PagingDep,
    trail: TrailDep,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Lanes or list; the filter stands in the address."""
    with database.read() as session:
        text = done_text(done)
        news = (Strip(text=text, tone=StripTone.OK, icon="check", focus=True),) if text else ()
        model = board_page(desk_of(request, session, caller), query, paging, trail, strips=news)
    return render(request, BOARD, model)


@router.get("/new")
def show_intake(
    request: Request,
    database: DatabaseDep,
    caller: TakerDep,
    *,
    q: Annotated[str, Query(max_length=100)] = "",
    customer_no: Annotated[str, Query(max_length=32)] = "",
    service: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Find the customer, then the form for it."""
    typed = TypedIntake(customer_no=customer_no.strip(), service=service)
    with database.read() as session:
        model = intake_page(desk_of(request, session, caller), ShownIntake(q=q.strip(), typed=typed))
    return render(request, INTAKE, model)


async def _typed(
    customer_no: Annotated[str, Form(max_length=32)],
    *,
    service: Text = "",
    reference_no: Annotated[str, Form(max_length=200)] = "",
    received_at: Text = "",
    contact_id: Text = "",
    contact_name: Annotated[str, Form(max_length=200)] = "",
    policy_no: Annotated[str, Form(max_length=200)] = "",
    channel: Text = "",
    undisputed_amount: Text = "",
    advance_amount: Text = "",
    remark: Long = "",
    idempotency_key: Text = "",
) -> TypedIntake:
    return TypedIntake(
        customer_no=customer_no,
        service=service,
        reference_no=reference_no.strip(),
        received_at=received_at,
        contact_id=contact_id,
        contact_name=contact_name.strip(),
        policy_no=policy_no.strip(),
        channel=channel,
        undisputed_amount=undisputed_amount.strip(),
        advance_amount=advance_amount.strip(),
        remark=remark,
        key=usable_key(idempotency_key),
    )


TypedDep = Annotated[TypedIntake, Depends(_typed)]


@router.post("/new/preview")
def preview_intake(request: Request, database: DatabaseDep, caller: TakerDep, typed: TypedDep) -> Response:
    """The form as typed with its limit and deadline; nothing is kept."""
    return _intake(request, database, caller, ShownIntake(typed=typed))


@router.post("/new")
async def take_in(
    request: Request, *, database: DatabaseDep, gateway: GatewayDep, caller: TakerDep, typed: TypedDep
) -> Response:
    """受理: leads to the request; a refusal comes back on the form with what was typed."""
    try:
        body = typed.body(datetime.now(UTC))
        key = acts.key_for(caller, typed.key, "green-channel", body.model_dump(mode="json"))
        done = await acts.perform(database, gateway, key, taking_in(caller, key, body))
    except DomainError as error:
        if not has_own_page(error):
            raise
        if error.code is ErrorCode.NOT_YET_CONFIRMED:
            return await run_in_threadpool(
                pending, request, database, caller, typed.key, kept=typed.remark, back=f"{BASE}/new"
            )
        return await run_in_threadpool(_intake, request, database, caller, ShownIntake(typed=typed, error=error))
    return see_other(request, f"{BASE}/{done.case_id}?done=open")


def _intake(request: Request, database: Database, caller: Caller, shown: ShownIntake) -> Response:
    with database.read() as session:
        model = intake_page(desk_of(request, session, caller), shown)
    status, headers = status_headers(shown.error) if shown.error else (200, {})
    return render(request, INTAKE, model, status, headers)


@router.get("/{request_id}")
def show_request(
    request: Request,
    request_id: UUID,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    done: Annotated[str, Query(max_length=20)] = "",
    update: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """One request."""
    with database.read() as session:
        row = visible_request(session, caller, request_id)
        error = refused_before(session, caller, update)
        typed = TypedFinish(name="", key=update, error=error) if error else None
        model = green_case_page(desk_of(request, session, caller), row, ShownRequest(typed=typed, done=done))
    return render(request, CASE, model)
