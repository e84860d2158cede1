"""Builds the overview of a quarter: who is missing, what was handed in, due and done by branch."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from sqlmodel import Session

from api.pages.build_urges import Urges
from api.pages.desk import Desk
from api.pages.format import NOTHING, money, percent, short_day
from api.pages.format import quarter as quarter_text
from api.pages.i18n import _
from api.pages.view.acts import ActForm
from api.pages.view.chart import Chart, ChartCell, ChartColumn, ChartKind, ChartRow
from api.pages.view.common import EmptyState, Link, Strip, StripTone, Tag, TagTone
from api.pages.view.quarters import BranchRow, QuarterPage
from api.pages.words import word
from api.security.policy import Action
from models.messages.approval import NOBODY_TO_ACT
from models.rules import approval
from models.rules.calendar import local_date
from models.rules.quarter import Quarter, Totals
from models.services.case_state import approval_of
from models.services.quarter.reading import BranchQuarter, branch_quarters
from models.stores.quarter import IN_BRANCH, QuarterStore
from models.stores.tasks import TaskStore
from models.tables.cases import Case
from models.types import Stage

QUARTERS = "/reports/quarterly"
KEPT = 6
_TONES = {Stage.COLLECTING: TagTone.WARN, Stage.CHECKING: TagTone.WARN, Stage.PUBLISHED: TagTone.OK}


def quarter_href(quarter: Quarter, institution_code: str = "") -> str:
    """The page of a quarter, or of a branch in it."""
    base = f"{QUARTERS}/{quarter.year}/{quarter.number}"
    return f"{base}/{institution_code}" if institution_code else base


def overview(desk: Desk, quarter: Quarter, done: str = "") -> QuarterPage:
    """The quarter as its reader sees it, within its institutions."""
    rows = branch_quarters(desk.session, quarter, desk.caller.scope(Action.READ_QUARTERS))
    urges = Urges(desk, [row.found.case for row in rows if row.found.case])
    ended = quarter.has_ended(local_date(desk.now))
    shown = [(row, _row(desk, quarter, row, urges, ended=ended)) for row in rows]
    frozen = any(row.found.summary for row in rows)
    api = f"/api/v1{quarter_href(quarter)}"
    return QuarterPage(
        shell=desk.shell("quarters"),
        title=_("季度汇总 %(quarter)s", quarter=quarter_text(quarter.year, quarter.number)),
        phone_title=_("季度汇总"),
        json_href=api,
        headline=_headline(rows, ended=ended),
        quarters=_quarters(desk.session, quarter),
        downloads=(Link(text="XLSX", href=f"{api}.xlsx"), Link(text="PDF", href=f"{api}.pdf")) if frozen else (),
        strips=_done(done),
        missing=tuple(line for row, line in shown if row.is_missing),
        handed_in=tuple(line for row, line in shown if not row.is_missing),
        chart=_chart(quarter, rows) if frozen else None,
        empty=None if rows else EmptyState(text=_("您的机构范围内没有分公司。"), icon="info"),
    )


def _headline(rows: list[BranchQuarter], *, ended: bool) -> str:
    if not ended:
        return _("季度尚未结束，结束后次日自动冻结。")
    missing = sum(row.is_missing for row in rows)
    if not missing:
        return _("各分公司均已报送。")
    return _("%(n)s 家分公司未报送，共 %(all)s 家。", n=missing, all=len(rows))


def _quarters(session: Session, current: Quarter) -> tuple[Link, ...]:
    """The quarter before, and the newest that have a summary."""
    running = Quarter.of(local_date(datetime.now(UTC)))
    known = {*QuarterStore(session).quarters()[:KEPT], running.before}
    shown = sorted(known - {current}, reverse=True)
    return tuple(Link(text=quarter_text(one.year, one.number), href=quarter_href(one)) for one in shown)


def _done(done: str) -> tuple[Strip, ...]:
    if done != "frozen":
        return ()
    return (Strip(text=_("已冻结，分公司可以填报。"), tone=StripTone.OK, icon="check", focus=True),)


def _row(desk: Desk, quarter: Quarter, row: BranchQuarter, urges: Urges, *, ended: bool) -> BranchRow:
    found, case = row.found, row.found.case
    may_freeze = ended and desk.caller.may(Action.FREEZE_QUARTERS) and case is None
    act = urges.on_row(case).get("act") if case is not None and case.stage in IN_BRANCH else None
    return BranchRow(
        name=found.branch.name,
        href=quarter_href(quarter, found.branch.code) if found.summary else None,
        stage=stage_tag(case),
        due=short_day(found.summary.due_on, local_date(desk.now)) if found.summary else "",
        numbers=_numbers(row.totals) if row.totals else (),
        adjustments=row.adjustments,
        freeze=_freeze(quarter, found.branch.code) if may_freeze else None,
        urge=replace(act, name=f"urge-{found.branch.code}") if act else None,
        task=open_task_link(desk, case) if case else None,
    )


def stage_tag(case: Case | None) -> Tag:
    """Where the summary stands."""
    if case is None:
        return Tag(text=_("未冻结"), tone=TagTone.OUTLINE)
    return Tag(text=word(case.stage), tone=_TONES.get(case.stage, TagTone.BLUE))


def _numbers(sums: Totals) -> tuple[str, ...]:
    return (
        str(sums.vips),
        f"{sums.done} / {sums.due}",
        percent(sums.done_share) if sums.done_share is not None else NOTHING,
        f"{sums.green_in_time} / {sums.green_cases}",
        _("%(n)s（成立 %(justified)s）", n=sums.complaints, justified=sums.justified),
        money(sums.cost),
    )


def _freeze(quarter: Quarter, institution_code: str) -> ActForm:
    return ActForm(
        name=f"freeze-{institution_code}",
        action=f"{quarter_href(quarter, institution_code)}/freeze",
        text=_("冻结"),
        idempotency_key=uuid4().hex,
    )


def open_task_link(desk: Desk, case: Case) -> Link | None:
    """办理: the open task, for who may act on it."""
    store = TaskStore(desk.session)
    for task in approval_of(case).tasks:
        if task.step == NOBODY_TO_ACT or not _may_act(desk, case, task.role.value, task.institution_code):
            continue
        row = store.get(task.task_id)
        if row is not None:
            return Link(text=_("办理：%(stage)s", stage=word(Stage(task.step))), href=f"/tasks/{row.id}")
    return None


def _may_act(desk: Desk, case: Case, role: str, institution_code: str) -> bool:
    posted = any((post.role.value, post.institution_code) == (role, institution_code) for post in desk.caller.posts)
    return posted and desk.caller.account_id not in approval.barred_people(approval_of(case))


def _chart(quarter: Quarter, rows: list[BranchQuarter]) -> Chart:
    shown = [row for row in rows if row.totals is not None]
    return Chart(
        id="due-and-done",
        title=_("%(quarter)s 各分公司应做与已做", quarter=quarter_text(quarter.year, quarter.number)),
        kind=ChartKind.BAR,
        row_heading=_("机构"),
        columns=(ChartColumn(text=_("应做"), unit=_("次")), ChartColumn(text=_("已做"), unit=_("次"))),
        rows=tuple(_bars(quarter, shown)),
    )


def _bars(quarter: Quarter, rows: list[BranchQuarter]) -> Iterator[ChartRow]:
    for row in rows:
        if row.totals is None:
            continue
        cells = tuple(ChartCell(text=str(number), number=number) for number in (row.totals.due, row.totals.done))
        yield ChartRow(text=row.found.branch.name, cells=cells, href=quarter_href(quarter, row.found.branch.code))
