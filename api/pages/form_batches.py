"""`/forms/batch`: all forms of a branch and quarter as one file, made by the worker, fetched when it is done."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from sqlmodel import Session
from starlette.responses import Response

from api import acts, form_batch_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, status_headers, usable_key
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import validated
from api.pages.form_errors import error_summary
from api.pages.format import instant, quarter, stamp, whole
from api.pages.i18n import _
from api.pages.lists import TrailDep, pager
from api.pages.render import render, see_other
from api.pages.view.common import EmptyState, Option, Progress, Strip, StripTone, Tag, TagTone
from api.pages.view.form_batches import BatchesPage, BatchPage, BatchRow
from api.pages.words import word
from api.paging import Paging, PagingDep, encode_cursor
from api.schemas.forms import BatchAnswer, BatchBody
from models.errors import DomainError
from models.rules.calendar import local_date
from models.services.desk.once import once
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.types import InstitutionLevel, JobState

BASE = "/forms/batch"
router = APIRouter(prefix=BASE)
PrinterDep = Annotated[Caller, require(Action.PRINT_FORMS)]
Text = Annotated[str, Form(max_length=500)]
_TONES = {JobState.DONE: TagTone.OK, JobState.FAILED: TagTone.BAD, JobState.RUNNING: TagTone.BLUE}


@dataclass(frozen=True)
class Typed:
    """A form that was refused, with what was typed."""

    institution_code: str = ""
    year: str = ""
    quarter: str = ""
    full: bool = False
    reason: str = ""
    error: DomainError | None = None


@router.get("")
def show_batches(
    request: Request, database: DatabaseDep, paging: PagingDep, trail: TrailDep, caller: PrinterDep
) -> Response:
    """The form, and the batches so far."""
    with database.read() as session:
        model = _batches(desk_of(request, session, caller), paging, trail, Typed())
    return render(request, "pages/form_batches.html", model)


@router.post("")
def start(
    request: Request,
    database: DatabaseDep,
    caller: PrinterDep,
    *,
    institution_code: Text = "",
    year: Text = "",
    quarter_no: Annotated[str, Form(max_length=10, alias="quarter")] = "",
    full: Annotated[bool, Form()] = False,
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """Ask for a batch; a refusal comes back on the form with what was typed."""
    try:
        values = {"institution_code": institution_code, "year": year, "quarter": quarter_no, "reason": reason}
        body = validated(BatchBody, {**values, "full": full})
        key = acts.key_for(caller, usable_key(idempotency_key), "form-batch", body.model_dump(mode="json"))
        with database.write() as session:
            facts = once(
                session,
                key,
                datetime.now(UTC),
                lambda: {"job_id": str(form_batch_acts.start(session, caller, body).id)},
            )
    except DomainError as error:
        if not has_own_page(error):
            raise
        with database.read() as session:
            shown = Typed(institution_code, year, quarter_no, full, reason, error)
            model = _batches(desk_of(request, session, caller), Paging(), (), shown)
        return render(request, "pages/form_batches.html", model, *status_headers(error))
    return see_other(request, f"{BASE}/{facts['job_id']}")


@router.get("/{batch_id}")
def show_batch(request: Request, batch_id: UUID, database: DatabaseDep, caller: PrinterDep) -> Response:
    """Progress, then the file."""
    with database.read() as session:
        model = _batch(desk_of(request, session, caller), batch_id)
    return render(request, "pages/form_batch.html", model)


@router.post("/{batch_id}/file")
def fetch(batch_id: UUID, database: DatabaseDep, caller: PrinterDep) -> Response:
    """The file; fetching it is written down."""
    with database.write() as session:
        return form_batch_acts.file_of(session, caller, batch_id)


def _batches(desk: Desk, paging: Paging, trail: tuple[str, ...], typed: Typed) -> BatchesPage:
    found = form_batch_acts.recent(desk.session, desk.caller, paging.id(), paging.fetch)
    shown, following = paging.cut(found, lambda job: (str(job.id),))
    current = encode_cursor(paging.after) if paging.after else None
    today = local_date(desk.now)
    names = _names(desk.session)
    return BatchesPage(
        shell=desk.shell("forms"),
        title=_("批量打印"),
        json_href="/api/v1/forms/batches",
        idempotency_key=uuid4().hex,
        branches=_branches(desk, typed.institution_code),
        quarters=_quarters(typed.quarter or str((today.month + 2) // 3)),
        year=typed.year or str(today.year),
        may_open=desk.caller.may(Action.OPEN_FORMS),
        full=typed.full,
        reason=typed.reason,
        rows=tuple(_row(desk, row, names) for row in form_batch_acts.answers(desk.session, shown)),
        pager=pager(BASE, {}, current=current, following=following, trail=trail),
        errors=error_summary(typed.error, year=_("年度"), quarter=_("季度")) if typed.error else None,
        empty=None if shown else EmptyState(text=_("还没有批量打印过。"), icon="print"),
    )


def _quarters(chosen: str) -> tuple[Option, ...]:
    names = (_("第一季度"), _("第二季度"), _("第三季度"), _("第四季度"))
    return tuple(Option(value=str(n), text=name, selected=str(n) == chosen) for n, name in enumerate(names, start=1))


def _branches(desk: Desk, chosen: str) -> tuple[Option, ...]:
    places = InstitutionStore(desk.session).all(desk.caller.scope(Action.PRINT_FORMS))
    return tuple(
        Option(value=place.code, text=place.name, selected=place.code == chosen)
        for place in places
        if place.level is InstitutionLevel.BRANCH
    )


def _names(session: Session) -> dict[str, str]:
    return {place.code: place.name for place in InstitutionStore(session).all(EVERYTHING)}


def _row(desk: Desk, row: BatchAnswer, names: dict[str, str]) -> BatchRow:
    return BatchRow(
        href=f"{BASE}/{row.job_id}",
        title=_title(row, names),
        state=Tag(text=word(row.state), tone=_TONES.get(row.state, TagTone.OUTLINE)),
        sheets=_("%(n)s 张", n=whole(row.total)),
        when=stamp(row.created_at, desk.now),
    )


def _title(row: BatchAnswer, names: dict[str, str]) -> str:
    title = f"{names.get(row.institution_code, row.institution_code)} {quarter(row.year, row.quarter)}"
    return _("%(title)s（完整内容）", title=title) if row.full else title


def _batch(desk: Desk, batch_id: UUID) -> BatchPage:
    job = form_batch_acts.visible_batch(desk.session, desk.caller, batch_id)
    row = form_batch_acts.answers(desk.session, [job])[0]
    running, address = row.state in {JobState.QUEUED, JobState.RUNNING}, f"{BASE}/{row.job_id}"
    mine = not row.full or job.created_by == desk.caller.account_id
    return BatchPage(
        shell=desk.shell("forms", address if running else None),
        title=_title(row, _names(desk.session)),
        phone_title=_("批量打印"),
        back_href=BASE,
        json_href=f"/api/v1/forms/batches/{row.job_id}",
        state=Tag(text=word(row.state), tone=_TONES.get(row.state, TagTone.OUTLINE)),
        headline=" · ".join((job.params["by"], stamp(row.created_at, desk.now), _("%(n)s 张", n=whole(row.total)))),
        strips=_strips(row, mine=mine),
        progress=_progress(row) if running else None,
        poll_href=address if running else "",
        fetch_action=f"{address}/file" if row.kept_until and mine else "",
        kept=_("保留至 %(when)s", when=instant(row.kept_until, desk.now)) if row.kept_until else "",
    )


def _progress(row: BatchAnswer) -> Progress:
    text = _("已整理 %(done)s / %(total)s 张", done=whole(row.done), total=whole(row.total))
    if row.done >= row.total:
        text = _("%(total)s 张已整理，正在排版", total=whole(row.total))
    return Progress(done=row.done, total=max(1, row.total), text=text)


def _strips(row: BatchAnswer, *, mine: bool) -> tuple[Strip, ...]:
    if row.state is JobState.FAILED:
        return (_strip(_("未完成：%(why)s", why=row.error or "")),)
    if row.state is not JobState.DONE:
        return ()
    if row.kept_until is None:
        return (_strip(_("文件已过期删除，请重新打印。")),)
    return () if mine else (_strip(_("完整内容只能由申请人下载。")),)


def _strip(text: str) -> Strip:
    return Strip(text=text, tone=StripTone.WARN, icon="alert")
