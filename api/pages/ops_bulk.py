"""`/ops/bulk` 批量处理: ticked cases of the stuck list, a preview of each, one confirmation, progress with 停止."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts
from api import ops_bulk as bulk
from api.act_base import now
from api.bulk import at_most
from api.deps import Action, Caller, DatabaseDep, require
from api.ops_bulk import Previewed
from api.pages.acting import engine_of, has_own_page, status_headers, usable_key
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import Text, validated
from api.pages.form_errors import reason_summary
from api.pages.format import stamp, whole
from api.pages.i18n import _, pgettext
from api.pages.i18n import mark as _m
from api.pages.i18n import mark_context as _c
from api.pages.ops_offers import ACTS
from api.pages.render import render, see_other
from api.pages.view.common import Option, Progress, Strip, StripTone
from api.pages.view.ops_bulk import OpsBulkPage, OpsBulkRow, OpsBulkRunPage
from api.pages.words import word
from api.schemas.ops import OpsBulkAnswer, OpsBulkItemAnswer, ReasonBody
from models.database import Database
from models.errors import DomainError
from models.ops_types import BulkAct, OpsAct
from models.services import ops_bulk
from models.services.desk.acting import invalid
from models.services.desk.once import once
from models.services.ops_bulk import Wish
from models.stores.accounts import AccountStore
from models.types import JobState

BASE = "/ops/bulk"
router = APIRouter(prefix=BASE)
_ACTS = {act: _c("act", "改派") if act is BulkAct.REASSIGN else ACTS[OpsAct(act)] for act in BulkAct}
_WILL = {
    BulkAct.RETRY: _m("失败的步骤将立即重试。"),
    BulkAct.REASSIGN: _m("等待办理的任务将改派给此人，期限不变。"),
    BulkAct.SKIP: _m("此次关怀将跳过，不再办理。"),
    BulkAct.CANCEL: _m("将取消，不再办理；审批视同申报人撤销。"),
    BulkAct.RESET: _m("从记录重新开始；环节、任务和期限不变。"),
    BulkAct.TERMINATE: _m("记录以“终止”结束，打开的任务关闭，不能恢复。"),
}


@dataclass(frozen=True)
class Ticked:
    """The form as it was sent."""

    request: Request
    database: Database
    caller: Caller
    cases: tuple[UUID, ...]
    act: BulkAct
    login: str
    reason: str


async def _ticked(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.MANAGE_OPS)],
    *,
    case: Annotated[list[str] | None, Form()] = None,
    act: Annotated[BulkAct, Form()] = BulkAct.RETRY,
    login: Text = "",
    reason: Text = "",
) -> Ticked:
    return Ticked(request, database, caller, tuple(_ids(case or ())), act, login.strip(), reason)


def _ids(values: Sequence[str]) -> list[UUID]:
    """What is no id was not ticked on our page."""
    found = []
    for value in values:
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return found


TickedDep = Annotated[Ticked, Depends(_ticked)]


@router.post("")
async def preview(ticked: TickedDep) -> Response:
    """What each case would come to; nothing is done."""
    return await _preview(ticked)


@router.post("/confirm")
async def confirm(ticked: TickedDep, *, shown: Text = "", idempotency_key: Text = "") -> Response:
    """Ask for what was previewed; a refusal comes back with what was typed."""
    if shown != ticked.act.value:
        return await _preview(ticked)
    try:
        bulk_id = await run_in_threadpool(_asked, ticked, usable_key(idempotency_key))
    except DomainError as error:
        if not has_own_page(error):
            raise
        return await _preview(ticked, error)
    return see_other(ticked.request, f"{BASE}/{bulk_id}")


@router.get("/{bulk_id}")
def show(
    request: Request, bulk_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.READ_OPS)]
) -> Response:
    """How far it is, then what became of each."""
    with database.read() as session:
        found = bulk.bulk_answer(session, ops_bulk.get(session, bulk_id))
        model = _run_page(desk_of(request, session, caller), found)
    return render(request, "pages/ops_bulk_run.html", model)


@router.post("/{bulk_id}/stop")
def stop(
    request: Request, bulk_id: UUID, database: DatabaseDep, caller: Annotated[Caller, require(Action.MANAGE_OPS)]
) -> Response:
    """停止: nothing more is begun; asked twice it is stopped all the same."""
    with database.write() as session:
        ops_bulk.stop(session, ops_bulk.get(session, bulk_id), caller.by)
    return see_other(request, f"{BASE}/{bulk_id}")


def _asked(ticked: Ticked, key: str) -> str:
    with ticked.database.write() as session:
        wanted = _wish(session, ticked)._replace(reason=validated(ReasonBody, {"reason": ticked.reason}).reason)
        own = acts.key_for(ticked.caller, key, "ops-bulk", [*map(str, wanted)])
        facts = once(session, own, now(), lambda: {"bulk_id": str(bulk.ask(session, ticked.caller, wanted).id)})
    return str(facts["bulk_id"])


def _wish(session: Session, ticked: Ticked) -> Wish:
    """Raises INVALID_INPUT for a login that nobody has."""
    to = None
    if ticked.act is BulkAct.REASSIGN and ticked.login:
        account = AccountStore(session).by_login(ticked.login)
        if account is None:
            raise invalid("to", "unknown_person")
        to = account.id
    return bulk.wish(ticked.act, ticked.cases, to, ticked.reason)


async def _preview(ticked: Ticked, error: DomainError | None = None) -> Response:
    try:
        wanted = await run_in_threadpool(_read_wish, ticked)
    except DomainError as unknown:
        error, wanted = error or unknown, bulk.wish(ticked.act, ticked.cases, None, ticked.reason)
    found = await bulk.preview(ticked.database, engine_of(ticked.request), ticked.caller, wanted)
    model = await run_in_threadpool(_preview_page, ticked, found, error)
    return render(ticked.request, "pages/ops_bulk.html", model, *(status_headers(error) if error else (200, {})))


def _read_wish(ticked: Ticked) -> Wish:
    with ticked.database.read() as session:
        return _wish(session, ticked)


def _preview_page(ticked: Ticked, found: list[Previewed], error: DomainError | None) -> OpsBulkPage:
    with ticked.database.read() as session:
        desk, most = desk_of(ticked.request, session, ticked.caller), at_most(session)
    rows = tuple(_row(bulk.preview_item(item), _(_WILL[ticked.act])) for item in found)
    good = sum(not row.refused for row in rows)
    sendable = good and len(rows) <= most
    act = pgettext("act", _ACTS[ticked.act])
    return OpsBulkPage(
        shell=desk.shell("ops-stuck"),
        title=_("批量处理"),
        phone_title=_("批量处理"),
        back_href="/ops/stuck",
        lead=_lead(act, good, len(rows), most),
        acts=tuple(
            Option(value=each.value, text=pgettext("act", text), selected=each is ticked.act)
            for each, text in _ACTS.items()
        ),
        rows=rows,
        idempotency_key=uuid4().hex,
        login=ticked.login,
        reason=ticked.reason,
        act=ticked.act.value,
        button=_("%(act)s %(n)s 件", act=act, n=whole(good)) if sendable else "",
        errors=reason_summary(error, to=_("改派给")) if error else None,
    )


def _lead(act: str, good: int, number: int, most: int) -> str:
    if not number:
        return _("还没有勾选。请回到卡住清单，勾选要处理的流程。")
    if number > most:
        return _("一次最多 %(most)s 件，已勾选 %(n)s 件。请回到卡住清单减少勾选。", most=most, n=number)
    return _("%(act)s：%(good)s 件可办，共勾选 %(n)s 件。逐件办理，一件不成不影响其他。", act=act, good=good, n=number)


def _row(item: OpsBulkItemAnswer, text: str) -> OpsBulkRow:
    name = f"{word(item.kind)} · {item.number}" if item.kind else _("流程 %(id)s", id=str(item.case_id)[:8])
    refused = item.code is not None
    return OpsBulkRow(
        case_id=str(item.case_id),
        href=f"/ops/cases/{item.case_id}",
        name=name,
        text=item.detail if refused else text,
        hint=item.workflow_id,
        refused=refused,
    )


def _run_page(desk: Desk, found: OpsBulkAnswer) -> OpsBulkRunPage:
    running, address = found.state in {JobState.QUEUED, JobState.RUNNING}, f"{BASE}/{found.bulk_id}"
    return OpsBulkRunPage(
        shell=desk.shell("ops-stuck", address if running else None),
        title=_("批量%(act)s", act=pgettext("act", _ACTS[found.act])),
        phone_title=_("批量处理"),
        back_href="/ops/stuck",
        json_href=f"/api/v1/ops/bulk/{found.bulk_id}",
        headline=" · ".join((stamp(found.created_at, desk.now), found.reason)),
        poll_href=address,
        stop_action=f"{address}/stop" if running and not found.stopped else "",
        idempotency_key=uuid4().hex,
        progress=_progress(found) if running else None,
        strips=() if running else (_ended(found),),
        rows=tuple(_row(item, _("已办理。")) for item in found.items),
    )


def _progress(found: OpsBulkAnswer) -> Progress:
    text = _("已处理 %(done)s / %(total)s 件", done=whole(found.done), total=whole(found.total))
    if found.stopped:
        text = _("正在停止，已处理 %(done)s / %(total)s 件", done=whole(found.done), total=whole(found.total))
    return Progress(done=found.done, total=max(1, found.total), text=text)


def _ended(found: OpsBulkAnswer) -> Strip:
    bad, left = sum(item.code is not None for item in found.items), found.total - len(found.items)
    text = _("已办理 %(n)s 件。", n=whole(len(found.items) - bad))
    if bad:
        text += _("%(n)s 件未办理，原因见下。", n=whole(bad))
    if left:
        text += _("已停止，%(n)s 件没有开始。", n=whole(left))
    good = not bad and not left
    return Strip(
        text=text, tone=StripTone.OK if good else StripTone.WARN, icon="check" if good else "alert", focus=True
    )
