"""`/ops/cases` 流程查询 over all cases; one case with what it waits for, every event, and every act on it."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts
from api.deps import Action, Caller, DatabaseDep, require
from api.engine_pages import engine_href
from api.ops_acts import Asking
from api.ops_case import Watched, found_cases, watched
from api.ops_doing import ON_RUNS, perform
from api.ops_mending import check_confirmed
from api.pages.acting import engine_of, has_own_page, pending, refused_before, status_headers, usable_key
from api.pages.case_pages import page_of
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import Text, validated
from api.pages.format import stamp
from api.pages.i18n import _
from api.pages.lists import TrailDep, href, pager
from api.pages.ops_events import event_rows, trouble_strip, waits_in_words
from api.pages.ops_offers import act_forms, done_text, refused_acts, summary_of
from api.pages.ops_words import status_word
from api.pages.render import render, see_other
from api.pages.view.common import EmptyState, Link, Strip, StripTone, Tag, TagTone
from api.pages.view.ops import CasePage, FoundRow, SearchPage
from api.pages.words import word
from api.paging import Paging, PagingDep, encode_cursor
from api.schemas.ops import TerminateBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.ops_types import OpsAct
from models.stores.case_names import case_names
from models.stores.institutions import institution_names
from models.tables.cases import Case

BASE = "/ops/cases"
router = APIRouter(prefix=BASE)
WatcherDep = Annotated[Caller, require(Action.READ_OPS)]


@dataclass(frozen=True)
class Typed:
    """What happened to the form: it was refused, or sent."""

    act: OpsAct | None = None
    reason: str = ""
    error: DomainError | None = None
    done: str = ""
    update: str = ""


@router.get("")
def search(
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    trail: TrailDep,
    caller: WatcherDep,
    *,
    q: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Every case, newest first, or those that were asked for."""
    with database.read() as session:
        model = _search(desk_of(request, session, caller), q, paging, trail)
    return render(request, "pages/ops_cases.html", model)


@router.get("/{case_id}")
async def show(
    request: Request,
    case_id: UUID,
    database: DatabaseDep,
    caller: WatcherDep,
    *,
    done: Annotated[str, Query()] = "",
    update: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """One case, with its run as the engine has it; `update` is the key of an act that was refused meanwhile."""
    found = await watched(database, engine_of(request), caller, case_id)
    typed = Typed(done=done_text(done), update=update)
    return render(
        request, "pages/ops_case.html", await run_in_threadpool(_shown, request, database, caller, found, typed)
    )


@router.post("/{case_id}/{act}")
async def act_on(
    request: Request,
    case_id: UUID,
    act: OpsAct,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.MANAGE_OPS)],
    *,
    reason: Text = "",
    confirmed: Annotated[bool, Form()] = False,
    idempotency_key: Text = "",
) -> Response:
    """An act with its reason; a refusal comes back with what was typed."""
    typed_key = usable_key(idempotency_key)
    try:
        body = validated(TerminateBody, {"reason": reason, "confirmed": confirmed})
        if act is OpsAct.TERMINATE:
            check_confirmed(confirmed=body.confirmed)
        key = acts.key_for(caller, typed_key, f"ops-{act}:{case_id}", body.model_dump(mode="json"))
        await perform(database, engine_of(request), Asking(caller, key, body.reason), act, case_id)
    except DomainError as error:
        if not has_own_page(error):
            raise
        if error.code is ErrorCode.NOT_YET_CONFIRMED and act not in ON_RUNS:
            back = f"{BASE}/{case_id}"
            return await run_in_threadpool(pending, request, database, caller, typed_key, kept=reason, back=back)
        found = await watched(database, engine_of(request), caller, case_id)
        model = await run_in_threadpool(_shown, request, database, caller, found, Typed(act, reason, error))
        return render(request, "pages/ops_case.html", model, *status_headers(error))
    return see_other(request, f"{BASE}/{case_id}?done={act.value}")


def _search(desk: Desk, q: str, paging: Paging, trail: tuple[str, ...]) -> SearchPage:
    rows, following = found_cases(desk.session, q, paging)
    current = encode_cursor(paging.after) if paging.after else None
    filters = {"q": q.strip() or None}
    return SearchPage(
        shell=desk.shell("ops-cases"),
        title=_("流程查询"),
        json_href=href("/api/v1/ops/cases", filters),
        q=q,
        rows=_rows(desk, rows),
        pager=pager(BASE, filters, current=current, following=following, trail=trail),
        empty=None if rows else EmptyState(text=_("没有找到流程。"), icon="search"),
    )


def _rows(desk: Desk, cases: list[Case]) -> tuple[FoundRow, ...]:
    names = case_names(desk.session, cases)
    places = institution_names(desk.session, {case.institution_code for case in cases})
    return tuple(
        FoundRow(
            case=Link(text=f"{word(case.kind)} · {names[case.id]}", href=f"{BASE}/{case.id}"),
            hint=case.workflow_id,
            place=places.get(case.institution_code, case.institution_code),
            stage=word(case.stage),
            opened=stamp(case.opened_at, desk.now),
            state=_state(case),
        )
        for case in cases
    )


def _state(case: Case) -> Tag:
    if case.outcome is None:
        return Tag(text=_("在办"), tone=TagTone.BLUE)
    return Tag(text=word(case.outcome), tone=TagTone.OUTLINE)


def _shown(request: Request, database: Database, caller: Caller, found: Watched, typed: Typed) -> CasePage:
    with database.read() as session:
        error = typed.error or refused_before(session, caller, typed.update)
        return _page(desk_of(request, session, caller), found, replace(typed, error=error))


def _page(desk: Desk, found: Watched, typed: Typed) -> CasePage:
    case, trouble = found.case, found.look.trouble
    events = event_rows(found.history)
    sent = Strip(text=typed.done, tone=StripTone.OK, icon="check", focus=True)
    return CasePage(
        shell=desk.shell("ops-cases"),
        title=f"{word(case.kind)} · {_name(desk.session, case)}",
        phone_title=_("流程查询"),
        back_href=BASE,
        json_href=f"/api/v1{BASE}/{case.id}",
        headline=case.workflow_id,
        status=Tag(text=status_word(found.look.status), tone=TagTone.BLUE),
        waits=waits_in_words(desk, found),
        links=_links(desk, case, found),
        strips=(*((sent,) if typed.done else ()), *((trouble_strip(trouble, desk.now),) if trouble else ())),
        acts=act_forms(found, typed.act, typed.reason),
        refused=refused_acts(found),
        errors=summary_of(typed.error, typed.act) if typed.error else None,
        events=events,
        empty=None if events else EmptyState(text=_("引擎已不保存此流程的历史。"), icon="info"),
    )


def _name(session: Session, case: Case) -> str:
    return case_names(session, [case])[case.id]


def _links(desk: Desk, case: Case, found: Watched) -> tuple[Link, ...]:
    """Where it is worked on: 改派, 取消 and the rest stand at the case and its task."""
    links = [Link(text=_("打开流程"), href=page_of(case), icon="file")]
    links += [Link(text=_("改派任务"), href=f"/tasks/{task.id}", icon="people") for task in found.tasks[:1]]
    engine = engine_href(desk.request.app.state.settings, case.workflow_id)
    return (*links, *((Link(text=_("引擎记录"), href=engine, icon="pulse"),) if engine else ()))
