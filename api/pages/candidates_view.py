"""申报 without a customer yet: who of the caller's customers reaches an entry value, best first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from fastapi import Request
from sqlmodel import Session

from api.pages.customers_view import tier_tag
from api.pages.format import value_short
from api.pages.i18n import _
from api.pages.lists import Trail, pager
from api.pages.shell import shell_for
from api.pages.view.common import EmptyState, Link, Tag
from api.pages.view.customers import ListFilters
from api.pages.view.declare import CandidateRow, CandidatesPage
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.caller import Caller
from api.security.policy import Action
from models.rules.calendar import local_date
from models.services.customers import evaluation_year
from models.stores.customers import open_cases
from models.stores.evaluations import EvaluationStore
from models.stores.institutions import InstitutionStore
from models.stores.rankings import RankingFilter, ranking_page
from models.tables.cases import Case
from models.tables.evaluation import RankingRow

NEW = "/qualifications/new"


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatesQuery:
    """What the address asks for."""

    q: str
    paging: Paging
    trail: Trail


def candidates_page(request: Request, caller: Caller, session: Session, asked: CandidatesQuery) -> CandidatesPage:
    """Customers of the newest list, best first, with what they reach and what is open about them."""
    scope, paging = caller.scope(Action.DECLARE), asked.paging
    year = evaluation_year(session, local_date(datetime.now(UTC)))
    wanted = RankingFilter(q=asked.q.strip() or None)
    found = ranking_page(session, year, scope, wanted, after_rank=paging.number() or 0, limit=paging.fetch)
    shown, following = paging.cut(found, lambda row: (row.rank,))
    names = {item.code: item.name for item in InstitutionStore(session).all(scope)}
    cases = open_cases(session, [row.customer_no for row in shown])
    current = encode_cursor(paging.after) if paging.after else None
    evaluated = EvaluationStore(session).get(year) is not None
    formula = EvaluationStore(session).formula(year)
    return CandidatesPage(
        shell=shell_for(request, caller, current="declare"),
        title=_("选择申报客户"),
        phone_title=_("申报"),
        headline=_("%(year)s 年度评定，按客户价值排序", year=year),
        json_href="/api/v1/customers",
        filters=ListFilters(action=NEW, q=asked.q, clear_href=NEW, active=bool(asked.q)),
        rows=tuple(_row(row, names, cases, formula) for row in shown),
        pager=pager(NEW, {"q": asked.q}, current=current, following=following, trail=asked.trail),
        empty=None if shown else _empty(asked, evaluated=evaluated),
    )


def _row(row: RankingRow, names: Mapping[str, str], cases: Mapping[str, Case], formula: str) -> CandidateRow:
    case = cases.get(row.customer_no)
    return CandidateRow(
        href=f"/cases/{case.id}" if case else f"{NEW}?customer_no={quote(row.customer_no)}",
        name=row.name,
        customer_no=row.customer_no,
        institution=names.get(row.institution_code, row.institution_code),
        value=value_short(row.value, formula),
        rank=_("第 %(rank)s 名", rank=f"{row.rank:,}"),
        eligible=Tag(text=_("可报%(tier)s", tier=word(row.eligible_tier)), tone=tier_tag(row.eligible_tier).tone),
        state=_("办理中：%(stage)s", stage=word(case.stage)) if case else "",
    )


def _empty(asked: CandidatesQuery, *, evaluated: bool) -> EmptyState:
    if asked.q:
        return EmptyState(text=_("没有符合条件的客户。"), link=Link(text=_("清除筛选"), href=NEW), icon="search")
    if evaluated:
        return EmptyState(text=_("您的机构没有进入评定的客户。"), icon="users")
    link = Link(text=_("从客户列表中选择"), href="/customers")
    return EmptyState(text=_("本年度尚未评定，可直接从客户列表申报。"), link=link, icon="star")
