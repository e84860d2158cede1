"""Builds a list of facts: the records behind one figure, each with its page, and what they add up to."""

from collections.abc import Mapping, Sequence
from datetime import date

from fastapi import Request
from sqlmodel import Session

from api.fact_links import fact_href
from api.pages.format import short_day
from api.pages.i18n import _
from api.pages.i18n import mark as _m
from api.pages.lists import Trail, pager
from api.pages.shell import shell_for
from api.pages.view.assessment import FactLine, FactsPage
from api.pages.view.common import EmptyState, Link, Tag, TagTone
from api.pages.words import word
from api.paging import Paging, encode_cursor
from api.security.caller import Caller
from models.service_types import FactKind
from models.services.assessment.overview import Position
from models.stores.customers import names_of
from models.stores.facts import Fact
from models.stores.institutions import institution_names

Words = tuple[str, str]
_GOOD: Mapping[FactKind, Words] = {
    FactKind.MEMBER: (_m("仍有效"), _m("已流失")),
    FactKind.INVITATION: (_m("已回收"), _m("未回收")),
}
_KEPT = (_m("达标"), _m("未达标"))
DONE = (_m("已办"), _m("未办"))
"""What a fact of a duty is: done or not."""


def facts_page(
    request: Request,
    caller: Caller,
    session: Session,
    found: Sequence[tuple[Position, Fact]],
    paging: Paging,
    *,
    title: str,
    headline: str,
    sum_text: str = "",
    current: str,
    back: str,
    query: dict[str, str | None],
    trail: Trail,
    today: date,
    words: Words = _KEPT,
) -> FactsPage:
    """One page of the list; `query` is what its address carries beside the cursor."""
    shown, cursor = paging.cut(found, lambda row: row[0])
    facts = [fact for _at, fact in shown]
    customers = names_of(session, {fact.customer_no for fact in facts if fact.customer_no})
    places = institution_names(session, {fact.institution_code for fact in facts})
    current_cursor = encode_cursor(paging.after) if paging.after else None
    path = request.url.path
    return FactsPage(
        shell=shell_for(request, caller, current=current),
        title=title,
        back_href=back,
        json_href=f"/api/v1{path}",
        headline=headline,
        sum_text=sum_text,
        lines=tuple(_line(fact, customers, places, today, words) for fact in facts),
        pager=pager(path, query, current=current_cursor, following=cursor, trail=trail),
        empty=None if facts else EmptyState(text=_("没有记录。"), link=Link(text=_("返回"), href=back), icon="info"),
    )


def _line(fact: Fact, customers: dict[str, str], places: dict[str, str], today: date, words: Words) -> FactLine:
    customer = customers.get(fact.customer_no or "", fact.customer_no or "")
    return FactLine(
        text=word(fact.kind),
        href=fact_href(fact) or "",
        whose=f"{customer} {fact.customer_no}" if fact.customer_no else "",
        institution=places.get(fact.institution_code, fact.institution_code),
        on=short_day(fact.on, today),
        state=_state(fact, words),
    )


def _state(fact: Fact, words: Words) -> Tag:
    if fact.value is not None:
        return Tag(text=_("%(points)s 分", points=f"{fact.value:.2f}"), tone=TagTone.BLUE)
    good, bad = _GOOD.get(fact.kind, words)
    return Tag(text=_(good), tone=TagTone.OK) if fact.good else Tag(text=_(bad), tone=TagTone.WARN)
