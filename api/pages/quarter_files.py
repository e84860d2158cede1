"""Quarterly summaries as a workbook: branches, their VIPs, the counts by service code, and the adjustments."""

from collections.abc import Iterator, Sequence

from api.forms.xlsx import Cell, CellKind, Column, Sheet, SheetChart
from api.pages.i18n import _
from api.pages.quarter_words import figure_text
from api.pages.view.chart import ChartKind
from api.pages.words import word
from models.rules.quarter import Quarter, share, totals
from models.services.quarter.reading import SummaryDetail

_NUMBER = CellKind.INTEGER


def sheets(quarter: Quarter, found: Sequence[SummaryDetail]) -> tuple[Sheet, ...]:
    """Four sheets; each line names its branch, so that they can be filtered."""
    return (_branches(quarter, found), _vips(found), _counts(found), _adjustments(found))


def _branches(quarter: Quarter, found: Sequence[SummaryDetail]) -> Sheet:
    columns = (
        Column(heading=_("机构"), width=20),
        Column(heading=_("环节"), width=10),
        Column(heading=_("VIP客户"), kind=_NUMBER),
        Column(heading=_("应做次数"), kind=_NUMBER),
        Column(heading=_("已做次数"), kind=_NUMBER),
        Column(heading=_("未按时次数"), kind=_NUMBER),
        Column(heading=_("执行率"), kind=CellKind.RATIO),
        Column(heading=_("绿色通道件数"), kind=_NUMBER),
        Column(heading=_("绿色通道时效达标率"), kind=CellKind.RATIO, width=18),
        Column(heading=_("投诉件数"), kind=_NUMBER),
        Column(heading=_("本季投入（元）"), kind=CellKind.MONEY, width=16),
        Column(heading=_("报送期限"), kind=CellKind.DATE),
        Column(heading=_("报送时间"), kind=CellKind.INSTANT, width=18),
        Column(heading=_("发布时间"), kind=CellKind.INSTANT, width=18),
    )
    title = _("%(year)s年第%(number)s季度", year=quarter.year, number=quarter.number)
    rows = [_branch(one) for one in found]
    return Sheet(title=title, columns=columns, rows=rows, chart=SheetChart(kind=ChartKind.BAR, columns=(3, 4)))


def _branch(one: SummaryDetail) -> list[Cell]:
    sums, summary, case = totals(line for _row, line in one.lines), one.summary, one.found.case
    return [
        one.found.branch.name,
        word(case.stage) if case else "",
        sums.vips,
        sums.due,
        sums.done,
        sums.late,
        sums.done_share,
        sums.green_cases,
        sums.green_share,
        sums.complaints,
        sums.cost,
        summary.due_on,
        summary.handed_in_at,
        summary.published_at,
    ]


def _vips(found: Sequence[SummaryDetail]) -> Sheet:
    columns = (
        Column(heading=_("机构"), width=20),
        Column(heading=_("VIP编号"), width=20),
        Column(heading=_("客户号")),
        Column(heading=_("客户"), width=36),
        Column(heading=_("层级"), width=8),
        Column(heading=_("客户经理")),
        Column(heading=_("绿色通道件数"), kind=_NUMBER),
        Column(heading=_("绿色通道时效达标率"), kind=CellKind.RATIO, width=18),
        Column(heading=_("咨询件数"), kind=_NUMBER),
        Column(heading=_("投诉件数"), kind=_NUMBER),
        Column(heading=_("成立投诉件数"), kind=_NUMBER),
        Column(heading=_("满意度"), kind=CellKind.FACTOR),
        Column(heading=_("本季投入（元）"), kind=CellKind.MONEY, width=16),
        Column(heading=_("问题与措施"), width=40),
    )
    return Sheet(title=_("VIP客户"), columns=columns, rows=list(_vip_rows(found)), frozen=4)


def _vip_rows(found: Sequence[SummaryDetail]) -> Iterator[list[Cell]]:
    for one in found:
        for row, line in one.lines:
            rate = share(line.green_in_time, line.green_cases)
            about: list[Cell] = [one.found.branch.name, row.vip_no, row.customer_no, row.customer_name, word(row.tier)]
            green: list[Cell] = [row.manager_name, line.green_cases, rate]
            rest: list[Cell] = [line.inquiries, line.complaints, line.justified, line.satisfaction, line.cost]
            yield [*about, *green, *rest, row.problems]


def _counts(found: Sequence[SummaryDetail]) -> Sheet:
    columns = (
        Column(heading=_("机构"), width=20),
        Column(heading=_("客户号")),
        Column(heading=_("客户"), width=36),
        Column(heading=_("服务项目")),
        Column(heading=_("应做次数"), kind=_NUMBER),
        Column(heading=_("已做次数"), kind=_NUMBER),
        Column(heading=_("未按时次数"), kind=_NUMBER),
    )
    rows: list[list[Cell]] = [
        [one.found.branch.name, row.customer_no, row.customer_name, count.code, count.due, count.done, count.late]
        for one in found
        for row, line in one.lines
        for count in line.counts
    ]
    return Sheet(title=_("服务项目"), columns=columns, rows=rows, frozen=3)


def _adjustments(found: Sequence[SummaryDetail]) -> Sheet:
    columns = (
        Column(heading=_("机构"), width=20),
        Column(heading=_("客户号")),
        Column(heading=_("项目"), width=20),
        Column(heading=_("原值")),
        Column(heading=_("现值")),
        Column(heading=_("发现时间"), kind=CellKind.INSTANT, width=18),
        Column(heading=_("原因"), width=40),
        Column(heading=_("填写人")),
    )
    rows: list[list[Cell]] = [
        [
            one.found.branch.name,
            row.customer_no,
            figure_text(row.figure),
            row.old,
            row.new,
            row.found_at,
            row.reason,
            row.reason_by_name,
        ]
        for one in found
        for row in one.adjustments
    ]
    return Sheet(title=_("调整"), columns=columns, rows=rows)
