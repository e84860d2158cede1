"""Workbooks for people: sheets with typed columns, a frozen heading, a chart on their own numbers; nothing runs.

A text that a spreadsheet could take for a formula keeps its characters and gets the spreadsheet's own mark of a text,
the leading apostrophe, as a property of its cell: it is never calculated, not even after an edit, and reads back as it
was.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import xlsxwriter
from starlette.responses import Response

from api.pages.format import local
from api.pages.view.chart import ChartKind

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_TEXT = 32_767
"""Characters that a cell can hold."""

Cell = str | int | Decimal | date | datetime | None

_WHEN = datetime(2003, 1, 1)  # noqa: DTZ001 - a fixed creation date makes the same list the same file
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]|^'|'$")
_LONGEST_NAME = 31


class CellKind(StrEnum):
    """What a column holds, and so how its numbers look. A year or a code is TEXT: it is not counted with."""

    TEXT = "@"
    INTEGER = "#,##0"
    MONEY = "#,##0.00"
    """Yuan with two decimals; the heading names the unit."""
    RATIO = "0.0%"
    """A share: 0.976 is shown as 97.6%."""
    FACTOR = "0.00"
    DATE = "yyyy-mm-dd"
    INSTANT = "yyyy-mm-dd hh:mm"
    """An aware instant, shown on Shanghai's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: heading, kind, width in characters, and a number format of its own where the kind's does not do."""

    heading: str
    kind: CellKind = CellKind.TEXT
    width: int = 12
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetChart:
    """A chart beside the table: the columns of its numbers by position, named by the first column of the sheet."""

    kind: ChartKind
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: its title is the name of the tab and of the chart; the first `frozen` columns stay in sight."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    frozen: int = 1
    chart: SheetChart | None = None


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """The sheets as one file; the same sheets are the same bytes.

    Raises:
        ValueError: a row has not one cell for each column, a text is longer than a cell can hold, an instant is naive.
        xlsxwriter.exceptions.DuplicateWorksheetName: two sheets have one title (by their first 31 characters).
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"created": _WHEN})
        for sheet in sheets:
            _Writer(book, sheet).write()
    return buffer.getvalue()


def xlsx_answer(sheets: Sequence[Sheet], name: str) -> Response:
    """The workbook as a download; `name` is ASCII with its suffix, e.g. `ranking-2025.xlsx`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return Response(workbook(sheets), media_type=XLSX_TYPE, headers=headers)


class _Writer:
    """One sheet on its way into the book."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        self.page = book.add_worksheet(_tab_name(sheet.title))
        shapes = [column.pattern or column.kind.value for column in sheet.columns]
        self.formats = [book.add_format({"num_format": shape}) for shape in shapes]
        self.guarded = [book.add_format({"num_format": shape, "quote_prefix": True}) for shape in shapes]

    def write(self) -> None:
        """Heading, rows, chart."""
        bold = self.book.add_format({"bold": True, "quote_prefix": True})
        for at, column in enumerate(self.sheet.columns):
            self.page.set_column(at, at, column.width, self.formats[at])
            self.page.write_string(0, at, column.heading, bold)
        for line, row in enumerate(self.sheet.rows, start=1):
            for at, (_column, cell) in enumerate(zip(self.sheet.columns, row, strict=True)):
                self._put(line, at, cell)
        self.page.freeze_panes(1, self.sheet.frozen)
        if self.sheet.chart and self.sheet.rows:
            self._draw(self.sheet.chart)

    def _put(self, line: int, at: int, cell: Cell) -> None:
        shape = self.formats[at]
        if isinstance(cell, str):
            if len(cell) > LONGEST_TEXT:
                raise ValueError(f"sheet {self.sheet.title}, row {line}: a text of {len(cell)} characters")
            self.page.write_string(line, at, cell, self.guarded[at] if _FORMULA.match(cell) else shape)
        elif isinstance(cell, datetime):
            self.page.write_datetime(line, at, local(cell).replace(tzinfo=None), shape)
        elif isinstance(cell, date):
            self.page.write_datetime(line, at, cell, shape)
        elif cell is not None:
            self.page.write_number(line, at, float(cell), shape)

    def _draw(self, wanted: SheetChart) -> None:
        chart = self.book.add_chart(dict(_CHARTS[wanted.kind]))
        last, name = len(self.sheet.rows), self.page.get_name()
        for at in wanted.columns:
            chart.add_series(
                {"name": [name, 0, at], "categories": [name, 1, 0, last, 0], "values": [name, 1, at, last, at]}
            )
        chart.set_title({"name": self.sheet.title})
        chart.set_legend({"none": True} if len(wanted.columns) == 1 else {"position": "bottom"})
        if wanted.kind is ChartKind.ACROSS:
            chart.set_y_axis({"reverse": True})
        self.page.insert_chart(1, len(self.sheet.columns) + 1, chart)


_CHARTS: Mapping[ChartKind, Mapping[str, str]] = {
    ChartKind.BAR: {"type": "column"},
    ChartKind.STACKED: {"type": "column", "subtype": "stacked"},
    ChartKind.LINE: {"type": "line"},
    ChartKind.ACROSS: {"type": "bar"},
}


def _tab_name(title: str) -> str:
    """The title without what a tab's name may not have, cut to 31 characters."""
    return _NOT_IN_A_NAME.sub(" ", title)[:_LONGEST_NAME].strip().strip("'")
