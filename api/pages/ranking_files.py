"""The ranking list as files: CSV as the contract fixes it, XLSX for people, without a formula in it."""

from collections.abc import Sequence
from dataclasses import replace

from starlette.responses import Response

from api.forms.xlsx import Cell, CellKind, Column, Sheet, xlsx_answer
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.words import word
from models.services.evaluation import ranking_csv
from models.tables.evaluation import RankingRow

CSV_TYPE = "text/csv"
_COLUMNS = (
    ("rank", Column(heading=_m("名次"), kind=CellKind.INTEGER, width=6)),
    ("customer_no", Column(heading=_m("客户号"))),
    ("name", Column(heading=_m("客户"), width=36)),
    ("institution_code", Column(heading=_m("机构"), width=8)),
    ("standard_premium", Column(heading=_m("标准保费"), kind=CellKind.MONEY, width=18)),
    ("insured_years", Column(heading=_m("连续投保年数"), kind=CellKind.INTEGER, width=8)),
    ("loss_ratio", Column(heading=_m("赔付率"), kind=CellKind.RATIO, width=10, pattern="0.000000")),
    ("k2", Column(heading="K2", kind=CellKind.FACTOR, width=6)),
    ("k3", Column(heading="K3", kind=CellKind.FACTOR, width=6)),
    ("value", Column(heading=_m("客户价值"), kind=CellKind.INTEGER, width=16)),
    ("new_customer", Column(heading=_m("新客户"), width=8)),
    ("eligible_tier", Column(heading=_m("准入层级"), width=8)),
    ("seat", Column(heading=_m("席位"))),
)


def csv_answer(rows: Sequence[RankingRow], year: int) -> Response:
    """The bytes of `greenlane evaluate`."""
    text = ranking_csv(row.model_dump() for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="ranking-{year}.csv"', "Vary": "Accept"}
    return Response(text.encode(), media_type=f"{CSV_TYPE}; charset=utf-8", headers=headers)


def ranking_xlsx(rows: Sequence[RankingRow], year: int) -> Response:
    """A workbook with one sheet; number, customer and rank stay in sight."""
    sheet = Sheet(
        title=_("%(year)s 排名", year=year),
        columns=tuple(replace(column, heading=_(column.heading)) for _name, column in _COLUMNS),
        rows=[[_cell(row, name) for name, _column in _COLUMNS] for row in rows],
        frozen=3,
    )
    return xlsx_answer([sheet], f"ranking-{year}.xlsx")


def _cell(row: RankingRow, name: str) -> Cell:
    if name == "new_customer":
        return _("是") if row.new_customer else _("否")
    if name == "eligible_tier":
        return word(row.eligible_tier)
    if name == "seat":
        return word(row.seat) if row.seat else ""
    value: Cell = getattr(row, name)
    return value
