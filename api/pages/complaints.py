"""投诉咨询 on pages: the desk, the register, one case with its contents behind a logged click, and every act on it."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, complaint_acts, service_acts
from api.act_base import act_fields
from api.complaint_acts import ACTS
from api.complaint_answers import may_open, visible_complaint
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, key_to_show, pending, refused_before, send, status_headers, usable_key
from api.pages.complaints_acts import TypedAct, body_of
from api.pages.complaints_case import Shown, case_page
from api.pages.complaints_desk import COMPLAINTS, DeskQuery, desk_page
from api.pages.complaints_form import FIELDS, NEW, Typed, chosen_customer, register_page
from api.pages.desk import desk_of
from api.pages.lists import TrailDep, href
from api.pages.render import render, see_other
from api.paging import PagingDep
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.service_types import ComplaintGrade, ComplaintSheet
from models.services.complaints.reading import note_reading
from models.services.idempotency import Key
from models.stores.complaints import ComplaintRow
from models.types import Stage

CASE, FORM, DESK = "pages/complaint.html", "pages/complaint_new.html", "pages/complaint_desk.html"
router = APIRouter(prefix=COMPLAINTS)
ReaderDep = Annotated[Caller, require(Action.READ_COMPLAINTS)]
RegistrarDep = Annotated[Caller, require(Action.TAKE_REQUESTS)]
WorkerDep = Annotated[Caller, require(Action.WORK_ON_SERVICES)]
Short = Annotated[str, Query(max_length=40)]
Text = Annotated[str, Form(max_length=100)]
Long = Annotated[str, Form(max_length=50_000)]


async def _query(
    paging: PagingDep,
    trail: TrailDep,
    *,
    sheet: Short = "",
    grade: Short = "",
    stage: Short = "",
    institution: Short = "",
    due: Short = "",
    state: Short = "",
    q: Annotated[str, Query(max_length=100)] = "",
) -> DeskQuery:
    """The address; a value that is none filters nothing."""
    return DeskQuery(
        sheet=next((item for item in ComplaintSheet if item.value == sheet), None),
        grade=next((item for item in ComplaintGrade if item.value == grade), None),
        stage=next((item for item in Stage if item.value == stage), None),
        institution=institution,
        due=due,
        state=state,
        q=q,
        paging=paging,
        trail=trail,
    )


QueryDep = Annotated[DeskQuery, Depends(_query)]


@router.get("")
def show_desk(request: Request, database: DatabaseDep, caller: ReaderDep, query: QueryDep) -> Response:
    """What is open by its nearest clock, complaints with inquiries beside."""
    with database.read() as session:
        model = desk_page(desk_of(request, session, caller), query)
    return render(request, DESK, model)


@router.get("/new")
def show_form(
    request: Request,
    database: DatabaseDep,
    caller: RegistrarDep,
    *,
    sheet: Annotated[ComplaintSheet, Query()] = ComplaintSheet.COMPLAINT,
    customer_no: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """附件五, empty or for a customer."""
    typed = Typed(sheet=sheet, values={"customer_no": customer_no, "customer": customer_no})
    with database.read() as session:
        model = register_page(desk_of(request, session, caller), typed)
    return render(request, FORM, model)


async def _typed(
    request: Request,
    *,
    sheet: Annotated[ComplaintSheet, Form()] = ComplaintSheet.COMPLAINT,
    customer: Text = "",
    customer_no: Text = "",
    contact_id: Text = "",
    idempotency_key: Text = "",
) -> Typed:
    """The form as it came in; what it names of a person is never part of an address."""
    form = await request.form()
    values = {name: value for name in FIELDS if isinstance(value := form.get(name), str)}
    values |= {"customer": customer, "customer_no": customer_no, "contact_id": contact_id}
    return Typed(sheet=sheet, values=values, key=usable_key(idempotency_key))


TypedDep = Annotated[Typed, Depends(_typed)]


@router.post("/preview")
def preview(request: Request, database: DatabaseDep, caller: RegistrarDep, typed: TypedDep) -> Response:
    """The form again with the customer it means and the two due instants; nothing is kept."""
    with database.read() as session:
        model = register_page(desk_of(request, session, caller), typed)
    return render(request, FORM, model)


@router.post("/new")
async def register(request: Request, database: DatabaseDep, caller: RegistrarDep, typed: TypedDep) -> Response:
    """登记: leads to the case; a refusal comes back on the form with what was typed."""
    try:
        wanted = await run_in_threadpool(_wanted, request, database, caller, typed)
        key = acts.key_for(caller, typed.key, f"register-{wanted.sheet.value}", wanted.content())
        done = await send(request, database, key, complaint_acts.register(caller, key, wanted))
    except DomainError as error:
        return await run_in_threadpool(_not_registered, request, database, caller, typed, error)
    return see_other(request, f"{COMPLAINTS}/{done.case_id}?done=register")


def _wanted(request: Request, database: Database, caller: Caller, typed: Typed) -> complaint_acts.Wanted:
    with database.read() as session:
        customer = chosen_customer(desk_of(request, session, caller), typed)
        return typed.wanted(customer.customer_no)


def _not_registered(request: Request, database: Database, caller: Caller, typed: Typed, error: DomainError) -> Response:
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        back = href(NEW, {"sheet": typed.sheet.value})
        return pending(request, database, caller, typed.key, kept=typed.get("matter"), back=back)
    if not has_own_page(error):
        raise error
    with database.read() as session:
        shown = replace(typed, key=key_to_show(session, caller, typed.key), error=error)
        model = register_page(desk_of(request, session, caller), shown)
    return render(request, FORM, model, *status_headers(error))


@router.get("/{complaint_id}")
def show_case(
    request: Request,
    complaint_id: UUID,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    opened: Annotated[bool, Query(alias="open")] = False,
    done: Annotated[str, Query(max_length=20)] = "",
    update: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """One case. With `open=1` its contents stand in full, and the reading is written to the audit trail first."""
    if opened:
        _note_reading(request, database, caller, complaint_id)
    with database.read() as session:
        error = refused_before(session, caller, update)
        act = TypedAct(name="", key=update, error=error) if error else None
        return _page(request, session, caller, complaint_id, Shown(opened=opened, act=act, done=done))


def _note_reading(request: Request, database: Database, caller: Caller, case_id: UUID) -> None:
    with database.write() as session:
        row = visible_complaint(session, caller, case_id)
        if not may_open(session, caller, row):
            raise complaint_acts.may_not_open()
        note_reading(session, row.record, caller.by, desk_of(request, session, caller).now)


def _page(request: Request, session: Session, caller: Caller, case_id: UUID, shown: Shown) -> Response:
    row = visible_complaint(session, caller, case_id)
    model = case_page(desk_of(request, session, caller), row, _fields(session, caller, row), shown)
    status, headers = status_headers(shown.act.error) if shown.act and shown.act.error else (200, {})
    return render(request, CASE, model, status, headers)


def _fields(session: Session, caller: Caller, row: ComplaintRow) -> dict[str, Any]:
    """As whom the reader would act; where somebody else claimed the task the rules refuse it anyway."""
    asked = Key(caller.account_id, "asked", "", "")
    try:
        return service_acts.fields_of(session, caller, asked, row.case, "?")
    except DomainError:
        return act_fields(caller, asked, "?") | {"posts": ()}


@dataclass(frozen=True)
class AtComplaint:
    """The form of an act, and where it acts."""

    request: Request
    database: Database
    caller: Caller
    case_id: UUID
    version: str
    key: str
    values: dict[str, str]

    @property
    def href(self) -> str:
        """The page of the case."""
        return f"{COMPLAINTS}/{self.case_id}"


async def _at(
    request: Request,
    complaint_id: UUID,
    database: DatabaseDep,
    caller: WorkerDep,
    *,
    to: Text = "",
    version: Text = "",
    idempotency_key: Text = "",
) -> AtComplaint:
    form = await request.form()
    values = {name: value for name, value in form.items() if isinstance(value, str)} | {"to": to}
    return AtComplaint(request, database, caller, complaint_id, version, usable_key(idempotency_key), values)


@router.post("/{complaint_id}/acts/{complaint_act}")
async def act(at: Annotated[AtComplaint, Depends(_at)], complaint_act: str) -> Response:
    """Do it, and come back to the case; a refusal comes back in its form with what was typed."""
    name = complaint_act
    if name not in ACTS:
        raise DomainError(ErrorCode.NOT_FOUND)
    try:
        body = body_of(name, at.values, at.version)
        key = acts.key_for(at.caller, at.key, f"complaint-{name}:{at.case_id}", body.model_dump(mode="json"))
        await send(at.request, at.database, key, complaint_acts.act(at.caller, key, at.case_id, name, body))
    except DomainError as error:
        return await run_in_threadpool(_not_done, at, name, error)
    return see_other(at.request, href(at.href, {"done": name}))


def _not_done(at: AtComplaint, name: str, error: DomainError) -> Response:
    if not has_own_page(error):
        raise error
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        kept = "\n".join(at.values.get(field, "") for field in ("text", "handling", "view_text", "comment")).strip()
        return pending(at.request, at.database, at.caller, at.key, kept=kept, back=at.href)
    with at.database.read() as session:
        key = key_to_show(session, at.caller, at.key)
        typed = TypedAct(name=name, key=key, values=at.values, error=error)
        return _page(at.request, session, at.caller, at.case_id, Shown(act=typed))
