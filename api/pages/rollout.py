"""`/rollout`: 启动计划 (附件八) on pages: read, led by head office, worked on by the posts it names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, rollout_acts
from api.act_base import now, visible_task
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import checked_comment, has_own_page, key_to_show, pending, send, status_headers, usable_key
from api.pages.asking import Asked, reason_form
from api.pages.desk import Desk, desk_of
from api.pages.lists import href
from api.pages.render import render, see_other
from api.pages.rollout_forms import (
    TypedPlan,
    ask_cancel,
    ask_reassign,
    ask_reschedule,
    chosen,
    plan_page,
    typed_date,
)
from api.pages.rollout_view import BASE, ShownLaunch, rollout_page
from api.rollout_acts import Completing, Result
from api.rollout_answers import launch_file, visible_launch
from api.routes.case_thread import file_response
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.messages.rollout import RolloutState
from models.services.desk.attachments import Attached
from models.services.idempotency import Key

router = APIRouter(prefix=BASE)
TEMPLATE, PLAN = "pages/rollout.html", "pages/rollout_plan.html"
Text = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True)
class _Sent:
    """A request that acts, under its key."""

    request: Request
    database: Database
    caller: Caller
    key: Key


@dataclass(frozen=True)
class At:
    """Who asks, and by which request."""

    request: Request
    database: Database
    caller: Caller

    def sent(self, key: str, route: str, body: Mapping[str, object]) -> _Sent:
        """The request as one that acts."""
        idempotency = acts.key_for(self.caller, usable_key(key), route, body)
        return _Sent(self.request, self.database, self.caller, idempotency)

    def desk(self, session: Session) -> Desk:
        """What the page is built with."""
        return desk_of(self.request, session, self.caller)


async def _read(request: Request, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_ROLLOUT)]) -> At:
    return At(request, database, caller)


async def _lead(request: Request, database: DatabaseDep, caller: Annotated[Caller, require(Action.LEAD_ROLLOUT)]) -> At:
    return At(request, database, caller)


async def _work(request: Request, database: DatabaseDep, caller: Annotated[Caller, require(Action.ACT_ON_TASKS)]) -> At:
    return At(request, database, caller)


ReaderDep = Annotated[At, Depends(_read)]
LeaderDep = Annotated[At, Depends(_lead)]
WorkerDep = Annotated[At, Depends(_work)]
Done = Annotated[str, Query(max_length=20)]


@router.get("")
def newest(at: ReaderDep, done: Done = "") -> Response:
    """The launch that was opened last; the form for one where there is none."""
    return _show(at, None, ShownLaunch(done=done))


@router.post("")
async def open_launch(
    at: LeaderDep,
    *,
    start_on: Text = "",
    branches: Annotated[list[str] | None, Form()] = None,
    idempotency_key: Text = "",
) -> Response:
    """建立草稿."""
    codes = tuple(branches or ())
    body = {"start_on": start_on, "branches": codes}
    sent = at.sent(idempotency_key, "rollout-open", body)
    shown = ShownLaunch(start_on=start_on, branches=codes, key=sent.key.key)
    try:
        day = typed_date(start_on, "start_on")
        prepare = rollout_acts.open_launch(at.caller, sent.key, start_on=day, branches=chosen(codes))
        await send(at.request, at.database, sent.key, prepare)
    except DomainError as error:
        return await _refused(sent, None, replace(shown, error=error), kept="")
    return see_other(at.request, href(BASE, {"done": "open"}))


@router.get("/{rollout_id}")
def show(
    rollout_id: UUID,
    at: ReaderDep,
    done: Done = "",
) -> Response:
    """A launch."""
    return _show(at, rollout_id, ShownLaunch(done=done))


@router.get("/{rollout_id}/files/{attachment_id}")
def download(rollout_id: UUID, attachment_id: UUID, at: ReaderDep) -> Response:
    """A file handed in with a part that the reader sees."""
    with at.database.read() as session:
        return file_response(launch_file(session, at.caller, rollout_id, attachment_id, now()))


@router.get("/{rollout_id}/plan")
def edit(rollout_id: UUID, at: LeaderDep) -> Response:
    """草稿 to be edited."""
    with at.database.read() as session:
        model = plan_page(at.desk(session), rollout_id, None)
    return render(at.request, PLAN, model)


@router.post("/{rollout_id}/plan")
async def replan(rollout_id: UUID, at: LeaderDep) -> Response:
    """The draft as typed; a refusal comes back with it."""
    form = await at.request.form()
    state = await run_in_threadpool(_state, at, rollout_id)
    numbers = tuple(item.number for item in state.items)
    typed = TypedPlan.sent(form, numbers, usable_key(str(form.get("idempotency_key", ""))))
    body = {"start": typed.start_on, "branches": typed.branches, "dates": typed.dates, "roles": typed.roles}
    sent = at.sent(typed.key, f"rollout-plan:{rollout_id}", {**body, "v": typed.version})
    try:
        prepare = rollout_acts.replan(
            at.caller,
            sent.key,
            rollout_id,
            version=typed.version,
            start_on=typed.starts(),
            branches=typed.branches,
            items=typed.items(state),
        )
        await send(at.request, at.database, sent.key, prepare)
    except DomainError as error:
        if not has_own_page(error):
            raise
        return await run_in_threadpool(_plan_again, sent, rollout_id, replace(typed, error=error), error)
    return see_other(at.request, href(f"{BASE}/{rollout_id}", {"done": "plan"}))


@router.post("/{rollout_id}/launch")
async def launch(
    rollout_id: UUID,
    at: LeaderDep,
    *,
    version: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """启动."""
    sent = at.sent(idempotency_key, f"rollout-launch:{rollout_id}", {"version": version})
    try:
        prepare = rollout_acts.launch(at.caller, sent.key, rollout_id, version=_number(version))
        await send(at.request, at.database, sent.key, prepare)
    except DomainError as error:
        return await _refused(sent, rollout_id, ShownLaunch(error=error), kept="")
    return see_other(at.request, href(f"{BASE}/{rollout_id}", {"done": "launch"}))


@router.get("/{rollout_id}/items/{number}/reschedule")
def ask_to_move(rollout_id: UUID, number: int, at: LeaderDep) -> Response:
    """改期: from when to when, and why."""
    with at.database.read() as session:
        asked = ask_reschedule(at.desk(session), rollout_id, number)
    return render(at.request, "pages/plain_form.html", reason_form(at.request, at.caller, asked))


@router.post("/{rollout_id}/items/{number}/reschedule")
async def move(
    rollout_id: UUID,
    number: int,
    at: LeaderDep,
    *,
    from_on: Text = "",
    to_on: Text = "",
    version: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """改期."""
    body = {"from_on": from_on, "to_on": to_on, "version": version, "reason": reason}
    sent = at.sent(idempotency_key, f"rollout-move:{rollout_id}:{number}", body)

    def ask(session: Session) -> Asked:
        return ask_reschedule(at.desk(session), rollout_id, number, (from_on, to_on))

    def prepare() -> Prepare:
        dates = typed_date(from_on, "from_on"), typed_date(to_on, "to_on")
        return rollout_acts.reschedule(
            at.caller, sent.key, rollout_id, version=_number(version), number=number, dates=dates, comment=reason
        )

    return await _by_reason(sent, ask, prepare, reason=reason, done="reschedule")


@router.get("/{rollout_id}/cancel")
def ask_to_cancel(rollout_id: UUID, at: LeaderDep) -> Response:
    """取消, and why."""
    with at.database.read() as session:
        asked = ask_cancel(at.desk(session), rollout_id)
    return render(at.request, "pages/plain_form.html", reason_form(at.request, at.caller, asked))


@router.post("/{rollout_id}/cancel")
async def cancel(
    rollout_id: UUID,
    at: LeaderDep,
    *,
    version: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """取消."""
    body = {"version": version, "reason": reason}
    sent = at.sent(idempotency_key, f"rollout-cancel:{rollout_id}", body)

    def ask(session: Session) -> Asked:
        return ask_cancel(at.desk(session), rollout_id)

    def prepare() -> Prepare:
        return rollout_acts.cancel(at.caller, sent.key, rollout_id, version=_number(version), comment=reason)

    return await _by_reason(sent, ask, prepare, reason=reason, done="cancel")


@router.post("/tasks/{part_id}/complete")
async def complete(
    part_id: UUID,
    at: WorkerDep,
    *,
    version: Text = "",
    comment: Annotated[str, Form(max_length=50_000)] = "",
    idempotency_key: Text = "",
    files: list[UploadFile] | None = None,
) -> Response:
    """完成 of a part with its result and files."""
    case_id = await run_in_threadpool(_case_of, at, part_id)
    taken = [
        Attached(file.filename, file.content_type or "", await file.read()) for file in files or () if file.filename
    ]
    body = {"version": version, "comment": comment, "files": [(file.name, len(file.content)) for file in taken]}
    sent = at.sent(idempotency_key, f"rollout-complete:{part_id}", body)
    shown = ShownLaunch(task_id=part_id, typed=comment, had_files=bool(taken), key=sent.key.key)
    try:
        result = Result(_number(version), checked_comment(comment), taken)
        completing = Completing(at.database, at.caller, part_id, result)
        async with completing.files_kept_if_done():
            await send(at.request, at.database, sent.key, completing.under(sent.key))
    except DomainError as error:
        return await _refused(sent, case_id, replace(shown, error=error), kept=comment)
    return see_other(at.request, href(f"{BASE}/{case_id}", {"done": "complete"}))


@router.get("/tasks/{part_id}/reassign")
def ask_to_reassign(part_id: UUID, at: LeaderDep) -> Response:
    """改派: to whom, and why."""
    with at.database.read() as session:
        asked = ask_reassign(at.desk(session), visible_task(session, at.caller, part_id))
    return render(at.request, "pages/plain_form.html", reason_form(at.request, at.caller, asked))


@router.post("/tasks/{part_id}/reassign")
async def reassign(
    part_id: UUID,
    at: LeaderDep,
    *,
    to: Text = "",
    version: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """改派."""
    body = {"to": to, "version": version, "reason": reason}
    sent = at.sent(idempotency_key, f"rollout-reassign:{part_id}", body)

    def ask(session: Session) -> Asked:
        return ask_reassign(at.desk(session), visible_task(session, at.caller, part_id), to)

    def prepare() -> Prepare:
        return rollout_acts.reassign(
            at.caller, sent.key, part_id, version=_number(version), to=_person(to), comment=reason
        )

    return await _by_reason(sent, ask, prepare, reason=reason, done="reassign")


def _show(at: At, case_id: UUID | None, shown: ShownLaunch) -> Response:
    with at.database.read() as session:
        model = rollout_page(at.desk(session), case_id, shown)
    return render(at.request, TEMPLATE, model)


async def _by_reason(
    sent: _Sent, ask: Callable[[Session], Asked], prepare: Callable[[], Prepare], *, reason: str, done: str
) -> Response:
    """Do what a form with a reason asks; a refusal comes back on it with what was typed, under a new key."""

    def asked() -> Asked:
        with sent.database.read() as session:
            return replace(ask(session), reason=reason)

    form = await run_in_threadpool(asked)
    try:
        await send(sent.request, sent.database, sent.key, prepare())
    except DomainError as error:
        if error.code is ErrorCode.NOT_YET_CONFIRMED:
            return await run_in_threadpool(_wait, sent, form.back, reason)
        if not has_own_page(error):
            raise
        model = reason_form(sent.request, sent.caller, replace(form, error=error))
        return render(sent.request, "pages/plain_form.html", model, *status_headers(error))
    return see_other(sent.request, href(form.back, {"done": done}))


async def _refused(sent: _Sent, case_id: UUID | None, shown: ShownLaunch, *, kept: str) -> Response:
    """The page of the launch again with what was typed and what to do now; 202 waits for the outcome."""
    error = shown.error
    if error is None or not has_own_page(error):
        raise error or DomainError(ErrorCode.INTERNAL_ERROR)
    back = f"{BASE}/{case_id}" if case_id else BASE
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return await run_in_threadpool(_wait, sent, back, kept)
    return await run_in_threadpool(_again, sent, case_id, shown, error)


def _again(sent: _Sent, case_id: UUID | None, shown: ShownLaunch, error: DomainError) -> Response:
    with sent.database.read() as session:
        fresh = replace(shown, key=key_to_show(session, sent.caller, shown.key) if shown.key else "")
        model = rollout_page(desk_of(sent.request, session, sent.caller), case_id, fresh)
    return render(sent.request, TEMPLATE, model, *status_headers(error))


def _plan_again(sent: _Sent, case_id: UUID, typed: TypedPlan, error: DomainError) -> Response:
    if error.code is ErrorCode.NOT_YET_CONFIRMED:
        return _wait(sent, f"{BASE}/{case_id}", "")
    with sent.database.read() as session:
        fresh = replace(typed, key=key_to_show(session, sent.caller, typed.key))
        model = plan_page(desk_of(sent.request, session, sent.caller), case_id, fresh)
    return render(sent.request, PLAN, model, *status_headers(error))


def _wait(sent: _Sent, back: str, kept: str) -> Response:
    return pending(sent.request, sent.database, sent.caller, sent.key.key, kept=kept, back=back)


def _state(at: At, case_id: UUID) -> RolloutState:
    with at.database.read() as session:
        return visible_launch(session, at.caller, case_id, now()).state


def _case_of(at: At, part_id: UUID) -> UUID:
    with at.database.read() as session:
        task = visible_task(session, at.caller, part_id)
        return visible_launch(session, at.caller, task.case_id, now()).case.id


def _number(version: str) -> int:
    """The version a form was drawn with. Raises STALE_VERSION."""
    if not version.isdecimal():
        raise DomainError(ErrorCode.STALE_VERSION)
    return int(version)


def _person(to: str) -> UUID:
    """Whom a form names. Raises INVALID_INPUT."""
    try:
        return UUID(to)
    except ValueError as error:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "to", "reason": "missing"}]) from error
