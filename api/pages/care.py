"""关怀日历, one touchpoint 附件四, and adding one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, care_acts
from api.care_acts import Wanted
from api.care_answers import visible_touchpoint
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import engine_of, has_own_page, pending, status_headers, usable_key
from api.pages.care_calendar_view import care_page
from api.pages.care_new_view import TOUCHPOINTS, new_page
from api.pages.care_query import CARE, CareQueryDep
from api.pages.care_shown import ASSIGN, CLEARANCE, COMPLETE, RESCHEDULE, SKIP, Typed
from api.pages.care_touchpoint_view import touchpoint_page
from api.pages.desk import desk_of
from api.pages.form_bodies import validated
from api.pages.lists import TrailDep, href
from api.pages.render import render, see_other
from api.paging import PagingDep
from api.routes.care import image_response
from api.schemas.care import AssignBody, ClearanceBody, CompleteBody, ExtraBody, OnTouchpoint, RescheduleBody, SkipBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.service_types import ProofKind
from models.services.care import proofs
from models.services.desk.once import Facts, once

router = APIRouter(prefix=CARE)
ReaderDep = Annotated[Caller, require(Action.READ_CARE)]
WorkerDep = Annotated[Caller, require(Action.WORK_ON_SERVICES)]
PlannerDep = Annotated[Caller, require(Action.PLAN_CARE)]
Short = Annotated[str, Form(max_length=500)]
Long = Annotated[str, Form(max_length=20_000)]
Number = Annotated[str, Query(max_length=100)]
BodyT = TypeVar("BodyT", bound=BaseModel)


@router.get("")
def show_calendar(
    request: Request,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    query: CareQueryDep,
    paging: PagingDep,
    trail: TrailDep,
) -> Response:
    """What is owed to whom, by month, person or customer."""
    with database.read() as session:
        model = care_page(desk_of(request, session, caller), query, paging, trail)
    return render(request, "pages/care.html", model)


@router.get("/touchpoints/new")
def ask_new(
    request: Request, database: DatabaseDep, caller: PlannerDep, customer_no: Number = "", q: Number = ""
) -> Response:
    """For whom, what, until when, and why."""
    return _new(request, database, caller, {"customer_no": customer_no}, q=q)


@router.post("/touchpoints")
async def add(
    request: Request,
    database: DatabaseDep,
    caller: PlannerDep,
    *,
    customer_no: Short = "",
    code: Short = "",
    contact_id: Short = "",
    due_on: Short = "",
    known_on: Short = "",
    title: Short = "",
    reason: Short = "",
    idempotency_key: Short = "",
) -> Response:
    """Add it; what is due soon has its task at once."""
    typed = {"customer_no": customer_no, "code": code, "contact_id": contact_id, "due_on": due_on}
    typed |= {"known_on": known_on, "title": title, "reason": reason}
    key = acts.key_for(caller, usable_key(idempotency_key), "touchpoint-add", typed)

    def write() -> UUID:
        body = parsed(ExtraBody, typed)
        with database.write() as session:
            return UUID(care_acts.add(session, caller, key, body)["touchpoint_id"])

    try:
        touchpoint_id = await run_in_threadpool(write)
    except DomainError as error:
        if not has_own_page(error):
            raise
        return await run_in_threadpool(_new, request, database, caller, typed, error=error)
    gateway = request.app.state.gateway
    if gateway is not None:
        await care_acts.start_if_due(database, gateway, caller, key.key, touchpoint_id)
    return see_other(request, href(f"{TOUCHPOINTS}/{touchpoint_id}", {"done": "added"}))


def _new(
    request: Request,
    database: Database,
    caller: Caller,
    typed: Mapping[str, str],
    *,
    q: str = "",
    error: DomainError | None = None,
) -> Response:
    with database.read() as session:
        desk = desk_of(request, session, caller)
        model = new_page(desk, customer_no=typed.get("customer_no", ""), q=q, typed=typed, error=error)
    status, headers = status_headers(error) if error else (200, {})
    return render(request, "pages/care_new.html", model, status, headers)


@router.get("/touchpoints/{touchpoint_id}")
def show_touchpoint(
    request: Request, touchpoint_id: UUID, database: DatabaseDep, caller: ReaderDep, done: Number = ""
) -> Response:
    """Whom, what, why today; then doing it with proof."""
    with database.read() as session:
        model = touchpoint_page(desk_of(request, session, caller), touchpoint_id, done=done)
    return render(request, "pages/care_touchpoint.html", model)


@router.get("/touchpoints/{touchpoint_id}/proofs/{proof_id}")
def show_proof(touchpoint_id: UUID, proof_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The image itself."""
    with database.read() as session:
        row = visible_touchpoint(session, caller, touchpoint_id)
        return image_response(proofs.read(session, row.id, proof_id))


@dataclass(frozen=True)
class _On:
    """A form of a touchpoint's page that came back."""

    request: Request
    database: Database
    caller: Caller
    touchpoint_id: UUID
    key: str

    @property
    def page(self) -> str:
        """Where it came from."""
        return f"{TOUCHPOINTS}/{self.touchpoint_id}"

    async def do(self, form: str, kind: type[OnTouchpoint], values: Mapping[str, str]) -> Response:
        """Do the act; a refusal comes back on the page with what was typed."""

        async def act() -> None:
            body = parsed(kind, values)
            key = acts.key_for(self.caller, self.key, f"touchpoint-{form}:{self.touchpoint_id}", dict(values))
            wanted = Wanted(self.caller, key, self.touchpoint_id, form, body)
            if not await run_in_threadpool(care_acts.on_row, self.database, wanted):
                await acts.perform(self.database, engine_of(self.request), wanted.key, care_acts.on_case(wanted))

        return await self.shown(form, values, act)

    async def shown(self, form: str, values: Mapping[str, str], act: Callable[[], Awaitable[None]]) -> Response:
        """The page after an act, or again with what was refused."""
        try:
            await act()
        except DomainError as error:
            if error.code is ErrorCode.NOT_YET_CONFIRMED:
                return await run_in_threadpool(self._wait, values)
            if not has_own_page(error):
                raise
            return await run_in_threadpool(self._refused, Typed(form, dict(values), error))
        return see_other(self.request, href(self.page, {"done": form}))

    def _wait(self, values: Mapping[str, str]) -> Response:
        kept = values.get("content") or values.get("reason", "")
        return pending(self.request, self.database, self.caller, self.key, kept=kept, back=self.page)

    def _refused(self, typed: Typed) -> Response:
        with self.database.read() as session:
            model = touchpoint_page(desk_of(self.request, session, self.caller), self.touchpoint_id, typed)
        status, headers = status_headers(typed.error) if typed.error else (200, {})
        return render(self.request, "pages/care_touchpoint.html", model, status, headers)


async def _on(
    request: Request, touchpoint_id: UUID, database: DatabaseDep, caller: WorkerDep, idempotency_key: Short = ""
) -> _On:
    return _On(request, database, caller, touchpoint_id, usable_key(idempotency_key))


OnDep = Annotated[_On, Depends(_on)]


@router.post("/touchpoints/{touchpoint_id}/complete")
async def complete(
    on: OnDep,
    *,
    version: Short = "",
    done_on: Short = "",
    content: Long = "",
    gift_name: Short = "",
    gift_value: Short = "",
    cost: Short = "",
    feedback: Long = "",
    follow_up: Long = "",
    follow_up_on: Short = "",
    late_reason: Short = "",
    photo: UploadFile | None = None,
    signature: UploadFile | None = None,
) -> Response:
    """完成: images are kept first, so that a refusal loses none of them."""
    values = {"version": version, "done_on": done_on, "content": content, "gift_name": gift_name}
    values |= {"gift_value": gift_value, "cost": cost, "feedback": feedback, "follow_up": follow_up}
    values |= {"follow_up_on": follow_up_on, "late_reason": late_reason}
    files = {ProofKind.PHOTO: await _read(photo), ProofKind.SIGNATURE: await _read(signature)}
    try:
        await run_in_threadpool(_keep, on, {kind: file for kind, file in files.items() if file is not None})
    except DomainError as error:
        refused = error

        async def refuse() -> None:
            raise refused

        return await on.shown(COMPLETE, values, refuse)
    return await on.do(COMPLETE, CompleteBody, values)


@router.post("/touchpoints/{touchpoint_id}/reschedule")
async def reschedule(on: OnDep, version: Short = "", due_on: Short = "", reason: Short = "") -> Response:
    """改期."""
    return await on.do(RESCHEDULE, RescheduleBody, {"version": version, "due_on": due_on, "reason": reason})


@router.post("/touchpoints/{touchpoint_id}/skip")
async def skip(on: OnDep, version: Short = "", reason: Short = "") -> Response:
    """跳过."""
    return await on.do(SKIP, SkipBody, {"version": version, "reason": reason})


@router.post("/touchpoints/{touchpoint_id}/assign")
async def assign(on: OnDep, to: Short = "", comment: Short = "") -> Response:
    """指派."""
    return await on.do(ASSIGN, AssignBody, {"to": to, "comment": comment})


@router.post("/touchpoints/{touchpoint_id}/clearance")
async def ask_clearance(on: OnDep, gift_name: Short = "", gift_value: Short = "", reason: Short = "") -> Response:
    """报合规审批."""
    values = {"gift_name": gift_name, "gift_value": gift_value, "reason": reason}

    async def act() -> None:
        body = parsed(ClearanceBody, values)
        key = acts.key_for(on.caller, on.key, f"touchpoint-clearance:{on.touchpoint_id}", values)
        prepare = care_acts.ask_clearance(on.caller, key, on.touchpoint_id, body)
        await acts.perform(on.database, engine_of(on.request), key, prepare)

    return await on.shown(CLEARANCE, values, act)


def parsed(kind: type[BodyT], values: Mapping[str, str]) -> BodyT:
    """What a form typed, as the body of the same call over HTTP; empty fields are left out. Raises INVALID_INPUT."""
    return validated(kind, {name: value for name, value in values.items() if value.strip()})


async def _read(file: UploadFile | None) -> tuple[str, bytes] | None:
    """Name and content; one byte more than allowed tells that it is too large."""
    if file is None or not file.filename:
        return None
    return file.filename, await file.read(proofs.MAX_BYTES + 1)


def _keep(on: _On, files: Mapping[ProofKind, tuple[str, bytes]]) -> None:
    """Store the images of a form, each once under its key. Raises NOT_FOUND, NOT_YOUR_TASK, FILE_TOO_LARGE."""
    with on.database.write() as session:
        for kind, (name, content) in files.items():
            key = acts.key_for(on.caller, f"{on.key[:80]}:{kind.value}", "touchpoint-proof", [name, len(content)])
            once(
                session,
                key,
                datetime.now(UTC),
                partial(_kept, session, on, kind, proofs.image(name, content, kind.value)),
            )


def _kept(session: Session, on: _On, kind: ProofKind, image: proofs.Image) -> Facts:
    row = visible_touchpoint(session, on.caller, on.touchpoint_id)
    care_acts.refuse_others(session, on.caller, row)
    kept = proofs.keep(session, row, kind, image, by_id=on.caller.account_id, at=datetime.now(UTC))
    return {"proof_id": str(kept.id)}
