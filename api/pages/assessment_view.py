"""Builds the pages of 考核: branches of a year by points, and one branch with the proof of each point."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from fastapi import Request
from sqlmodel import Session

from api.assessment_answers import ASSESSMENT, counted, facts_path, grade_name, name_of
from api.assessment_files import shown, version_text
from api.pages.format import NOTHING, stamp
from api.pages.i18n import _, language
from api.pages.i18n import mark as _m
from api.pages.lists import href
from api.pages.serves import article_href, article_label
from api.pages.shell import shell_for
from api.pages.view.assessment import AssessmentPage, BranchLine, BranchPage, IndicatorLine, SideLine
from api.pages.view.chart import Chart, ChartCell, ChartColumn, ChartKind, ChartRow
from api.pages.view.common import Article, EmptyState, Link, Strip, StripTone, Tag, TagTone
from api.pages.words import word
from api.security.caller import Caller
from api.security.policy import Action
from models.messages.assessment import DEDUCTION, IndicatorScore
from models.rulebook.schema.assessment import Assessment
from models.rules.calendar import local_date
from models.services.assessment.facts import RETURNED, SATISFACTION
from models.services.assessment.overview import LIVE, BranchView, Line, branch_view, year_lines
from models.services.assessment.reckoning import Place, rules_of
from models.tables.assessment import AssessmentAppeal, AssessmentResult, AssessmentVeto
from models.tables.cases import Case

_ARTICLE = "regulation 2.8"
_TONES = {"excellent": TagTone.OK, "good": TagTone.BLUE, "pass": TagTone.WARN, "fail": TagTone.BAD}
_STATES = {
    "full": _m("无应办件，满分"),
    "spread": _m("无发生，权重分摊"),
    "vetoed": _m("一票否决，零分"),
}
_DONE = {
    "reckoned": _m("已重新计算，新版本待确认。"),
    "confirmed": _m("已确认，分公司可在申诉期内申诉。"),
    "vetoed": _m("否决已记录，下一次计算时生效。"),
    "withdrawn": _m("否决已撤销，下一次计算时生效。"),
    "appealed": _m("申诉已提出，由总公司复核、审批。"),
}


def year_page(request: Request, caller: Caller, session: Session, year: int, now: datetime) -> AssessmentPage:
    """Branches within the reader's institutions, best first."""
    lines = year_lines(session, year, caller.scope(Action.READ_ASSESSMENT), now)
    rules, path, today = rules_of(session, year, now).rulebook.assessment, f"{ASSESSMENT}/{year}", local_date(now)
    return AssessmentPage(
        shell=shell_for(request, caller, current="assessment"),
        title=_("%(year)s 年度考核", year=year),
        phone_title=_("考核"),
        json_href=f"/api/v1{path}",
        headline=_("截至目前，按记录实时计算") if year >= today.year else _("年度已结束，以确认的版本为准"),
        years=tuple(
            Link(text=str(other), href=f"{ASSESSMENT}/{other}") for other in (year - 1, year + 1) if other <= today.year
        ),
        downloads=_downloads(f"/api/v1{path}", ("XLSX", "PDF")),
        article=_article(),
        chart=_year_chart(rules, lines, path, year),
        lines=tuple(_line(rules, line, path, now) for line in lines),
        empty=None if lines else EmptyState(text=_("您的机构范围内没有分公司。"), icon="chart"),
    )


def _downloads(path: str, kinds: tuple[str, ...], query: str = "") -> tuple[Link, ...]:
    return tuple(Link(text=kind, href=f"{path}.{kind.lower()}{query}") for kind in kinds)


def _article() -> Article:
    return Article(text=article_label(_ARTICLE), href=article_href(_ARTICLE))


def _line(rules: Assessment, line: Line, path: str, now: datetime) -> BranchLine:
    row = line.result
    note = _("实时") if row is None else _("第 %(n)s 版，%(state)s", n=row.version, state=_state_of(row, now))
    return BranchLine(
        name=line.branch.name,
        href=f"{path}/{line.branch.code}",
        total=_total(line.assessed.total),
        grade=_grade(rules, line.assessed.grade),
        note=note,
    )


def _state_of(row: AssessmentResult, now: datetime) -> str:
    if row.confirmed_at is None:
        return _("未确认")
    return _("%(who)s %(when)s 确认", who=row.confirmed_by_name, when=stamp(row.confirmed_at, now))


def _total(total: Decimal | None) -> str:
    return NOTHING if total is None else shown(total)


def _grade(rules: Assessment, code: str | None) -> Tag:
    if code is None:
        return Tag(text=_("无考核数据"), tone=TagTone.OUTLINE)
    return Tag(text=grade_name(rules, code), tone=_TONES.get(code, TagTone.PLAIN))


def _year_chart(rules: Assessment, lines: list[Line], path: str, year: int) -> Chart:
    counted_lines = [line for line in lines if line.assessed.total is not None]
    best = max((grade.lower for grade in rules.grades), default=Decimal(0))
    return Chart(
        id="totals",
        title=_("%(year)s 年度各分公司总分", year=year),
        kind=ChartKind.ACROSS,
        row_heading=_("机构"),
        columns=(
            ChartColumn(text=_("总分"), unit=_("分")),
            ChartColumn(text=_("优秀线"), unit=_("分"), is_limit=True),
        ),
        rows=tuple(
            ChartRow(
                text=line.branch.name,
                href=f"{path}/{line.branch.code}",
                cells=(
                    ChartCell(text=_total(line.assessed.total), number=line.assessed.total),
                    ChartCell(text=shown(best), number=best),
                ),
            )
            for line in counted_lines
        ),
    )


def branch_page(request: Request, caller: Caller, session: Session, place: Place, version: str) -> BranchPage:
    """One branch in one version. Raises NOT_FOUND."""
    now = datetime.now(UTC)
    view = branch_view(session, place, version, now)
    path, row = f"{ASSESSMENT}/{place.year}/{view.branch.code}", view.result
    query = "" if row is None and not view.versions else f"?version={row.version if row else LIVE}"
    may_confirm = caller.may(Action.CONFIRM_ASSESSMENT)
    newest = view.versions[0] if view.versions else None
    confirmable = may_confirm and row is not None and newest is not None and newest.id == row.id
    unconfirmed = row is not None and row.confirmed_at is None
    return BranchPage(
        shell=shell_for(request, caller, current="assessment"),
        title=_("%(branch)s %(year)s 年度考核", branch=view.branch.name, year=place.year),
        phone_title=_("考核"),
        back_href=f"{ASSESSMENT}/{place.year}",
        json_href=f"/api/v1{path}{query}",
        headline=version_text(view),
        tags=tuple(_tags(view)),
        article=_article(),
        strips=tuple(_strips(request, view, path, now)),
        acts=tuple(_acts(caller, view, path)),
        downloads=_downloads(f"/api/v1{path}", ("PDF",), query),
        confirm_action=f"{path}/confirm" if confirmable and unconfirmed else "",
        confirm_version=str(row.version) if row else "",
        key=uuid4().hex,
        grade=_grade(view.rules, view.assessed.grade),
        total=_total(view.assessed.total),
        chart=_branch_chart(view, place.year),
        indicators=tuple(_indicator(caller, view, score, place.year, path) for score in view.assessed.indicators),
        deduction=_deduction(caller, view, place.year, path),
        vetoes=tuple(_veto(caller, view, veto, path, now) for veto in view.vetoes),
        versions=tuple(_version(view.rules, item, path, now) for item in view.versions),
        quarters=tuple(_quarter(view.rules, item, now) for item in view.quarters),
        appeals=tuple(_appeal(view.rules, *item) for item in view.appeals),
    )


def _tags(view: BranchView) -> Iterator[Tag]:
    if view.assessed.grade != view.assessed.grade_by_points:
        by_points = grade_name(view.rules, view.assessed.grade_by_points)
        yield Tag(text=_("按得分为%(grade)s，因否决限等", grade=by_points), tone=TagTone.WARN)
    if view.facts.corrections:
        yield Tag(text=_("含申诉更正 %(n)s 项", n=len(view.facts.corrections)), tone=TagTone.VIOLET)


def _strips(request: Request, view: BranchView, path: str, now: datetime) -> Iterator[Strip]:
    done = request.query_params.get("done", "")
    if done in _DONE:
        yield Strip(text=_(_DONE[done]), tone=StripTone.OK, icon="check", focus=True)
    stands, row = view.standing, view.result
    newest = view.versions[0] if view.versions else None
    if stands is not None and newest is not None and newest.id != stands.id and (row is None or row.id != newest.id):
        link = Link(text=_("查看新版本"), href=f"{path}?version={newest.version}")
        yield Strip(text=_("有未确认的新版本，确认前以本版为准。"), links=(link,))
    if stands is not None and stands.appeals_until is not None and now <= stands.appeals_until:
        yield Strip(text=_("申诉期至 %(until)s。", until=stamp(stands.appeals_until, now)), icon="clock")


def _acts(caller: Caller, view: BranchView, path: str) -> Iterator[Link]:
    if view.result is not None:
        yield Link(text=_("看实时数据"), href=f"{path}?version={LIVE}", icon="pulse")
    elif view.versions:
        yield Link(text=_("看有效版本"), href=path, icon="undo")
    if view.over and caller.may(Action.CONFIRM_ASSESSMENT):
        yield Link(text=_("重新计算"), href=f"{path}/reckon", icon="edit")
    if caller.may(Action.RECORD_VETO):
        yield Link(text=_("记录否决"), href=f"{path}/veto", icon="alert")


def _branch_chart(view: BranchView, year: int) -> Chart:
    return Chart(
        id="points",
        title=_("%(branch)s %(year)s 年度各指标得分", branch=view.branch.name, year=year),
        kind=ChartKind.ACROSS,
        row_heading=_("指标"),
        columns=(
            ChartColumn(text=_("得分"), unit=_("分")),
            ChartColumn(text=_("权重"), unit=_("分"), is_limit=True),
        ),
        rows=tuple(
            ChartRow(
                text=name_of(view.rules, score.code),
                href=facts_path(view, year, score.code),
                cells=tuple(ChartCell(text=shown(value), number=value) for value in (score.points, score.weight)),
            )
            for score in view.assessed.indicators
        ),
    )


def _indicator(caller: Caller, view: BranchView, score: IndicatorScore, year: int, path: str) -> IndicatorLine:
    rule = next(item for item in view.rules.indicators if item.code == score.code)
    unit = "%" if rule.unit == "percent" else ""
    return IndicatorLine(
        name=name_of(view.rules, score.code),
        definition=rule.definition_en if language() == "en" else rule.definition_zh,
        weight=shown(score.weight),
        actual=NOTHING if score.actual is None else f"{shown(score.actual)}{unit}",
        target=NOTHING if score.target is None else f"{shown(score.target)}{unit}",
        points=shown(score.points),
        counted=_counted(view, score, year),
        more=_returned(view, score, year),
        notes=tuple(_notes(score)),
        appeal=_appeal_link(caller, view, score.code, path),
    )


def _counted(view: BranchView, score: IndicatorScore, year: int) -> Link | None:
    good, of = counted(view.facts, score.code)
    if not of:
        return None
    text = _("%(n)s 份有效", n=of) if score.code == SATISFACTION else f"{good:f} / {of}"
    return Link(text=text, href=facts_path(view, year, score.code))


def _returned(view: BranchView, score: IndicatorScore, year: int) -> Link | None:
    sheets = next((item.sheets for item in view.facts.measured if item.code == score.code), None)
    if sheets is None or not sheets.sent:
        return None
    text = _("回收 %(returned)s / %(sent)s", returned=sheets.returned, sent=sheets.sent)
    return Link(text=text, href=facts_path(view, year, RETURNED))


def _notes(score: IndicatorScore) -> Iterator[Tag]:
    if score.state in _STATES:
        tone = TagTone.BAD if score.state == "vetoed" else TagTone.OUTLINE
        yield Tag(text=_(_STATES[score.state]), tone=tone)
    if score.corrected:
        yield Tag(text=_("申诉更正"), tone=TagTone.VIOLET)


def _deduction(caller: Caller, view: BranchView, year: int, path: str) -> IndicatorLine:
    justified = view.assessed.justified
    notes = (Tag(text=_("申诉更正"), tone=TagTone.VIOLET),) if view.assessed.deduction_corrected else ()
    return IndicatorLine(
        name=_("扣分"),
        definition=_(
            "每件成立投诉扣 %(each)s 分，最多 %(most)s 分",
            each=f"{view.rules.deduction_per_justified_complaint:f}",
            most=f"{view.rules.max_deduction:f}",
        ),
        weight=NOTHING,
        actual=str(justified),
        target="0",
        points=f"-{shown(view.assessed.deduction)}" if view.assessed.deduction else shown(Decimal(0)),
        counted=Link(text=str(justified), href=facts_path(view, year, DEDUCTION)) if justified else None,
        notes=notes,
        appeal=_appeal_link(caller, view, DEDUCTION, path),
    )


def _appeal_link(caller: Caller, view: BranchView, item: str, path: str) -> Link | None:
    if item not in view.appealable or not caller.may(Action.APPEAL_ASSESSMENT):
        return None
    return Link(text=_("申诉"), href=href(f"{path}/appeal", {"item": item}))


def _veto(caller: Caller, view: BranchView, row: AssessmentVeto, path: str, now: datetime) -> SideLine:
    rule = next((item for item in view.rules.vetoes if item.code == row.code), None)
    name = (rule.name_en if language() == "en" else rule.name_zh) if rule else row.code
    told = _("%(who)s %(when)s：%(why)s", who=row.recorded_by_name, when=stamp(row.recorded_at, now), why=row.reason)
    note = _("%(told)s；依据：%(evidence)s", told=told, evidence=row.evidence)
    if row.withdrawn_at is not None:
        when = stamp(row.withdrawn_at, now)
        undone = _("%(who)s %(when)s 撤销：%(why)s", who=row.withdrawn_by_name, when=when, why=row.withdrawn_reason)
        return SideLine(text=name, href=f"/cases/{row.case_id}", note=f"{note} {undone}", tag=Tag(text=_("已撤销")))
    act = Link(text=_("撤销"), href=f"{path}/vetoes/{row.id}/withdraw") if caller.may(Action.RECORD_VETO) else None
    return SideLine(
        text=name, href=f"/cases/{row.case_id}", note=note, tag=Tag(text=_("有效"), tone=TagTone.BAD), act=act
    )


def _version(rules: Assessment, row: AssessmentResult, path: str, now: datetime) -> SideLine:
    return SideLine(
        text=_("第 %(n)s 版：%(total)s 分", n=row.version, total=_total(row.total)),
        href=f"{path}?version={row.version}",
        tag=_grade(rules, row.grade),
        note="；".join(_told(row, now)),
    )


def _told(row: AssessmentResult, now: datetime) -> Iterator[str]:
    yield _("%(cause)s，%(when)s", cause=word(row.cause), when=stamp(row.reckoned_at, now))
    if row.reason:
        yield row.reason
    yield _state_of(row, now)


def _quarter(rules: Assessment, row: AssessmentResult, now: datetime) -> SideLine:
    return SideLine(
        text=_("截至%(quarter)s：%(total)s 分", quarter=_quarter_word(row.period), total=_total(row.total)),
        tag=_grade(rules, row.grade),
        note=_("%(when)s 留存", when=stamp(row.reckoned_at, now)),
    )


def _quarter_word(period: str) -> str:
    number = int(period[1:])
    return period if language() == "en" else f"第{'一二三四'[number - 1]}季度"


def _appeal(rules: Assessment, row: AssessmentAppeal, case: Case) -> SideLine:
    name = _("扣分") if row.item == DEDUCTION else name_of(rules, row.item)
    return SideLine(
        text=_("%(name)s：%(old)s → %(new)s", name=name, old=shown(row.old), new=shown(row.new)),
        href=f"/cases/{row.case_id}",
        tag=Tag(text=word(case.outcome or case.stage)),
        note=case.reason or "",
    )
