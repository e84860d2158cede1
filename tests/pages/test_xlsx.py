"""The workbook writer: read back by another program, numbers as numbers, texts as they were, formats in the file."""

import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from api.forms.xlsx import LONGEST_TEXT, Cell, CellKind, Column, Sheet, SheetChart, workbook
from api.pages.view.chart import ChartKind

COLUMNS = (
    Column(heading="机构", width=20),
    Column(heading="件数", kind=CellKind.INTEGER),
    Column(heading="费用（元）", kind=CellKind.MONEY),
    Column(heading="满意率", kind=CellKind.RATIO),
    Column(heading="系数", kind=CellKind.FACTOR, pattern="0.0000"),
    Column(heading="日期", kind=CellKind.DATE),
    Column(heading="时刻", kind=CellKind.INSTANT),
)
ROW: tuple[Cell, ...] = (
    "北京分公司",
    1234,
    Decimal("5678.90"),
    Decimal("0.976"),
    Decimal("1.15"),
    date(2026, 2, 5),
    datetime(2026, 2, 5, 18, 20, tzinfo=UTC),
)
BARE: tuple[Cell, ...] = ("无", None, None, None, None, None, None)


def _sheet(*rows: tuple[Cell, ...], chart: SheetChart | None = None, title: str = "季度汇总") -> Sheet:
    return Sheet(title=title, columns=COLUMNS, rows=rows, chart=chart)


def _texts(*texts: str) -> Sheet:
    return Sheet(title="文字", columns=COLUMNS[:1], rows=[(text,) for text in texts])


def _read(content: bytes, at: int = 0) -> list[list[object]]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(at)
    return [list(row) for row in sheet.to_python()]


def _part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def test_what_was_written_reads_back() -> None:
    heading, row, bare = _read(workbook([_sheet(ROW, BARE)]))
    assert heading == ["机构", "件数", "费用（元）", "满意率", "系数", "日期", "时刻"]
    assert row == ["北京分公司", 1234, 5678.9, 0.976, 1.15, date(2026, 2, 5), datetime(2026, 2, 6, 2, 20)]  # noqa: DTZ001 - the wall clock of Shanghai
    assert bare == ["无", "", "", "", "", "", ""]


def test_the_formats_widths_and_the_frozen_heading_stand_in_the_file() -> None:
    content = workbook([_sheet(ROW)])
    styles, page = _part(content, "xl/styles.xml"), _part(content, "xl/worksheets/sheet1.xml")
    patterns = {"@", "#,##0", "#,##0.00", "0.0%", "0.0000", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"}
    assert set(re.findall(r'formatCode="([^"]+)"', styles)) == patterns
    assert re.search(r'<pane xSplit="1" ySplit="1" topLeftCell="B2"', page)
    assert re.search(r'<col min="1" max="1" width="20\.\d+"', page)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "＋1", "－1", "＠x"]
)
def test_a_formula_stays_a_text_and_keeps_its_characters(text: str) -> None:
    content = workbook([_texts(text, "平常的话")])
    page = _part(content, "xl/worksheets/sheet1.xml")
    assert "<f>" not in page
    assert [row[0] for row in _read(content)[1:]] == [text, "平常的话"]
    guarded, plain = re.findall(r'<c r="A[23]" s="(\d+)" t="s"', page)
    shapes = re.findall(r"<xf [^>]*>", _part(content, "xl/styles.xml").split("<cellXfs")[1])
    assert 'quotePrefix="1"' in shapes[int(guarded)]
    assert "quotePrefix" not in shapes[int(plain)]


@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="￾￿"), min_size=1), max_size=5
    )
)
def test_any_text_comes_back(texts: list[str]) -> None:
    rows = _read(workbook([_texts("首", *texts, "尾")]))[1:]
    assert [row[0] for row in rows] == ["首", *texts, "尾"]


@pytest.mark.parametrize("kind", list(ChartKind))
def test_a_chart_points_at_the_numbers_of_its_sheet(kind: ChartKind) -> None:
    content = workbook([_sheet(ROW, ROW, chart=SheetChart(kind=kind, columns=(1, 2)))])
    chart = _part(content, "xl/charts/chart1.xml")
    assert re.findall(r"<c:f>([^<]+)</c:f>", chart) == [
        *("季度汇总!$B$1", "季度汇总!$A$2:$A$3", "季度汇总!$B$2:$B$3"),
        *("季度汇总!$C$1", "季度汇总!$A$2:$A$3", "季度汇总!$C$2:$C$3"),
    ]
    assert ("<c:lineChart>" in chart) is (kind is ChartKind.LINE)
    assert ('<c:barDir val="bar"/>' in chart) is (kind is ChartKind.ACROSS)
    assert ('<c:grouping val="stacked"/>' in chart) is (kind is ChartKind.STACKED)


def test_without_rows_there_is_a_heading_and_no_chart() -> None:
    content = workbook([_sheet(chart=SheetChart(kind=ChartKind.BAR, columns=(1,)))])
    assert len(_read(content)) == 1
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "chart" in name]


def test_a_title_that_no_tab_may_have_is_made_one() -> None:
    content = workbook([_sheet(ROW, title="'2025/2026：[北京]*的?季度"), _sheet(ROW, title="长" * 40)])
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert names == ["2025 2026： 北京  的 季度", "长" * 31]


def test_the_same_sheets_are_the_same_bytes() -> None:
    assert workbook([_sheet(ROW)]) == workbook([_sheet(ROW)])


@pytest.mark.parametrize(
    "row",
    [ROW[:3], ("长" * (LONGEST_TEXT + 1), *ROW[1:]), (*ROW[:6], datetime(2026, 2, 5))],  # noqa: DTZ001 - naive on purpose
)
def test_what_cannot_be_written_is_refused(row: tuple[Cell, ...]) -> None:
    with pytest.raises(ValueError, match=r"zip\(\)|characters|aware"):
        workbook([_sheet(row)])
