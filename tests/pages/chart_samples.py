"""Charts of an invented quarter, and a page that holds them, for the tests of the chart component."""

from dataclasses import dataclass
from decimal import Decimal

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.pages.format import money_short, percent
from api.pages.i18n import _
from api.pages.render import environment, is_fragment
from api.pages.view.chart import Chart, ChartCell, ChartColour, ChartColumn, ChartKind, ChartRow, sample_too_small
from api.pages.view.shell import Page
from tests.pages import samples

TEMPLATE = """
{% extends layout %}
{% from "partials/_panel.html" import panel %}
{% from "partials/_chart.html" import chart %}
{% block content %}
<h1>{{ page.title }}</h1>
{% for value in page.charts %}{% call panel(value.title) %}{{ chart(value) }}{% endcall %}{% endfor %}
{% endblock %}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartsPage(Page):
    """A page of charts."""

    charts: tuple[Chart, ...]


def counts(*numbers: int, href: str = "") -> tuple[ChartCell, ...]:
    """Whole numbers; each leads to `href` with its number."""
    return tuple(ChartCell(text=f"{n:,}", number=n, href=f"{href}{n}" if href else "") for n in numbers)


def due() -> Chart:
    """Stacked: parts of a whole, the second in red."""
    days = {"今天": (55, 8), "2/6 周五": (48, 5), "2/9 周一": (61, 12), "2/10 周二": (143, 31), "2/11 周三": (37, 3)}
    return Chart(
        id="due",
        title="未来 5 个工作日到期件数",
        kind=ChartKind.STACKED,
        row_heading="到期日",
        columns=(
            ChartColumn(text="预计按时", unit="件", colour=ChartColour.BRAND),
            ChartColumn(text="预计逾期", unit="件", colour=ChartColour.RED),
        ),
        rows=tuple(ChartRow(text=day, cells=counts(*numbers)) for day, numbers in days.items()),
    )


def rates() -> Chart:
    """Lines of shares with a limit; one quarter has no number."""
    quarters = {"一季度": "0.912", "二季度": "0.951", "三季度": "", "四季度": "0.976"}
    cells = {
        q: ChartCell(text=percent(Decimal(n)), number=Decimal(n)) if n else ChartCell() for q, n in quarters.items()
    }
    floor = ChartCell(text="95.0%", number=Decimal("0.95"))
    return Chart(
        id="rates",
        title="2025年按时率",
        kind=ChartKind.LINE,
        row_heading="季度",
        columns=(ChartColumn(text="按时率"), ChartColumn(text="目标", is_limit=True)),
        rows=tuple(ChartRow(text=quarter, cells=(cell, floor)) for quarter, cell in cells.items()),
        is_share=True,
    )


def spend() -> Chart:
    """Across: sums in yuan against their limits, the rows named by long names."""
    sums = {
        "北京分公司": ("2415000.50", "3000000"),
        "上海分公司": ("1980000", "1800000"),
        "甘肃第二支公司": ("310000", "500000"),
    }
    return Chart(
        id="spend",
        title="2025年服务费用与限额",
        kind=ChartKind.ACROSS,
        row_heading="机构",
        columns=(ChartColumn(text="费用", unit="元"), ChartColumn(text="限额", unit="元", is_limit=True)),
        rows=tuple(
            ChartRow(
                text=name,
                href=f"/went?row={at}",
                cells=tuple(ChartCell(text=money_short(Decimal(n)), number=Decimal(n)) for n in numbers),
            )
            for at, (name, numbers) in enumerate(sums.items())
        ),
    )


def opened() -> Chart:
    """Columns whose cells lead to their rows."""
    return Chart(
        id="opened",
        title="近三日新开与办结",
        kind=ChartKind.BAR,
        row_heading="日期",
        columns=(ChartColumn(text="新开", unit="件"), ChartColumn(text="办结", unit="件")),
        rows=tuple(
            ChartRow(text=day, cells=counts(*numbers, href="/went?n="))
            for day, numbers in {"2/3": (76, 70), "2/4": (71, 74), "2/5": (22, 19)}.items()
        ),
    )


def too_few() -> Chart:
    """Nothing to draw: three answers of five."""
    return Chart(
        id="few",
        title="甘肃分公司满意率",
        kind=ChartKind.BAR,
        row_heading="项目",
        columns=(ChartColumn(text="满意率"),),
        rows=(ChartRow(text="理赔", cells=counts(1)),),
        empty=sample_too_small(3, 5),
    )


def charts_page(theme: str = "light") -> ChartsPage:
    """Every kind on one page."""
    charts = (opened(), due(), rates(), spend(), too_few())
    return ChartsPage(shell=samples.shell("/charts", "", theme), title=_("排名与名额"), charts=charts)


def answer(request: Request, page: Page) -> HTMLResponse:
    """The page, or its content for htmx, as `api.pages.render.render` answers."""
    layout = "fragment.html" if is_fragment(request) else "base.html"
    return HTMLResponse(environment().from_string(TEMPLATE).render(page=page, shell=page.shell, layout=layout))
