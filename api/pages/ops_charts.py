"""Charts of the overview: what was opened and closed, how long open cases are open, and what will be late."""

from datetime import datetime

from api.pages.format import short_day, whole
from api.pages.i18n import _
from api.pages.view.chart import Chart, ChartCell, ChartColour, ChartColumn, ChartKind, ChartRow
from models.rules.calendar import local_date
from models.services.forecasting import Outlook
from models.services.watching import Overview


def flow_chart(found: Overview, now: datetime) -> Chart:
    """新开与办结 of the last working days."""
    today = local_date(now)
    return Chart(
        id="flow",
        title=_("近 %(n)s 个工作日新开与办结的流程", n=len(found.days)),
        kind=ChartKind.LINE,
        row_heading=_("日期"),
        columns=(
            ChartColumn(text=_("新开"), unit=_("件"), colour=ChartColour.BLUE),
            ChartColumn(text=_("办结"), unit=_("件"), colour=ChartColour.BRAND),
        ),
        rows=tuple(
            ChartRow(text=short_day(day.day, today), cells=(_cell(day.opened), _cell(day.closed))) for day in found.days
        ),
    )


def forecast_chart(found: Outlook, now: datetime) -> Chart:
    """逾期预测: what is due in the coming working days, by whether it will be in time."""
    today = local_date(now)
    return Chart(
        id="forecast",
        title=_("未来 %(n)s 个工作日到期的任务，按预计结果", n=len(found.days)),
        kind=ChartKind.STACKED,
        row_heading=_("到期日"),
        columns=(
            ChartColumn(text=_("预计按时"), unit=_("件"), colour=ChartColour.BRAND),
            ChartColumn(text=_("预计逾期"), unit=_("件"), colour=ChartColour.RED),
        ),
        rows=tuple(
            ChartRow(text=short_day(day.day, today), cells=(_cell(day.in_time), _cell(day.late))) for day in found.days
        ),
    )


def ages_chart(found: Overview) -> Chart:
    """在办时长 of open cases, in working days."""
    return Chart(
        id="ages",
        title=_("在办流程已开时长"),
        kind=ChartKind.BAR,
        row_heading=_("已开"),
        columns=(ChartColumn(text=_("在办流程"), unit=_("件"), colour=ChartColour.BRAND),),
        rows=tuple(ChartRow(text=_span(days), cells=(_cell(number),)) for days, number in found.ages),
    )


def _span(days: int | None) -> str:
    return _("更久") if days is None else _("%(n)s 个工作日内", n=days)


def _cell(number: int) -> ChartCell:
    return ChartCell(text=whole(number), number=number)
