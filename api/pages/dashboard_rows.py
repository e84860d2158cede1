"""Builds the list of the rows that one number of the dashboard counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.dashboard_answers import ROWS, number_of, owner_of, params_of, rows_behind
from api.pages.case_pages import page_of
from api.pages.customers_view import customer_href, tier_tag
from api.pages.dashboard_charts import LOOKS, called, series_text
from api.pages.dashboard_view import headline
from api.pages.desk import Desk
from api.pages.format import amount, long_day, stamp, term
from api.pages.i18n import _
from api.pages.lists import Trail, href, pager
from api.pages.spend_links import customer_href as spend_href
from api.pages.surveys_view import SURVEYS
from api.pages.view.common import EmptyState, Link, Tag, TagTone
from api.pages.view.dashboard import DashboardRow, DashboardRowsPage
from api.pages.words import word
from api.paging import Paging, encode_cursor
from models.services.dashboard.figures import PanelName
from models.services.dashboard.panels import lines
from models.services.dashboard.standing import Standing
from models.stores.customers import names_of
from models.stores.dashboard import Answered, Invited, Spent, cases_of
from models.stores.service_counts import SURVEY_CODE
from models.tables.care import Touchpoint
from models.tables.cases import Case, Membership, Task
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.tables.spend import SpendPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The number whose rows are asked for, and the page of them."""

    panel: PanelName
    line: str
    mark: str
    paging: Paging
    trail: Trail


@dataclass(frozen=True)
class _Known:
    """What the rows of a page refer to."""

    desk: Desk
    names: Mapping[str, str]
    places: Mapping[str, str]
    cases: Mapping[Any, Case]


def rows_page(desk: Desk, at: Standing, asked: Behind) -> DashboardRowsPage:
    """Exactly the rows that the number counts, page by page. Raises NOT_FOUND where nothing is counted."""
    paging = asked.paging
    found = rows_behind(desk.session, desk.caller, at, (asked.panel, asked.line, asked.mark), paging)
    shown, following = paging.cut(found, lambda row: (str(number_of(row)),))
    params = {"panel": asked.panel.value, "line": asked.line, "mark": asked.mark, **params_of(at)}
    current = encode_cursor(paging.after) if paging.after else None
    known = _known(desk, at, shown)
    back = href("/dashboard", params_of(at))
    return DashboardRowsPage(
        shell=desk.shell("dashboard"),
        title=_title(desk, at, asked),
        headline=headline(at),
        json_href=href(f"/api/v1{ROWS}", params),
        back_href=f"{back}#{asked.panel.value}",
        when_heading=_("会员期") if asked.panel in _OF_MEMBERS else _("日期"),
        state_heading=_worth_heading(asked.panel),
        rows=tuple(_SHOWN[type(row)](row, known) for row in shown),
        pager=pager(ROWS, params, current=current, following=following, trail=asked.trail),
        empty=None if shown else EmptyState(text=_("没有符合条件的记录。"), link=Link(text=_("返回看板"), href=back)),
    )


_OF_MEMBERS = (PanelName.TIERS, PanelName.MOVES, PanelName.RETENTION)


def _worth_heading(panel: PanelName) -> str:
    """What the last column holds: what a row is worth to a sum or a mean, else where it stands."""
    return {PanelName.COST: _("金额（元）"), PanelName.SATISFACTION: _("满意度")}.get(panel, _("状态"))


def _title(desk: Desk, at: Standing, asked: Behind) -> str:
    """在办事项已办时长 · 绿色通道 · 3 至 5 个工作日."""
    found = next((line for line in lines(desk.session, at, asked.panel) or () if line.key == asked.line), None)
    parts = (_(LOOKS[asked.panel].title), called(found) if found else "", series_text(asked.panel, asked.mark))
    return " · ".join(filter(None, parts))


def _known(desk: Desk, at: Standing, shown: list[Any]) -> _Known:
    with_case = [row.case_id for row in shown if isinstance(row, Task | GreenChannelRecord | ComplaintRecord)]
    return _Known(
        desk=desk,
        names=names_of(desk.session, {owner_of(row).customer_no for row in shown}),
        places={item.code: item.name for item in at.institutions},
        cases=cases_of(desk.session, with_case),
    )


def _row(row: Any, known: _Known, href: str, what: str, when: str, tier: Tag, state: Tag) -> DashboardRow:  # noqa: PLR0917
    row = owner_of(row)
    about = known.names.get(row.customer_no) or known.places.get(row.customer_no)  # a launch is about an institution
    return DashboardRow(
        href=href,
        name=about or row.customer_no,
        number=row.customer_no,
        what=what,
        when=when,
        where=known.places.get(row.institution_code, row.institution_code),
        tier=tier,
        state=state,
    )


def _member(row: Membership, known: _Known) -> DashboardRow:
    days, state = term(row.valid_from, row.valid_to), Tag(text=word(row.stage))
    return _row(row, known, customer_href(row.customer_no), row.certificate_no, days, tier_tag(row.tier), state)


def _task(row: Task, known: _Known) -> DashboardRow:
    now, case = known.desk.now, known.cases[row.case_id]
    late = row.closed_at is None and row.due_at < now
    state = Tag(text=_("已逾期"), tone=TagTone.BAD, icon="alert") if late else Tag(text=word(case.stage))
    when = _("%(at)s 到期", at=stamp(row.due_at, now))
    return _row(row, known, page_of(case), f"{word(row.kind)} · {row.title}", when, tier_tag(row.tier), state)


def _touchpoint(row: Touchpoint, known: _Known) -> DashboardRow:
    page, state = f"/care/touchpoints/{row.id}", Tag(text=word(row.stage))
    what = " · ".join(filter(None, (row.code, row.title)))
    return _row(row, known, page, what, long_day(row.planned_on), tier_tag(row.tier), state)


def _request(row: GreenChannelRecord, known: _Known) -> DashboardRow:
    case, when = known.cases[row.case_id], stamp(row.received_at, known.desk.now)
    what = f"{word(row.service)} · {row.record_no}"
    return _row(row, known, page_of(case), what, when, tier_tag(case.tier), Tag(text=word(case.stage)))


def _complaint(row: ComplaintRecord, known: _Known) -> DashboardRow:
    case, when = known.cases[row.case_id], stamp(row.received_at, known.desk.now)
    what = f"{word(row.sheet)} · {row.record_no}"
    return _row(row, known, page_of(case), what, when, tier_tag(case.tier), Tag(text=word(case.stage)))


def _survey(row: Invited, known: _Known) -> DashboardRow:
    asked, campaign = row
    what, page = f"{SURVEY_CODE} · {campaign.title}", f"{SURVEYS}/{campaign.id}"
    state = Tag(text=word(campaign.stage))
    return _row(row, known, page, what, long_day(asked.invited_on), tier_tag(asked.tier), state)


def _sheet(row: Answered, known: _Known) -> DashboardRow:
    sheet, campaign = row
    points = Tag(text=_("%(score)s 分", score=sheet.score))
    when, tier = long_day(sheet.answered_on), tier_tag(sheet.tier)
    return _row(row, known, f"/forms/6/{sheet.id}", campaign.title, when, tier, points)


def _spent(row: Spent, known: _Known) -> DashboardRow:
    entry, plan = row
    page = f"{href(spend_href(plan.year, plan.customer_no), {'code': entry.code})}#entries"
    what = " · ".join((entry.code, _("支出")))
    return _row(row, known, page, what, long_day(entry.day), tier_tag(plan.tier), Tag(text=amount(entry.yuan)))


def _estimate(row: SpendPlan, known: _Known) -> DashboardRow:
    page, what = spend_href(row.year, row.customer_no), _("%(year)s 年度服务投入", year=row.year)
    days, yuan = term(row.first_on, row.last_on), Tag(text=amount(row.total))
    return _row(row, known, page, what, days, tier_tag(row.tier), yuan)


_SHOWN: Mapping[type, Callable[[Any, _Known], DashboardRow]] = {
    Membership: _member,
    Task: _task,
    Touchpoint: _touchpoint,
    GreenChannelRecord: _request,
    ComplaintRecord: _complaint,
    Invited: _survey,
    Answered: _sheet,
    Spent: _spent,
    SpendPlan: _estimate,
}
