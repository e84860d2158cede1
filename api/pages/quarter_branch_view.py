"""Builds the page of one quarterly summary; its table stands on the page of each of its tasks too."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from api.pages.build_urges import Urges
from api.pages.customers_view import customer_href, tier_tag
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import NOTHING, money, percent, short_day, stamp
from api.pages.format import quarter as quarter_text
from api.pages.i18n import _
from api.pages.lists import Trail, href, pager
from api.pages.quarter_view import open_task_link, quarter_href, stage_tag
from api.pages.quarter_words import figure_text
from api.pages.view.common import Article, Link, Strip, StripTone
from api.pages.view.quarters import AdjustmentRow, StepMark, SummaryPage
from api.pages.view.task import Declaration, Fact
from api.pages.view.vips import VipRow, VipTable
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.policy import Action
from models.errors import DomainError
from models.rules.calendar import local_date
from models.rules.quarter import Line, Quarter, share, totals
from models.services.quarter.reading import SummaryDetail, detail
from models.services.quarter.writing import may_prepare
from models.stores.quarter import IN_BRANCH, QuarterStore
from models.stores.scope import EVERYTHING
from models.tables.cases import Case
from models.tables.quarter import QuarterAdjustment, QuarterLine, QuarterSummary
from models.types import CaseKind, Stage

_STEPS = (Stage.FROZEN, Stage.COLLECTING, Stage.CHECKING, Stage.SIGNING, Stage.PUBLISHED)
ON_TASKS = 20
"""So many VIPs stand on the page of a task; all of them on the summary and the form."""
Typed = Mapping[str, str]


class Part(NamedTuple):
    """Which page of the VIPs is shown."""

    paging: Paging
    trail: Trail

    @property
    def query(self) -> dict[str, str | None]:
        """What leads to it again."""
        return {
            "cursor": encode_cursor(self.paging.after) if self.paging.after else None,
            "trail": ".".join(self.trail) or None,
        }


def summary_page(
    desk: Desk,
    quarter: Quarter,
    institution_code: str,
    *,
    part: Part,
    done: str = "",
    error: DomainError | None = None,
    typed: Typed | None = None,
) -> SummaryPage:
    """The summary of a branch, with what was typed where a saving was refused. Raises NOT_FOUND."""
    found = detail(desk.session, quarter, institution_code, desk.caller.scope(Action.READ_QUARTERS))
    case = found.found.case
    address = quarter_href(quarter, institution_code)
    urge = Urges(desk, [case]).on_row(case).get("act") if case and case.stage in IN_BRANCH else None
    return SummaryPage(
        shell=desk.shell("quarters"),
        title=_(
            "%(branch)s %(quarter)s服务汇总",
            branch=found.found.branch.name,
            quarter=quarter_text(quarter.year, quarter.number),
        ),
        phone_title=_("季度汇总"),
        back_href=quarter_href(quarter),
        json_href=f"/api/v1{address}",
        headline=_("数据截至 %(when)s，按季末当日认定。", when=stamp(found.summary.frozen_at, desk.now)),
        stage=stage_tag(case),
        actions=_actions(found),
        task=open_task_link(desk, case) if case else None,
        urge=urge,
        strips=_strips(found, done),
        errors=error_summary(error) if error else None,
        steps=_steps(desk, found.summary, case),
        facts=summary_facts(desk, found),
        table=_part_of_table(desk, found, address, part, typed),
        adjustments=tuple(_adjustment(desk, found, row, address) for row in found.adjustments),
        is_published=found.summary.published_at is not None,
    )


def _actions(found: SummaryDetail) -> tuple[Link, ...]:
    case_id = found.summary.case_id
    return (
        Link(text=_("附件二"), href=f"/forms/2/{case_id}", icon="file"),
        Link(text=_("查看案件"), href=f"/cases/{case_id}"),
    )


def _strips(found: SummaryDetail, done: str) -> tuple[Strip, ...]:
    texts = {"saved": _("问题与措施已保存。"), "explained": _("原因已登记。"), "frozen": _("已冻结，可以填报。")}
    strips = [Strip(text=texts[done], tone=StripTone.OK, icon="check", focus=True)] if done in texts else []
    if found.adjustments:
        text = _("发布后有 %(n)s 处调整，列于下方；已发布的内容不变。", n=len(found.adjustments))
        strips.append(Strip(text=text, links=(Link(text=_("查看调整"), href="#adjustments"),)))
    return tuple(strips)


def _steps(desk: Desk, summary: QuarterSummary, case: Case | None) -> tuple[StepMark, ...]:
    stage = case.stage if case else Stage.FROZEN
    at = _STEPS.index(stage) if stage in _STEPS else 0
    notes = {
        Stage.FROZEN: stamp(summary.frozen_at, desk.now),
        Stage.COLLECTING: summary.prepared_by_name,
        Stage.CHECKING: summary.checked_by_name,
        Stage.SIGNING: summary.published_by_name,
        Stage.PUBLISHED: stamp(summary.published_at, desk.now) if summary.published_at else "",
    }
    texts = {"done": _("已过"), "now": _("当前"), "ahead": _("未到")}
    return tuple(
        StepMark(text=word(step), state=state, state_text=texts[state], note=notes[step])
        for number, step in enumerate(_STEPS)
        for state in (_state(number, at, published=stage is Stage.PUBLISHED),)
    )


def _state(number: int, at: int, *, published: bool) -> str:
    if number < at or published:
        return "done"
    return "now" if number == at else "ahead"


def summary_facts(desk: Desk, found: SummaryDetail) -> tuple[Fact, ...]:
    """The quarter in brief: dates, and the numbers of the branch together."""
    summary, sums, today = found.summary, totals(line for _row, line in found.lines), local_date(desk.now)
    handed = stamp(summary.handed_in_at, desk.now) if summary.handed_in_at else NOTHING
    return (
        Fact(label=_("季度"), value=quarter_text(summary.year, summary.quarter)),
        Fact(label=_("报送期限"), value=short_day(summary.due_on, today), hint=_("季度结束后的工作日，默认 2.8")),
        Fact(label=_("报送时间"), value=handed),
        Fact(label=_("VIP客户"), value=str(sums.vips)),
        Fact(label=_("已做 / 应做"), value=f"{sums.done} / {sums.due}", hint=_share(sums.done, sums.due)),
        Fact(
            label=_("绿色通道达标"),
            value=f"{sums.green_in_time} / {sums.green_cases}",
            hint=_share(sums.green_in_time, sums.green_cases),
        ),
        Fact(label=_("投诉（成立）"), value=f"{sums.complaints}（{sums.justified}）"),
        Fact(label=_("本季投入（元）"), value=money(sums.cost)),
    )


def of_case(desk: Desk, case: Case) -> tuple[Declaration, VipTable] | None:
    """What a decision page shows of the summary that the case is about; None for a case of another kind.

    Whoever has the task sees the table, wherever its own posts are.
    """
    row = QuarterStore(desk.session).of_case(case.id) if case.kind is CaseKind.PERIOD_CLOSE else None
    if row is None:
        return None
    quarter = Quarter(row.year, row.quarter)
    found = detail(desk.session, quarter, row.institution_code, EVERYTHING)
    full = Link(text=_("打开季度汇总"), href=quarter_href(quarter, row.institution_code))
    readable = desk.caller.may(Action.READ_QUARTERS)
    brief = Declaration(
        title=_("本季概况"),
        facts=summary_facts(desk, found),
        articles=(Article(text=_("附件二")),),
        full=full if readable else None,
    )
    return brief, _first_of_table(desk, found, full if readable else Link(text=_("附件二"), href=f"/forms/2/{case.id}"))


def _share(part: int, whole: int) -> str:
    value = share(part, whole)
    return percent(value) if value is not None else ""


def _first_of_table(desk: Desk, found: SummaryDetail, full: Link) -> VipTable:
    """The first VIPs of a large branch, and where all of them are."""
    shown = tuple(_in_order(found)[:ON_TASKS])
    table = vip_table(desk, replace(found, lines=shown))
    if len(shown) == len(found.lines):
        return table
    text = _("列出前 %(n)s 户，共 %(all)s 户：%(where)s", n=ON_TASKS, all=len(found.lines), where=full.text)
    return replace(table, full=replace(full, text=text))


def _part_of_table(desk: Desk, found: SummaryDetail, address: str, part: Part, typed: Typed | None) -> VipTable:
    """A page of the VIPs: a form of all of a large branch would be more than a server takes."""
    after = part.paging.text() if part.paging.after else ""
    behind = [pair for pair in _in_order(found) if pair[0].customer_no > (after or "")]
    shown, following = part.paging.cut(behind, lambda pair: (pair[0].customer_no,))
    action = href(f"{address}/problems", part.query)
    table = vip_table(desk, replace(found, lines=tuple(shown)), action=action, typed=typed)
    current = part.query["cursor"]
    return replace(table, pager=pager(address, {}, current=current, following=following, trail=part.trail))


def _in_order(found: SummaryDetail) -> list[tuple[QuarterLine, Line]]:
    return sorted(found.lines, key=lambda pair: pair[0].customer_no)


def vip_table(desk: Desk, found: SummaryDetail, *, action: str = "", typed: Typed | None = None) -> VipTable:
    """The VIPs; texts can be written by who prepares it now."""
    case = found.found.case
    may_write = bool(action) and case is not None and desk.caller.may(Action.PREPARE_QUARTERS)
    writes = may_write and case is not None and may_prepare(desk.session, case, str(desk.caller.account_id), desk.now)
    may_read = desk.caller.may(Action.READ_CUSTOMERS)
    return VipTable(
        rows=tuple(_vip(row, line, may_read=may_read, typed=typed) for row, line in found.lines),
        action=action if writes else "",
        version=found.summary.version,
    )


def _vip(row: QuarterLine, line: Line, *, may_read: bool, typed: Typed | None) -> VipRow:
    due, done = sum(one.due for one in line.counts), sum(one.done for one in line.counts)
    return VipRow(
        customer_no=row.customer_no,
        name=row.customer_name,
        href=customer_href(row.customer_no) if may_read else None,
        vip_no=row.vip_no,
        tier=tier_tag(row.tier),
        manager=row.manager_name,
        kept=f"{done} / {due}",
        counts=tuple(f"{one.code} {one.done}/{one.due}" for one in line.counts),
        green=f"{line.green_in_time} / {line.green_cases}",
        inquiries=str(line.inquiries),
        complaints=f"{line.complaints}（{line.justified}）",
        satisfaction=f"{line.satisfaction:.1f}" if line.satisfaction is not None else NOTHING,
        cost=money(line.cost),
        problems=(typed or {}).get(row.customer_no, row.problems),
        is_behind=any(one.late for one in line.counts),
    )


def _adjustment(desk: Desk, found: SummaryDetail, row: QuarterAdjustment, address: str) -> AdjustmentRow:
    names = {line.customer_no: line.customer_name for line, _line in found.lines}
    asks = row.reason_at is None and desk.caller.may(Action.PREPARE_QUARTERS)
    return AdjustmentRow(
        number=row.number,
        customer=names.get(row.customer_no, row.customer_no),
        figure=figure_text(row.figure),
        change=f"{row.old or NOTHING} → {row.new or NOTHING}",
        found_at=stamp(row.found_at, desk.now),
        reason=row.reason,
        by=f"{row.reason_by_name} {stamp(row.reason_at, desk.now)}" if row.reason_at else "",
        action=f"{address}/adjustments/{row.number}/reason" if asks else "",
    )
