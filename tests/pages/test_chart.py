"""The chart component as HTML: a whole table with exact numbers and links; words for those who do not see it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup, Tag

from api.pages.i18n import using_language
from api.pages.render import environment
from api.pages.view.chart import Chart, ChartCell, ChartRow
from templates import STATIC
from tests.pages import chart_samples as charts

ONE = '{% from "partials/_chart.html" import chart %}{{ chart(value) }}'


def _soup(chart: Chart) -> BeautifulSoup:
    return BeautifulSoup(environment().from_string(ONE).render(value=chart), "html.parser")


def _one(soup: BeautifulSoup, selector: str) -> Tag:
    found = soup.select(selector)
    assert len(found) == 1, selector
    return found[0]


def test_the_figure_names_its_table_and_the_table_is_open() -> None:
    soup = _soup(charts.due())
    figure = _one(soup, "figure[data-gl-chart=stacked]")
    assert _one(soup, f"table#{figure['data-gl-table']}").select_one("caption").get_text() == charts.due().title  # type: ignore[union-attr]  # it is there, or the test fails
    assert _one(soup, "details").has_attr("open"), "without scripts the table is what there is"
    assert _one(soup, ".gl-plot").has_attr("hidden")
    assert str(figure["data-gl-engine"]).startswith("/static/vendor/echarts/echarts.common.min.js?v=")


def test_headings_with_units_and_colours() -> None:
    heads = _soup(charts.due()).select("thead th")
    assert [head.get_text() for head in heads] == ["到期日", "预计按时（件）", "预计逾期（件）"]
    assert [head.get("data-gl-colour") for head in heads] == [None, "brand", "red"]
    with using_language("en"):
        assert charts.due().columns[0].heading == "预计按时 (件)"


def test_cells_show_the_text_and_hold_the_exact_number() -> None:
    cells = _soup(charts.spend()).select("tbody tr:first-child td")
    assert [(cell.get_text(), cell["data-value"]) for cell in cells] == [
        ("241.50万元", "2415000.50"),
        ("300.00万元", "3000000"),
    ]
    assert ChartCell(text="大", number=Decimal("1E+6")).exact == "1000000"


def test_no_number_is_a_dash_and_not_a_zero() -> None:
    cell = _soup(charts.rates()).select("tbody tr")[2].select("td")[0]
    assert cell.get_text() == "—"
    assert not cell.has_attr("data-value")


def test_links_of_cells_and_of_rows() -> None:
    assert [a["href"] for a in _soup(charts.opened()).select("tbody td a")][:2] == ["/went?n=76", "/went?n=70"]
    assert [a["href"] for a in _soup(charts.spend()).select("tbody th a")] == [
        "/went?row=0",
        "/went?row=1",
        "/went?row=2",
    ]


def test_the_words_name_highest_and_lowest_in_both_languages() -> None:
    label = str(_one(_soup(charts.spend()), "[role=img]")["aria-label"])
    assert label == (
        "图表：2025年服务费用与限额。 "
        "费用（元）：最高 北京分公司 241.50万元，最低 甘肃第二支公司 31.00万元。 "
        "全部数字见表格。"
    )
    with using_language("en"):
        assert "highest 四季度 97.6%, lowest 一季度 91.2%." in charts.rates().description


@pytest.mark.parametrize(
    ("chart", "text"),
    [
        (charts.too_few(), "样本不足：3 份，至少须 5 份。"),
        (replace(charts.due(), rows=()), "没有数据。"),
    ],
)
def test_nothing_to_draw_says_why_and_shows_no_number(chart: Chart, text: str) -> None:
    soup = _soup(chart)
    assert _one(soup, ".gl-empty p").get_text(strip=True) == text
    assert not soup.select("figure, table")


def test_a_crooked_table_is_refused() -> None:
    with pytest.raises(ValueError, match="row 歪 has 1 of 2 cells"):
        replace(charts.due(), rows=(ChartRow(text="歪", cells=charts.counts(1)),))


def test_what_people_typed_is_escaped() -> None:
    row = ChartRow(text="<b>甲</b>", cells=(ChartCell(text='"><i>', number=1), ChartCell()))
    soup = _soup(replace(charts.due(), rows=(row,), title='"><script>'))
    assert not soup.select("b, i, script")


def test_the_script_is_short_and_evaluates_nothing() -> None:
    source = (STATIC / "charts.js").read_text("utf-8")
    assert len(source.splitlines()) < 100
    assert not [word for word in ("eval(", "new Function", "innerHTML", "document.write") if word in source]
