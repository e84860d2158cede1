"""Builds the year of service spend: figures, charts over their tables, the customers, those over the limit first."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from fastapi import Request
from sqlmodel import Session

from api.act_base import now
from api.pages.customers_view import tier_tag
from api.pages.desk import desk_of
from api.pages.format import amount, money_short
from api.pages.i18n import _, count_text
from api.pages.lists import Trail, href, institution_options, pager, tier_options
from api.pages.spend_links import SPEND, ask_link, customer_href, state_tag
from api.pages.view.chart import Chart, ChartCell, ChartColour, ChartColumn, ChartKind, ChartRow
from api.pages.view.common import EmptyState, Link, Strip, StripTone
from api.pages.view.customers import ListFilters
from api.pages.view.spend import SpendPage, SpendRow, SumTile
from api.paging import Paging, encode_cursor
from api.security.caller import Caller
from api.security.policy import Action
from api.spend_files import by_item, by_place
from api.spend_reading import SpendQuery, SpendYear, page_of, year_of
from models.services.spend.figures import Account, CustomerSpend, customers
from models.stores.institutions import InstitutionStore
from models.stores.spend import SpendStore

_IN_SIGHT = 4
"""A limit is drawn up to so many times the longest bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendAsked:
    """What the address of the page asks for."""

    query: SpendQuery
    paging: Paging
    trail: Trail

    @property
    def filters(self) -> dict[str, str | None]:
        """The parameters that stay from page to page."""
        query = self.query
        return {"q": query.q, "tier": query.tier.value if query.tier else "", "institution": query.institution}


def spend_page(request: Request, caller: Caller, session: Session, asked: SpendAsked) -> SpendPage:
    """The year within the caller's institutions."""
    year = asked.query.year
    found = year_of(session, caller, asked.query)
    page, following = page_of(found.report, asked.paging)
    shown = list(customers(session, page))
    current = encode_cursor(asked.paging.after) if asked.paging.after else None
    institutions = InstitutionStore(session).all(caller.scope(Action.READ_CUSTOMERS))
    return SpendPage(
        shell=desk_of(request, session, caller).shell("spend"),
        title=_("%(year)s 年度服务投入", year=year),
        headline=_("%(institution)s 及下属机构", institution=caller.institution_name),
        json_href=f"/api/v1{SPEND}/{year}",
        years=_years(session, year),
        links=_links(year, asked.filters),
        tiles=_tiles(found),
        filters=ListFilters(
            action=f"{SPEND}/{year}",
            tiers=tier_options(asked.query.tier),
            institutions=institution_options(institutions, asked.query.institution),
            q=asked.query.q,
            clear_href=f"{SPEND}/{year}",
            active=any(asked.filters.values()),
        ),
        strips=_strips(found),
        customers=_customers(shown),
        places=_grouped("places", _("按机构"), _("机构"), by_place(found)),
        items=_grouped("items", _("按项目"), _("项目"), by_item(found), ChartKind.ACROSS),
        rows=tuple(_row(row, found, caller) for row in shown),
        pager=pager(f"{SPEND}/{year}", asked.filters, current=current, following=following, trail=asked.trail),
        empty=None if shown else _empty(asked),
    )


def _years(session: Session, year: int) -> tuple[Link, ...]:
    others = (other for other in SpendStore(session).years() if other != year)
    return tuple(Link(text=_("%(year)s 年度", year=other), href=f"{SPEND}/{other}") for other in others)


def _links(year: int, filters: dict[str, str | None]) -> tuple[Link, ...]:
    api = {"tier": filters["tier"], "institution_code": filters["institution"], "q": filters["q"]}
    return (
        Link(text=_("礼品与限额"), href=f"{SPEND}/{year + 1}/benefits"),
        Link(text="XLSX", href=href(f"/api/v1{SPEND}/{year}.xlsx", api)),
        Link(text="PDF", href=href(f"/api/v1{SPEND}/{year}.pdf", api)),
    )


def _tiles(found: SpendYear) -> tuple[SumTile, ...]:
    total, over = found.report.total, found.report.over
    extra = _("另追加 %(yuan)s", yuan=money_short(total.extra)) if total.extra else ""
    return (
        SumTile(title=_("计划"), number=money_short(total.planned), note=extra),
        SumTile(title=_("预留"), number=money_short(total.reserved)),
        SumTile(title=_("支出"), number=money_short(total.committed)),
        SumTile(title=_("剩余"), number=money_short(total.left)),
        SumTile(title=_("超限额客户"), number=str(over), note=_("共 %(n)s 户", n=len(found.report.rows))),
    )


def _strips(found: SpendYear) -> tuple[Strip, ...]:
    waiting = found.report.unasked
    if not waiting:
        return ()
    text = count_text("%(num)s 户超出投入限额，须填写原因并报审批；已承诺的服务照常执行。", waiting)
    return (Strip(text=text, tone=StripTone.WARN, icon="alert"),)


def _customers(rows: Iterable[CustomerSpend]) -> Chart:
    """One bar a customer with its limit as a mark; a click opens the customer's lines.

    A limit far beyond every bar stands in the table only: drawn, it would leave nothing of the bars.
    """
    shown = tuple(rows)
    farthest = max((row.account.planned + row.account.extra for row in shown), default=Decimal(0)) * _IN_SIGHT
    return Chart(
        id="customers-chart",
        title=_("各客户投入与限额"),
        kind=ChartKind.ACROSS,
        row_heading=_("客户"),
        columns=(
            ChartColumn(text=_("计划"), unit=_("元"), colour=ChartColour.BLUE),
            ChartColumn(text=_("支出"), unit=_("元"), colour=ChartColour.BRAND),
            ChartColumn(text=_("限额"), unit=_("元"), is_limit=True),
        ),
        rows=tuple(
            ChartRow(
                text=row.name,
                href=customer_href(row.plan.year, row.plan.customer_no),
                cells=(
                    *_cells(row.account.planned + row.account.extra, row.account.committed),
                    _limit(row.plan.spend_limit, farthest),
                ),
            )
            for row in shown
        ),
    )


def _grouped(
    name: str, title: str, heading: str, rows: Iterable[tuple[str, Account]], kind: ChartKind = ChartKind.BAR
) -> Chart:
    return Chart(
        id=f"{name}-chart",
        title=title,
        kind=kind,
        row_heading=heading,
        columns=(
            ChartColumn(text=_("计划"), unit=_("元"), colour=ChartColour.BLUE),
            ChartColumn(text=_("预留"), unit=_("元"), colour=ChartColour.AMBER),
            ChartColumn(text=_("支出"), unit=_("元"), colour=ChartColour.BRAND),
            ChartColumn(text=_("剩余"), unit=_("元"), colour=ChartColour.VIOLET),
        ),
        rows=tuple(
            ChartRow(text=text, cells=_cells(sums.planned + sums.extra, sums.reserved, sums.committed, sums.left))
            for text, sums in rows
        ),
    )


def _limit(limit: Decimal, farthest: Decimal) -> ChartCell:
    return ChartCell(text=amount(limit), number=limit if limit <= farthest else None)


def _cells(*values: Decimal) -> tuple[ChartCell, ...]:
    return tuple(ChartCell(text=amount(value), number=value) for value in values)


def _row(row: CustomerSpend, found: SpendYear, caller: Caller) -> SpendRow:
    plan, account, figures = row.plan, row.account, row.figures
    return SpendRow(
        href=customer_href(plan.year, plan.customer_no),
        name=row.name,
        customer_no=plan.customer_no,
        institution=found.places.get(plan.institution_code, plan.institution_code),
        tier=tier_tag(plan.tier),
        state=state_tag(figures.state),
        limit=amount(plan.spend_limit),
        planned=amount(account.planned + account.extra),
        reserved=amount(account.reserved),
        committed=amount(account.committed),
        left=amount(account.left),
        over=_("超 %(yuan)s", yuan=amount(figures.over)) if figures.over else "",
        ask=ask_link(row, caller),
    )


def _empty(asked: SpendAsked) -> EmptyState:
    if any(asked.filters.values()):
        link = Link(text=_("清除筛选"), href=f"{SPEND}/{asked.query.year}")
        return EmptyState(text=_("没有符合条件的客户。"), link=link, icon="search")
    return EmptyState(text=_("本年度还没有服务投入测算。资格获批并排定服务计划后自动生成。"), icon="chart")


def newest_year(session: Session) -> int:
    """The newest year that has estimates, else the one that ended last."""
    return next(iter(SpendStore(session).years()), now().year - 1)
