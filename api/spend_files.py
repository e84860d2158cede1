"""The year of service spend as files: a workbook of three sheets, and a PDF of the same tables."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session
from starlette.responses import Response

from api.forms.pdf import pdf_answer
from api.forms.sheet import Cell as FormCell
from api.forms.sheet import Column as FormColumn
from api.forms.sheet import Part, PrintedForm
from api.forms.xlsx import Cell, CellKind, Column, Sheet, SheetChart, xlsx_answer
from api.pages.format import NOTHING, amount, clock_time, local, long_day, percent
from api.pages.i18n import _, language
from api.pages.view.chart import ChartKind
from api.pages.words import word
from api.spend_answers import item_names
from api.spend_reading import SpendYear
from models.rules.spend import share_of_premium
from models.services.spend.figures import Account, CustomerSpend, customers

MONEY, TEXT = CellKind.MONEY, CellKind.TEXT
_WIDE, _NARROW = 24, 12


def xlsx_of(session: Session, found: SpendYear) -> Response:
    """Customers, institutions and items, each a sheet with its chart."""
    return xlsx_answer(sheets(session, found), f"spend-{found.report.year}.xlsx")


def sheets(session: Session, found: SpendYear) -> tuple[Sheet, ...]:
    """The three tables, sorted as on the page."""
    return (
        Sheet(
            title=_("%(year)s 年度服务投入", year=found.report.year),
            columns=_customer_columns(),
            rows=[_customer(row, found) for row in customers(session, found.report.rows)],
            frozen=2,
            chart=SheetChart(kind=ChartKind.ACROSS, columns=(6, 7, 8)),
        ),
        Sheet(
            title=_("按机构"),
            columns=(Column(heading=_("机构"), width=_WIDE), *_account_columns()),
            rows=[(name, *_account(sums)) for name, sums in by_place(found)],
            chart=SheetChart(kind=ChartKind.BAR, columns=(1, 3, 4)),
        ),
        Sheet(
            title=_("按项目"),
            columns=(Column(heading=_("项目"), width=_WIDE), *_account_columns()),
            rows=[(name, *_account(sums)) for name, sums in by_item(found)],
            chart=SheetChart(kind=ChartKind.BAR, columns=(1, 3, 4)),
        ),
    )


def by_place(found: SpendYear) -> Iterator[tuple[str, Account]]:
    """Owning institutions by code, named."""
    for code, sums in found.report.by_institution.items():
        yield found.places.get(code, code), sums


def by_item(found: SpendYear) -> Iterator[tuple[str, Account]]:
    """Items by code, named in the language of the request."""
    names = item_names(found.rulebook)
    for code, sums in found.report.by_item.items():
        zh, en = names.get(code, ("", ""))
        yield f"{code} {en if language() == 'en' else zh}".strip(), sums


def _customer_columns() -> tuple[Column, ...]:
    return (
        Column(heading=_("客户"), width=_WIDE),
        Column(heading=_("客户号")),
        Column(heading=_("机构"), width=_WIDE),
        Column(heading=_("层级")),
        Column(heading=_("标准保费（元）"), kind=MONEY, width=18),
        Column(heading=_("计划占比"), kind=CellKind.RATIO, pattern="0.00%"),
        Column(heading=_("限额（元）"), kind=MONEY, width=14),
        *_account_columns(),
        Column(heading=_("超限额（元）"), kind=MONEY, width=14),
        Column(heading=_("状态"), width=_NARROW),
    )


def _account_columns() -> tuple[Column, ...]:
    heads = (_("计划（元）"), _("追加（元）"), _("预留（元）"), _("支出（元）"), _("剩余（元）"))
    return tuple(Column(heading=head, kind=MONEY, width=14) for head in heads)


def _account(sums: Account) -> tuple[Decimal, ...]:
    return sums.planned, sums.extra, sums.reserved, sums.committed, sums.left


def _customer(row: CustomerSpend, found: SpendYear) -> tuple[Cell, ...]:
    plan, figures = row.plan, row.figures
    return (
        row.name,
        plan.customer_no,
        found.places.get(plan.institution_code, plan.institution_code),
        word(plan.tier),
        plan.standard_premium,
        share_of_premium(plan.total, plan.standard_premium),
        plan.spend_limit,
        *_account(row.account),
        figures.over,
        word(figures.state),
    )


def pdf_of(session: Session, found: SpendYear, by: str, now: datetime) -> Response:
    """The same tables on paper."""
    return pdf_answer(f"spend-{found.report.year}.pdf", paper(session, found, by, now))


def paper(session: Session, found: SpendYear, by: str, now: datetime) -> PrintedForm:
    """The year as a printed sheet: totals, then the tables of the workbook."""
    on = local(now).date()
    total = found.report.total
    heads = [column.heading for column in _account_columns()]
    facts = [FormCell(head, amount(value), wide=False) for head, value in zip(heads, _account(total), strict=True)]
    facts.append(FormCell(_("超限额客户"), str(found.report.over), wide=False))
    return PrintedForm(
        code=_("附件七"),
        title=_("%(year)s 年度服务投入", year=found.report.year),
        sheet="",
        record_no="",
        parts=(
            Part(rows=tuple(zip(facts[::2], facts[1::2], strict=True))),
            *map(_block, sheets(session, found)),
        ),
        source=_("规则：服务投入限额按标准保费比例，超限须说明原因并经审批。"),
        footer=_("由 %(who)s 于 %(when)s 打印。", who=by, when=f"{long_day(on)} {clock_time(now)}"),
        on=on,
        lang=language(),
    )


def _block(sheet: Sheet) -> Part:
    return Part(
        title=sheet.title,
        columns=tuple(FormColumn(label=column.heading, share=column.width) for column in sheet.columns),
        lines=tuple(_texts(sheet.columns, row) for row in sheet.rows),
    )


def _texts(columns: Sequence[Column], row: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(_text(column, cell) for column, cell in zip(columns, row, strict=True))


def _text(column: Column, cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return percent(cell, 2) if column.kind is CellKind.RATIO else amount(cell)
    return str(cell) if cell is not None else NOTHING
