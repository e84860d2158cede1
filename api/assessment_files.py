"""Assessments 考核 as workbook and as PDF, by suffix or by `Accept`."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from sqlmodel import Session
from starlette.responses import Response

from api.assessment_answers import grade_name, name_of, named
from api.deps import Action, Caller
from api.forms.pdf import PDF_TYPE, pdf_answer
from api.forms.sheet import Cell, Part, PrintedForm
from api.forms.sheet import Column as SheetColumn
from api.forms.xlsx import XLSX_TYPE, CellKind, Column, Sheet, SheetChart, xlsx_answer
from api.pages.format import NOTHING, clock_time, local, long_day
from api.pages.i18n import _, language
from api.pages.view.chart import ChartKind
from models.rulebook.schema.assessment import Assessment
from models.services.assessment.overview import BranchView, Line, branch_view, year_lines
from models.services.assessment.reckoning import Place, rules_of

MEDIA_TYPES: Mapping[str, str] = {"xlsx": XLSX_TYPE, "pdf": PDF_TYPE}


def year_file(session: Session, year: int, caller: Caller, media_type: str) -> Response:
    """Every branch within the caller's institutions, as the page shows them."""
    now = datetime.now(UTC)
    lines = year_lines(session, year, caller.scope(Action.READ_ASSESSMENT), now)
    rules = rules_of(session, year, now).rulebook.assessment
    if media_type == XLSX_TYPE:
        return xlsx_answer([_sheet(rules, lines, year)], f"assessment-{year}.xlsx")
    title = _("%(year)s 年度考核", year=year)
    return pdf_answer(f"assessment-{year}.pdf", _printed(title, "", (_year_part(rules, lines),), caller, now))


def branch_file(session: Session, place: Place, version: str, caller: Caller) -> Response:
    """One branch in one version as PDF/A."""
    now = datetime.now(UTC)
    view = branch_view(session, place, version, now)
    title = _("%(year)s 年度考核", year=place.year)
    form = _printed(title, view.branch.name, (Part(rows=tuple(_head(view))), _indicators(view)), caller, now)
    return pdf_answer(f"assessment-{place.year}-{view.branch.code}.pdf", form)


def _sheet(rules: Assessment, lines: list[Line], year: int) -> Sheet:
    points = [Column(heading=name_of(rules, item.code), kind=CellKind.FACTOR, width=16) for item in rules.indicators]
    columns = (
        Column(heading=_("机构"), width=24),
        Column(heading=_("总分"), kind=CellKind.FACTOR, width=8),
        Column(heading=_("等级"), width=8),
        *points,
        Column(heading=_("扣分"), kind=CellKind.FACTOR, width=8),
        Column(heading=_("版本"), width=8),
        Column(heading=_("确认时间"), kind=CellKind.INSTANT, width=18),
    )
    rows = [
        [
            line.branch.name,
            line.assessed.total,
            grade_name(rules, line.assessed.grade),
            *(_points(line, item.code) for item in rules.indicators),
            line.assessed.deduction,
            str(line.result.version) if line.result else _("实时"),
            line.result.confirmed_at if line.result else None,
        ]
        for line in lines
    ]
    chart = SheetChart(kind=ChartKind.ACROSS, columns=(1,))
    return Sheet(title=_("%(year)s 年度考核", year=year), columns=columns, rows=rows, chart=chart)


def _points(line: Line, code: str) -> Decimal | None:
    return next((score.points for score in line.assessed.indicators if score.code == code), None)


def _came_to(rules: Assessment, line: Line) -> str:
    if line.assessed.total is None:
        return _("无考核数据")
    return _("%(grade)s，%(total)s 分", grade=grade_name(rules, line.assessed.grade), total=line.assessed.total)


def _year_part(rules: Assessment, lines: list[Line]) -> Part:
    """The list, one line a branch."""
    columns = ((_("机构"), 30), (_("总分"), 12), (_("等级"), 14), (_("版本"), 12))
    return Part(
        columns=tuple(SheetColumn(label=label, share=share) for label, share in columns),
        lines=tuple(
            (
                line.branch.name,
                NOTHING if line.assessed.total is None else shown(line.assessed.total),
                grade_name(rules, line.assessed.grade) or _("无考核数据"),
                str(line.result.version) if line.result else _("实时"),
            )
            for line in lines
        ),
    )


def _head(view: BranchView) -> Iterator[tuple[Cell, ...]]:
    """Grade, version, what was taken off, vetoes."""
    grade = _came_to(view.rules, Line(view.branch, view.assessed, view.result))
    yield Cell(_("等级"), grade, wide=False), Cell(_("版本"), version_text(view), wide=False)
    text = _("成立投诉 %(n)s 件，扣 %(points)s 分", n=view.assessed.justified, points=shown(view.assessed.deduction))
    yield (Cell(_("扣分"), text, wide=True),)
    names = {veto.code: named(veto) for veto in view.rules.vetoes}
    vetoed = "、".join(names.get(code, code) for code in view.assessed.vetoes)
    yield (Cell(_("一票否决"), vetoed or NOTHING, wide=True),)


def _indicators(view: BranchView) -> Part:
    """One line an indicator."""
    labels = (_("权重"), _("实际"), _("目标"), _("得分"))
    return Part(
        columns=(
            SheetColumn(label=_("指标"), share=30),
            *(SheetColumn(label=label, share=12) for label in labels),
        ),
        lines=tuple(
            (
                name_of(view.rules, score.code),
                shown(score.weight),
                NOTHING if score.actual is None else shown(score.actual),
                NOTHING if score.target is None else shown(score.target),
                shown(score.points),
            )
            for score in view.assessed.indicators
        ),
    )


def version_text(view: BranchView) -> str:
    """Which version is shown: its number and whether it is confirmed, or live."""
    if view.result is None:
        return _("实时计算，未留存")
    state = _("已确认") if view.result.confirmed_at else _("未确认")
    return _("第 %(n)s 版，%(state)s", n=view.result.version, state=state)


def shown(value: Decimal) -> str:
    """Two decimals."""
    return f"{value:.2f}"


def _printed(title: str, sheet: str, parts: tuple[Part, ...], caller: Caller, now: datetime) -> PrintedForm:
    on = local(now).date()
    return PrintedForm(
        code=_("考核"),
        title=title,
        sheet=sheet,
        record_no="",
        parts=parts,
        source=_("规则：办法第七章（默认 2.8）"),
        footer=_("由 %(who)s 于 %(when)s 打印。", who=caller.name, when=f"{long_day(on)} {clock_time(now)}"),
        on=on,
        lang=language(),
    )
