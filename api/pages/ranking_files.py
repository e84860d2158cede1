"""The ranking list as files: CSV as the contract fixes it, XLSX for people, without a formula in it."""

import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import xlsxwriter
from starlette.responses import Response

from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.words import word
from models.services.evaluation import ranking_csv
from models.tables.evaluation import RankingRow

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv"
_WHEN = datetime(2003, 1, 1)  # noqa: DTZ001 - a fixed creation date makes the same list the same file
_COLUMNS = (
    (_m("名次"), "rank", 6),
    (_m("客户号"), "customer_no", 12),
    (_m("客户"), "name", 36),
    (_m("机构"), "institution_code", 8),
    (_m("标准保费"), "standard_premium", 18),
    (_m("连续投保年数"), "insured_years", 8),
    (_m("赔付率"), "loss_ratio", 10),
    ("K2", "k2", 6),
    ("K3", "k3", 6),
    (_m("客户价值"), "value", 16),
    (_m("新客户"), "new_customer", 8),
    (_m("准入层级"), "eligible_tier", 8),
    (_m("席位"), "seat", 12),
)
_FORMATS = {"standard_premium": "#,##0.00", "loss_ratio": "0.000000", "k2": "0.00", "k3": "0.00", "value": "#,##0"}


def csv_answer(rows: Sequence[RankingRow], year: int) -> Response:
    """The bytes of `greenlane evaluate`."""
    text = ranking_csv(row.model_dump() for row in rows)
    return _file(text.encode(), f"{CSV_TYPE}; charset=utf-8", f"ranking-{year}.csv")


def xlsx_answer(rows: Sequence[RankingRow], year: int) -> Response:
    """A workbook with one sheet; text stays text, so nothing in it can run."""
    return _file(_workbook(rows, year), XLSX_TYPE, f"ranking-{year}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return Response(content, media_type=media_type, headers=headers)


def _workbook(rows: Sequence[RankingRow], year: int) -> bytes:
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": _WHEN})
    sheet = book.add_worksheet(_("%(year)s 排名", year=year))
    bold = book.add_format({"bold": True})
    formats = {name: book.add_format({"num_format": shape}) for name, shape in _FORMATS.items()}
    for at, (title, name, width) in enumerate(_COLUMNS):
        sheet.set_column(at, at, width, formats.get(name))
        sheet.write_string(0, at, _(title), bold)
    for line, row in enumerate(rows, start=1):
        for at, (_title, name, _width) in enumerate(_COLUMNS):
            _write(sheet, (line, at), _cell(row, name))
    sheet.freeze_panes(1, 3)
    book.close()
    return buffer.getvalue()


def _cell(row: RankingRow, name: str) -> str | int | Decimal | None:
    if name == "new_customer":
        return _("是") if row.new_customer else _("否")
    if name == "eligible_tier":
        return word(row.eligible_tier)
    if name == "seat":
        return word(row.seat) if row.seat else ""
    value: str | int | Decimal | None = getattr(row, name)
    return value


def _write(sheet: "xlsxwriter.worksheet.Worksheet", at: tuple[int, int], value: str | int | Decimal | None) -> None:
    if isinstance(value, str):
        sheet.write_string(*at, value)
    elif value is not None:
        sheet.write_number(*at, float(value))
