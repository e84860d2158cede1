"""A launch as files: its plan as a workbook, 附件八 as PDF."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlmodel import Session
from starlette.responses import Response

from api.forms.kinds import Printing, printed_form
from api.forms.pdf import pdf_answer
from api.forms.sheet import named
from api.forms.xlsx import Cell, CellKind, Column, Sheet, xlsx_answer
from api.pages.i18n import _
from api.pages.words import word
from models.rules.rollout import ItemPlace
from models.services.rollout.overview import Overview

NUMBER = 8


def launch_xlsx(found: Overview) -> Response:
    """One line for each piece of work, late work first."""
    columns = (
        Column(heading=_("工作"), width=30),
        Column(heading=_("负责"), width=30),
        Column(heading=_("起"), kind=CellKind.DATE),
        Column(heading=_("止"), kind=CellKind.DATE),
        Column(heading=_("状态")),
        Column(heading=_("已完成"), kind=CellKind.INTEGER, width=8),
        Column(heading=_("合计"), kind=CellKind.INTEGER, width=8),
    )
    sheet = Sheet(title=_("启动计划"), columns=columns, rows=list(_rows(found)))
    return xlsx_answer([sheet], f"rollout-{found.case.year}.xlsx")


def launch_pdf(session: Session, found: Overview, by: str) -> Response:
    """附件八 as it is printed."""
    form = printed_form(session, NUMBER, found.case.id, Printing(by=by, now=datetime.now(UTC)))
    return pdf_answer(f"rollout-{found.case.year}.pdf", form)


def _rows(found: Overview) -> Iterator[list[Cell]]:
    for row in found.late_first:
        item, standing = row.standing.item, row.standing
        places = {ItemPlace.DONE: _("已完成"), ItemPlace.READY: _("进行中"), ItemPlace.BLOCKED: _("未开始")}
        yield [
            f"{item.number} {named(row.entry)}",
            "、".join(word(role) for role in item.responsible),
            item.from_on,
            item.to_on,
            _("逾期") if standing.late else places[standing.place],
            standing.progress.done,
            standing.progress.total,
        ]
