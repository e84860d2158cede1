"""`/ops/drift` 对账: records = engine? The last run, both sides of what differs, and a run at once."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api import acts, reconcile_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, status_headers, usable_key
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import Text, TypedReason, validated
from api.pages.form_errors import reason_summary
from api.pages.format import stamp, whole
from api.pages.i18n import _
from api.pages.lists import TrailDep, href, pager
from api.pages.ops_words import drift_tag, nameless, shown_sides
from api.pages.programme_pages import programme_href
from api.pages.render import render, see_other
from api.pages.view.common import EmptyState, Link, Progress, Strip, StripTone, Tag, TagTone
from api.pages.view.ops import Count, DriftPage, DriftRow
from api.pages.words import word
from api.paging import Paging, PagingDep, encode_cursor
from api.schemas.ops import DriftAnswer, ReconcileBody, RunAnswer
from models.errors import DomainError
from models.ops_types import DriftKind
from models.services.desk.once import once
from models.services.reconcile.runs import BY_THE_CLOCK
from models.stores.cases import CaseStore
from models.tables.cases import Case
from models.types import JobState

BASE = "/ops/drift"
router = APIRouter(prefix=BASE)


@router.get("")
def show(
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    trail: TrailDep,
    caller: Annotated[Caller, require(Action.READ_OPS)],
) -> Response:
    """The last run; it is followed while it is under way."""
    with database.read() as session:
        model = _page(desk_of(request, session, caller), paging, trail, TypedReason())
    return render(request, "pages/ops_drift.html", model)


@router.post("")
def start(
    request: Request,
    database: DatabaseDep,
    caller: Annotated[Caller, require(Action.MANAGE_OPS)],
    *,
    repair: Annotated[bool, Form()] = False,
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """立即核对, or with repair and its reason; a refusal comes back with what was typed."""
    try:
        body = validated(ReconcileBody, {"repair": repair, "reason": reason})
        key = acts.key_for(caller, usable_key(idempotency_key), "reconcile", body.model_dump(mode="json"))
        with database.write() as session:
            now = datetime.now(UTC)
            once(session, key, now, lambda: {"run_id": str(reconcile_acts.start(session, caller, body).id)})
    except DomainError as error:
        if not has_own_page(error):
            raise
        with database.read() as session:
            model = _page(desk_of(request, session, caller), Paging(), (), TypedReason(reason, error))
        return render(request, "pages/ops_drift.html", model, *status_headers(error))
    return see_other(request, BASE)


def _page(desk: Desk, paging: Paging, trail: tuple[str, ...], typed: TypedReason) -> DriftPage:
    found = reconcile_acts.page(desk.session, paging)
    run, current = found.run, encode_cursor(paging.after) if paging.after else None
    running = run is not None and run.state in {JobState.QUEUED, JobState.RUNNING}
    return DriftPage(
        shell=desk.shell("ops-drift", BASE if running else None),
        title=_("对账"),
        json_href="/api/v1/ops/drift",
        headline=_headline(run, desk.now),
        idempotency_key=uuid4().hex,
        repair_key=uuid4().hex,
        counts=_counts(run) if run is not None and run.state is JobState.DONE else (),
        strips=_strips(run),
        progress=_progress(run) if run is not None and running else None,
        rows=_rows(desk, found.items),
        pager=pager(BASE, {}, current=current, following=found.next_cursor, trail=trail),
        errors=reason_summary(typed.error) if typed.error else None,
        reason=typed.reason,
        empty=None if found.items else _empty(run),
    )


def _headline(run: RunAnswer | None, now: datetime) -> str:
    if run is None:
        return _("还没有核对过；系统定时核对，也可以立即核对。")
    by = _("定时核对") if run.by == BY_THE_CLOCK.actor else run.by
    return _("最近一次：%(when)s，%(by)s", when=stamp(run.created_at, now), by=by)


def _counts(run: RunAnswer) -> tuple[Count, ...]:
    waiting = run.moving + run.unanswered
    hint = _("另有 %(n)s 件正在变化或引擎未答复", n=whole(waiting)) if waiting else ""
    left = run.drifted - run.repaired
    return (
        Count(name=_("已核对"), number=whole(run.compared), hint=hint),
        Count(name=_("漂移"), number=whole(left), hot=left > 0),
        Count(name=_("已修复"), number=whole(run.repaired)),
    )


def _strips(run: RunAnswer | None) -> tuple[Strip, ...]:
    if run is None or run.state in {JobState.QUEUED, JobState.RUNNING}:
        return ()
    if run.state is JobState.FAILED:
        return (Strip(text=_("未完成：%(why)s", why=run.error or ""), tone=StripTone.WARN, icon="alert"),)
    if run.drifted:
        return ()
    return (Strip(text=_("记录与流程引擎一致。"), tone=StripTone.OK, icon="check"),)


def _progress(run: RunAnswer) -> Progress:
    text = _("已核对 %(done)s / %(total)s 件", done=whole(run.done), total=whole(run.total))
    return Progress(done=run.done, total=max(1, run.total), text=text)


def _empty(run: RunAnswer | None) -> EmptyState:
    if run is not None and run.state is JobState.DONE:
        return EmptyState(text=_("没有差异。"), icon="check")
    return EmptyState(text=_("还没有结果。"), icon="clock")


def _rows(desk: Desk, items: list[DriftAnswer]) -> tuple[DriftRow, ...]:
    cases = CaseStore(desk.session).by_ids({item.case_id for item in items if item.case_id})
    return tuple(_row(item, cases.get(item.case_id) if item.case_id else None, desk.caller) for item in items)


def _row(item: DriftAnswer, case: Case | None, caller: Caller) -> DriftRow:
    text = f"{word(case.kind)} · {case.number}" if case else nameless(item.kind, item.workflow_id)
    there = f"/ops/cases/{case.id}" if case else programme_href(item.workflow_id, caller)
    if item.kind is DriftKind.RECORD_MISSING:
        there = href("/ops/runs", {"workflow_id": item.workflow_id})
    state = Tag(text=_("已修复"), tone=TagTone.OK) if item.repaired_at else Tag(text=_("未处理"), tone=TagTone.WARN)
    return DriftRow(
        kind=drift_tag(item.kind),
        case=Link(text=text, href=there),
        hint=item.workflow_id,
        sides=shown_sides(item.sides, item.workflow_id),
        state=state,
    )
