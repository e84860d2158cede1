"""`/ops/runs` 孤儿流程: a run that no record knows, what happened in it, and 终止."""

from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, ops_mending
from api.deps import Action, Caller, DatabaseDep, require
from api.engine_pages import engine_href
from api.gateway.history import History
from api.gateway.reads import Run
from api.ops_acts import Asking
from api.pages.acting import engine_of, has_own_page, status_headers, usable_key
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import Text, TypedReason, validated
from api.pages.format import stamp
from api.pages.i18n import _, pgettext
from api.pages.lists import href
from api.pages.ops_events import event_rows
from api.pages.ops_offers import summary_of
from api.pages.ops_words import run_word
from api.pages.render import render, see_other
from api.pages.view.common import Link, Strip, StripTone
from api.pages.view.ops import ActForm, OrphanPage
from api.schemas.ops import OrphanBody
from models.database import Database
from models.errors import DomainError
from models.ops_types import OpsAct

BASE, STUCK = "/ops/runs", "/ops/stuck"
router = APIRouter(prefix=BASE)


@dataclass(frozen=True)
class Seen:
    """The run with its history."""

    run: Run
    history: History
    typed: TypedReason


@router.get("")
async def show(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.READ_OPS)],
    workflow_id: Annotated[str, Query(min_length=1, max_length=128)],
) -> Response:
    """The run; one that has a record, or is over, is not found here."""
    return await _page(request, database, caller, workflow_id)


@router.post("/terminate")
async def terminate(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.MANAGE_OPS)],
    *,
    workflow_id: Annotated[str, Form(min_length=1, max_length=128)],
    reason: Text = "",
    confirmed: Annotated[bool, Form()] = False,
    idempotency_key: Text = "",
) -> Response:
    """终止 with its reason; a refusal comes back with what was typed."""
    try:
        body = validated(OrphanBody, {"workflow_id": workflow_id, "reason": reason, "confirmed": confirmed})
        ops_mending.check_confirmed(confirmed=body.confirmed)
        key = acts.key_for(caller, usable_key(idempotency_key), f"ops-run:{workflow_id}", body.model_dump(mode="json"))
        asking = Asking(caller, key, body.reason)
        await ops_mending.terminate_orphan(database, engine_of(request), asking, body.workflow_id)
    except DomainError as error:
        if not has_own_page(error):
            raise
        return await _page(request, database, caller, workflow_id, TypedReason(reason, error))
    return see_other(request, href(STUCK, {"reason": "orphan"}))


async def _page(
    request: Request, database: Database, caller: Caller, workflow_id: str, typed: TypedReason | None = None
) -> Response:
    typed, gateway = typed or TypedReason(), engine_of(request)
    run = await ops_mending.orphan(database, gateway, workflow_id)
    seen = Seen(run, await gateway.history(workflow_id), typed)

    def model() -> OrphanPage:
        with database.read() as session:
            return _shown(desk_of(request, session, caller), seen)

    return render(
        request,
        "pages/ops_run.html",
        await run_in_threadpool(model),
        *(status_headers(typed.error) if typed.error else (200, {})),
    )


def _shown(desk: Desk, seen: Seen) -> OrphanPage:
    run = seen.run
    engine = engine_href(desk.request.app.state.settings, run.workflow_id)
    return OrphanPage(
        shell=desk.shell("ops-stuck"),
        title=f"{run_word(run.kind)} · {_('没有记录的流程')}",
        phone_title=_("孤儿流程"),
        back_href=href(STUCK, {"reason": "orphan"}),
        json_href=href(f"/api/v1{BASE}", {"workflow_id": run.workflow_id}),
        headline=f"{run.workflow_id} · {_('启动于 %(when)s', when=stamp(run.started_at, desk.now))}",
        hidden=(("workflow_id", run.workflow_id),),
        links=(Link(text=_("引擎记录"), href=engine, icon="pulse"),) if engine else (),
        strips=(Strip(text=_warning(), tone=StripTone.WARN, icon="alert"),),
        act=_form(seen),
        errors=summary_of(seen.typed.error, OpsAct.TERMINATE) if seen.typed.error else None,
        events=event_rows(seen.history),
    )


def _warning() -> str:
    return _("记录如果是从较早的备份恢复的，请先按维护流程核对：缺少的记录可以照引擎历史补写，终止后不再补写。")


def _form(seen: Seen) -> ActForm:
    return ActForm(
        act=OpsAct.TERMINATE.value,
        name=pgettext("act", "终止"),
        action=f"{BASE}/terminate",
        idempotency_key=uuid4().hex,
        preview=_("引擎中的运行立即结束；没有记录会改变，也没有人会收到通知。不能恢复，记入审计。"),
        button=_("终止，不再恢复"),
        icon="x",
        reason=seen.typed.reason,
        confirm=_("我知道这不能恢复。"),
    )
