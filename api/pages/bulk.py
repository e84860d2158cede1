"""批量同意: ticked rows, a preview of each, one confirmation, and the result of each."""

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import bulk
from api.bulk import Item, Previewed, Result
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import checked_comment, engine_of, has_own_page, status_headers, usable_key
from api.pages.build_rows import row_value
from api.pages.build_strips import refused, task_errors
from api.pages.desk import Desk, desk_of
from api.pages.i18n import _, count_text
from api.pages.inbox_query import InboxQuery, InboxQueryDep
from api.pages.render import render
from api.pages.view.bulk import BulkPage, BulkRow
from api.pages.view.common import Strip, StripTone
from api.pages.words import case_word, step_word
from api.problems import sentence
from models.database import Database
from models.errors import DomainError
from models.stores.cases import CaseStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case, Task

router = APIRouter(prefix="/inbox/bulk")
TEMPLATE = "pages/bulk.html"


@dataclass(frozen=True)
class Ticked:
    """The rows as they were ticked, and where the reader came from."""

    request: Request
    database: Database
    caller: Caller
    query: InboxQuery
    items: tuple[Item, ...]


async def _ticked(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.ACT_ON_TASKS)],
    query: InboxQueryDep,
    *,
    item: Annotated[list[str] | None, Form()] = None,
) -> Ticked:
    found = (_item(value) for value in item or ())
    return Ticked(request, database, caller, query, tuple(one for one in found if one is not None))


def _item(value: str) -> Item | None:
    """A task and the version that was seen; what is neither was not ticked on our page."""
    number, _colon, version = value.partition(":")
    try:
        return Item(UUID(number), int(version))
    except ValueError:
        return None


TickedDep = Annotated[Ticked, Depends(_ticked)]


@router.post("")
def preview(ticked: TickedDep) -> Response:
    """What each ticked row would come to; nothing is sent."""
    return _preview(ticked)


@router.post("/confirm")
async def confirm(
    ticked: TickedDep,
    *,
    comment: Annotated[str, Form(max_length=50_000)] = "",
    idempotency_key: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Approve them, each for itself, and show what became of each."""
    key = usable_key(idempotency_key)
    try:
        text = checked_comment(comment)
        results = await bulk.decide(
            ticked.database, engine_of(ticked.request), ticked.caller, key, items=ticked.items, comment=text
        )
    except DomainError as error:
        if not has_own_page(error):
            raise
        return await run_in_threadpool(_preview, ticked, error=error, comment=comment)
    return await run_in_threadpool(_results, ticked, results)


def _preview(ticked: Ticked, *, error: DomainError | None = None, comment: str = "") -> Response:
    with ticked.database.read() as session:
        desk = desk_of(ticked.request, session, ticked.caller)
        rows = tuple(_row(desk, item) for item in bulk.preview(session, ticked.caller, ticked.items))
        model = _preview_page(desk, ticked, rows, error, comment)
    status, headers = status_headers(error) if error else (200, {})
    return render(ticked.request, TEMPLATE, model, status, headers)


def _preview_page(
    desk: Desk, ticked: Ticked, rows: tuple[BulkRow, ...], error: DomainError | None, comment: str
) -> BulkPage:
    good, most = sum(not row.refusal for row in rows), bulk.at_most(desk.session)
    lead = _("将同意 %(good)s 件，共勾选 %(all)s 件。请逐项核对后确认。", good=good, all=len(rows))
    if not rows:
        lead = _("还没有勾选。请回到待办，勾选要同意的事项。")
    too_many = len(rows) > most
    if too_many:
        lead = _("一次最多 %(most)s 件，已勾选 %(all)s 件。请回到待办减少勾选。", most=most, all=len(rows))
    strip = (refused(error, desk, comment, ticked.query.href()),) if error and not task_errors(error) else ()
    return BulkPage(
        shell=desk.shell(),
        title=_("批量同意"),
        phone_title=_("批量同意"),
        back_href=ticked.query.href(),
        back=ticked.query.href(),
        lead=lead,
        rows=rows,
        action=ticked.query.href("/inbox/bulk/confirm"),
        idempotency_key=uuid4().hex,
        comment=comment,
        button=count_text("同意 %(num)s 件", good) if good and not too_many else "",
        strips=strip,
        errors=task_errors(error),
    )


def _row(desk: Desk, found: Previewed) -> BulkRow:
    why = sentence(found.refusal.code, found.refusal.context) if found.refusal else ""
    item = "" if found.refusal else f"{found.item.task_id}:{found.item.version}"
    return replace(_of(desk, found.item, found.task, found.case, refusal=why), item=item)


def _of(desk: Desk, item: Item, task: Task | None, case: Case | None, *, refusal: str) -> BulkRow:
    href = f"/tasks/{item.task_id}"
    if task is None or case is None:
        return BulkRow(href=href, kind=_("事项"), subject=str(item.task_id)[:8], step="", refusal=refusal)
    return BulkRow(
        href=href,
        kind=case_word(case.kind, case.subject, case.tier_applied, case.seat_kind),
        subject=task.customer_name,
        step=step_word(task.step),
        value=row_value(desk, case),
        refusal=refusal,
    )


def _results(ticked: Ticked, results: list[Result]) -> Response:
    with ticked.database.read() as session:
        desk = desk_of(ticked.request, session, ticked.caller)
        rows = tuple(_result(session, desk, result) for result in results)
        failed = sum(bool(row.refusal) for row in rows)
        text = count_text("已同意 %(num)s 件。", len(rows) - failed)
        if failed:
            text += count_text("%(num)s 件未办理，原因见下。", failed)
        tone = StripTone.WARN if failed else StripTone.OK
        strip = Strip(text=text, tone=tone, icon="alert" if failed else "check", focus=True)
        model = BulkPage(
            shell=desk.shell(),
            title=_("批量同意结果"),
            phone_title=_("批量同意"),
            back_href=ticked.query.href(),
            back=ticked.query.href(),
            lead="",
            rows=rows,
            action="",
            strips=(strip,),
        )
    return render(ticked.request, TEMPLATE, model)


def _result(session: Session, desk: Desk, result: Result) -> BulkRow:
    task = TaskStore(session).get(result.item.task_id)
    case = CaseStore(session).get(task.case_id) if task else None
    why = sentence(result.error.code, result.error.context) if result.error else ""
    return replace(_of(desk, result.item, task, case, refusal=why), done=result.error is None)
