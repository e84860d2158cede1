"""The panels of the dashboard as charts, and all of them as a workbook."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from starlette.responses import Response

from api.dashboard_answers import rows_href
from api.forms.xlsx import Cell, CellKind, Column, Sheet, SheetChart, xlsx_answer
from api.pages.format import NOTHING, amount, percent, whole
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.lists import href
from api.pages.view.chart import Chart, ChartCell, ChartColour, ChartColumn, ChartKind, ChartRow
from api.pages.view.common import EmptyState
from api.pages.words import word
from models.rulebook import RegularService, ServiceItem
from models.services.dashboard.figures import Line, Number, PanelName, Part
from models.services.dashboard.standing import Level, Standing
from models.services.dashboard.work import AGE_MARKS, AGES, NEWEST_STEPS


class Measure(StrEnum):
    """How a number is written."""

    PIECES = "pieces"
    SHARE = "share"
    DECIMAL = "decimal"
    YUAN = "yuan"


class Series(NamedTuple):
    """A column of a panel: its name among the numbers, its heading, and how it is drawn."""

    mark: str
    text: str
    unit: str = ""
    measure: Measure = Measure.PIECES
    colour: ChartColour | None = None
    is_aside: bool = False
    is_limit: bool = False


class Look(NamedTuple):
    """How a panel is shown; texts are marked, not yet translated."""

    title: str
    kind: ChartKind
    row_heading: str
    series: tuple[Series, ...]
    articles: tuple[str, ...] = ()
    note: str = ""
    empty: str = ""


_PIECES, _PEOPLE = "", _m("家")
LOOKS: Mapping[PanelName, Look] = {
    PanelName.TIERS: Look(
        _m("VIP客户层级分布"),
        ChartKind.STACKED,
        _m("机构"),
        (
            Series("gold", _m("金牌"), _PEOPLE, colour=ChartColour.GOLD),
            Series("silver", _m("银牌"), _PEOPLE, colour=ChartColour.SILVER),
        ),
        ("第13条", "第15条"),
        _m("截止日有效的会员期"),
        _m("截止日没有VIP客户。资格评定获批、会员期开始后，数字显示在这里。"),
    ),
    PanelName.MOVES: Look(
        _m("VIP客户变动"),
        ChartKind.BAR,
        _m("层级"),
        (
            Series("new", _m("新增"), _PEOPLE),
            Series("upgraded", _m("升级"), _PEOPLE),
            Series("downgraded", _m("降级"), _PEOPLE),
            Series("left", _m("离开"), _PEOPLE),
            Series("cancelled", _m("取消资格"), _PEOPLE, colour=ChartColour.RED),
        ),
        ("第13条",),
        _m("与上一会员期相比"),
        _m("本期间没有会员期开始、变更或结束。"),
    ),
    PanelName.ON_TIME: Look(
        _m("各项服务按时率"),
        ChartKind.ACROSS,
        _m("服务"),
        (
            Series("rate", _m("按时率"), measure=Measure.SHARE),
            Series("judged", _m("应计"), _PIECES, is_aside=True),
            Series("in_time", _m("按时"), _PIECES, is_aside=True),
        ),
        ("第14条", "第17条", "regulation 2.8"),
        _m("应计＝已办结＋未兑现＋逾期未办"),
        _m("本期间没有应计的服务。关怀触点、绿色通道和投诉咨询办结或逾期后，数字显示在这里。"),
    ),
    PanelName.AGEING: Look(
        _m("在办事项已办时长"),
        ChartKind.STACKED,
        _m("类别"),
        tuple(Series(mark, "", _PIECES) for mark in AGE_MARKS),
        ("regulation 2.4",),
        _m("现在在办的，按开始至今的工作日"),
        _m("没有在办事项。"),
    ),
    PanelName.QUEUES: Look(
        _m("积压在谁手里"),
        ChartKind.ACROSS,
        _m("岗位或人员"),
        (
            Series("waiting", _m("在办"), _PIECES),
            Series("overdue", _m("其中逾期"), _PIECES, colour=ChartColour.RED),
            Series("median", _m("办理用时中位数"), _m("工作小时"), Measure.DECIMAL, is_aside=True),
            Series("handled", _m("期间办结"), _PIECES, is_aside=True),
        ),
        ("regulation 2.4", "regulation 2.7"),
        "",
        _m("没有在办事项。"),
    ),
    PanelName.CARE: Look(
        _m("关怀应做与已做"),
        ChartKind.BAR,
        _m("月份"),
        (Series("due", _m("应做"), _PIECES), Series("done", _m("已做"), _PIECES)),
        ("第16条", "regulation 2.5", "附件四"),
        _m("按计划日所在月份"),
        _m("本期间没有关怀触点。会员期开始后按年度计划排定。"),
    ),
    PanelName.SATISFACTION: Look(
        _m("满意度走势"),
        ChartKind.LINE,
        _m("期间"),
        (
            Series("score", _m("满意度"), _m("分"), Measure.DECIMAL),
            Series("valid", _m("有效问卷"), _m("份"), is_aside=True),
        ),
        ("附件六",),
        _m("全部调查期间，与所选日期和层级无关"),
        _m("没有满意度数据。发放满意度调查并收回问卷后，得分显示在这里。"),
    ),
    PanelName.COST: Look(
        _m("服务投入与计划"),
        ChartKind.ACROSS,
        _m("机构"),
        (
            Series("spent", _m("已用"), _m("元"), Measure.YUAN),
            Series("budget", _m("计划"), _m("元"), Measure.YUAN, is_limit=True),
        ),
        ("附件七",),
        _m("已用＝所选日期内的支出；计划＝截止日在会员期内的年度测算（全年）"),
        _m("所选日期没有服务投入数据。排定服务计划并登记费用后，金额显示在这里。"),
    ),
    PanelName.RETENTION: Look(
        _m("VIP客户留存率"),
        ChartKind.ACROSS,
        _m("机构"),
        (
            Series("rate", _m("留存率"), measure=Measure.SHARE),
            Series("base", _m("起始日在册"), _PEOPLE, is_aside=True),
            Series("kept", _m("截止日仍在册"), _PEOPLE, is_aside=True),
        ),
        ("第13条",),
        _m("起始日的VIP客户，到截止日仍是VIP客户的"),
        _m("起始日没有VIP客户。"),
    ),
}


def chart_of(at: Standing, panel: PanelName, lines: tuple[Line, ...] | None) -> Chart:
    """The chart of a panel; every number is a link to the rows it counts."""
    look = LOOKS[panel]
    return Chart(
        id=f"panel-{panel.value}".replace("_", "-"),
        title=_(look.title),
        kind=look.kind,
        row_heading=_(look.row_heading),
        columns=tuple(_column(series) for series in look.series),
        rows=tuple(_row(at, panel, line) for line in lines or ()),
        is_share=look.series[0].measure is Measure.SHARE,
        empty=None if lines else EmptyState(text=_(look.empty), icon="info"),
    )


def note_of(panel: PanelName) -> str:
    """What the numbers mean, in a line."""
    if panel is PanelName.QUEUES:
        return _("积压最多的在前；中位数按各处最近 %(n)s 步", n=NEWEST_STEPS)
    return _(LOOKS[panel].note) if LOOKS[panel].note else ""


def series_text(panel: PanelName, mark: str) -> str:
    """The heading of a column; empty for one that the panel does not have."""
    found = next((series for series in LOOKS[panel].series if series.mark == mark), None)
    return _text(found) if found else ""


def called(line: Line) -> str:
    """What a line is called in the language of the reader."""
    return " · ".join(_part(part) for part in line.called)


def _part(part: Part) -> str:
    if isinstance(part, ServiceItem | RegularService):
        return f"{part.code} {part.name_en if language() == 'en' else part.name_zh}"
    if isinstance(part, StrEnum):
        return word(part)
    return part or _("我的客户")


def _text(series: Series) -> str:
    if series.mark not in AGE_MARKS:
        return _(series.text)
    at = AGE_MARKS.index(series.mark)
    if at == 0:
        return _("%(n)s 个工作日内", n=AGES[0])
    if at == len(AGES):
        return _("超过 %(n)s 个工作日", n=AGES[-1])
    first, last = list(pairwise(AGES))[at - 1]
    return _("%(first)s 至 %(last)s 个工作日", first=first, last=last)


def _column(series: Series) -> ChartColumn:
    return ChartColumn(
        text=_text(series),
        unit=_(series.unit) if series.unit else "",
        colour=series.colour,
        is_limit=series.is_limit,
        is_aside=series.is_aside,
    )


def _row(at: Standing, panel: PanelName, line: Line) -> ChartRow:
    cells = tuple(_cell(at, panel, line, series) for series in LOOKS[panel].series)
    return ChartRow(text=called(line), cells=cells, href=_row_href(at, panel, line))


def _row_href(at: Standing, panel: PanelName, line: Line) -> str:
    """From the comparison of branches into one of them."""
    below = at.level is Level.HQ and at.top is not None and line.key != at.top.code
    if LOOKS[panel].row_heading != LOOKS[PanelName.TIERS].row_heading or not below:
        return ""
    days = {"from": at.ground.first.isoformat(), "to": at.ground.last.isoformat()}
    tier = at.ground.tier.value if at.ground.tier else None
    return href("/dashboard", {"level": Level.BRANCH.value, "institution": line.key, **days, "tier": tier})


def _cell(at: Standing, panel: PanelName, line: Line, series: Series) -> ChartCell:
    value = line.cells.get(series.mark)
    if value is None:
        return ChartCell()
    return ChartCell(text=_number(value, series.measure), number=value, href=rows_href(at, panel, line, series.mark))


def _number(value: Number, measure: Measure) -> str:
    if value is None:
        return NOTHING
    if measure is Measure.SHARE:
        return percent(Decimal(value))
    if measure is Measure.YUAN:
        return amount(Decimal(value))
    return f"{value:.1f}" if measure is Measure.DECIMAL else whole(value)


_KINDS = {
    Measure.PIECES: (CellKind.INTEGER, ""),
    Measure.SHARE: (CellKind.RATIO, ""),
    Measure.DECIMAL: (CellKind.FACTOR, "0.0"),
    Measure.YUAN: (CellKind.MONEY, ""),
}


def workbook_of(at: Standing, panels: Mapping[PanelName, tuple[Line, ...] | None]) -> Response:
    """Every panel as a sheet with its chart."""
    name = f"dashboard-{at.ground.first}-{at.ground.last}.xlsx"
    return xlsx_answer([_sheet(panel, lines or ()) for panel, lines in panels.items()], name)


def _sheet(panel: PanelName, lines: tuple[Line, ...]) -> Sheet:
    look = LOOKS[panel]
    rows: list[list[Cell]] = [
        [called(line), *(line.cells.get(series.mark) for series in look.series)] for line in lines
    ]
    drawn = tuple(at for at, series in enumerate(look.series, start=1) if not series.is_aside)
    return Sheet(
        title=_(look.title),
        columns=(Column(heading=_(look.row_heading), width=36), *(_sheet_column(series) for series in look.series)),
        rows=rows,
        chart=SheetChart(kind=look.kind, columns=drawn),
    )


def _sheet_column(series: Series) -> Column:
    kind, pattern = _KINDS[series.measure]
    return Column(heading=_column(series).heading, kind=kind, width=16, pattern=pattern)
