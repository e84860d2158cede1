"""Builds the page of the dashboard: levels, filters, panels with or without their charts."""

from api.dashboard_answers import panels_of, params_of
from api.pages.dashboard_charts import LOOKS, chart_of, note_of
from api.pages.dashboard_query import DASHBOARD
from api.pages.desk import Desk
from api.pages.format import term
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.lists import href, institution_options, tier_options
from api.pages.serves import article_href, article_label
from api.pages.view.common import Article
from api.pages.view.dashboard import DashboardFilters, DashboardPage, DashboardPanel
from api.pages.view.inbox import Choice
from api.pages.words import word
from models.errors import DomainError, ErrorCode
from models.services.dashboard.figures import PanelName
from models.services.dashboard.panels import lines
from models.services.dashboard.standing import Asked, Level, Standing

_LEVELS = {Level.HQ: _m("总公司"), Level.BRANCH: _m("分公司"), Level.MANAGER: _m("我的客户")}


def dashboard_page(desk: Desk, at: Standing, asked: Asked, *, is_lazy: bool) -> DashboardPage:
    """The whole page; with `is_lazy` each panel is fetched when it comes into sight."""
    return _page(desk, at, asked, panels_of(desk.caller, at), is_filled=not is_lazy)


def panel_page(desk: Desk, at: Standing, asked: Asked, panel: PanelName) -> DashboardPage:
    """One panel alone. Raises NOT_FOUND for one that the reader may not see."""
    if panel not in panels_of(desk.caller, at):
        raise DomainError(ErrorCode.NOT_FOUND)
    return _page(desk, at, asked, (panel,), is_filled=True)


def headline(at: Standing) -> str:
    """Whose numbers, and of which days."""
    days = term(at.ground.first, at.ground.last)
    whose = at.top.name if at.top else _(_LEVELS[Level.MANAGER])
    whose = _("%(institution)s 及下属机构", institution=whose) if at.top else whose
    return " · ".join(filter(None, (whose, days, word(at.ground.tier) if at.ground.tier else "")))


def _page(desk: Desk, at: Standing, asked: Asked, panels: tuple[PanelName, ...], *, is_filled: bool) -> DashboardPage:
    params = params_of(at)
    return DashboardPage(
        shell=desk.shell("dashboard"),
        title=_("看板"),
        headline=headline(at),
        json_href=href("/api/v1/dashboard", params),
        levels=tuple(_choice(at, level) for level in at.levels) if len(at.levels) > 1 else (),
        filters=_filters(at, asked),
        panels=tuple(_panel(desk, at, panel, is_filled=is_filled) for panel in panels),
        download_href=href("/api/v1/dashboard.xlsx", params),
    )


def _choice(at: Standing, level: Level) -> Choice:
    kept = {**params_of(at), "level": level.value, "institution": None}
    return Choice(text=_(_LEVELS[level]), href=href(DASHBOARD, kept), current=level is at.level)


def _filters(at: Standing, asked: Asked) -> DashboardFilters:
    chosen = at.top.code if at.top and at.level is Level.BRANCH else ""
    return DashboardFilters(
        action=DASHBOARD,
        kept=(("level", at.level.value),),
        first=at.ground.first.isoformat(),
        last=at.ground.last.isoformat(),
        tiers=tier_options(at.ground.tier),
        institutions=() if at.level is Level.MANAGER else institution_options(at.institutions, chosen),
        clear_href=href(DASHBOARD, {"level": at.level.value}),
        active=any((asked.institution, asked.first, asked.last, asked.tier)),
    )


def _panel(desk: Desk, at: Standing, panel: PanelName, *, is_filled: bool) -> DashboardPanel:
    look = LOOKS[panel]
    return DashboardPanel(
        id=panel.value,
        title=_(look.title),
        href=href(DASHBOARD, {**params_of(at), "panel": panel.value}),
        note=note_of(panel),
        articles=tuple(Article(text=article_label(code), href=article_href(code)) for code in look.articles),
        chart=chart_of(at, panel, lines(desk.session, at, panel)) if is_filled else None,
    )
