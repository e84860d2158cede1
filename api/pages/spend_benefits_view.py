"""Builds the report of gifts per person and calendar year: the guard of 保险法 art. 116."""

from datetime import date
from urllib.parse import quote

from fastapi import Request
from sqlmodel import Session

from api.act_base import now
from api.pages.desk import desk_of
from api.pages.format import amount, mask_name, money
from api.pages.i18n import _
from api.pages.lists import Trail, href, pager
from api.pages.spend_links import SPEND
from api.pages.view.common import EmptyState, Link, Tag, TagTone
from api.pages.view.spend import BenefitRow, BenefitsPage
from api.paging import Paging, encode_cursor
from api.security.caller import Caller
from api.spend_reading import reader_of
from models.rulebook.schema.care import GiftCap
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force
from models.services.spend.benefits import Benefit, benefits


def benefits_page(
    request: Request, caller: Caller, session: Session, year: int, *, paging: Paging, trail: Trail
) -> BenefitsPage:
    """Everybody of the caller's institutions who was given something in the calendar year."""
    today = local_date(now())
    rules = rulebook_in_force(session, today).rulebook
    begin = paging.number() or 0
    found = list(enumerate(benefits(session, year, reader_of(caller), rules), 1))
    shown, following = paging.cut(found[begin : begin + paging.fetch], lambda row: (row[0],))
    cap, here = rules.care.gift_cap, f"{SPEND}/{year}/benefits"
    current = encode_cursor(paging.after) if paging.after else None
    return BenefitsPage(
        shell=desk_of(request, session, caller).shell("spend"),
        title=_("%(year)s 年礼品与限额", year=year),
        phone_title=_("礼品与限额"),
        back_href=f"{SPEND}/{year - 1}",
        json_href=f"/api/v1{here}",
        headline=_("%(institution)s 及下属机构", institution=caller.institution_name),
        note=_("每次不超过 %(time)s，每人每自然年不超过 %(year)s；超过须先经合规审批。", **_caps(cap)),
        law=_("合同以外的利益有法律风险。"),
        years=tuple(
            Link(text=_("%(year)s 年", year=other), href=f"{SPEND}/{other}/benefits")
            for other in (year - 1, year + 1)
            if other <= today.year
        ),
        rows=tuple(_row(row, year) for _number, row in shown),
        pager=pager(here, {}, current=current, following=following, trail=trail),
        empty=None if shown else EmptyState(text=_("本年没有赠送礼品的记录。"), icon="smile"),
    )


def _caps(cap: GiftCap) -> dict[str, str]:
    return {"time": money(cap.per_time), "year": money(cap.per_person_and_year)}


def _row(row: Benefit, year: int) -> BenefitRow:
    month = date(year, 1, 1).isoformat()[:7]
    return BenefitRow(
        href=href("/care", {"view": "customer", "customer_no": quote(row.customer_no, safe=""), "month": month}),
        customer=row.customer,
        person=mask_name(row.contact) if row.contact else _("单位整体"),
        gifts=str(row.gifts),
        largest=amount(row.largest),
        given=amount(row.given),
        left=amount(row.left),
        state=_state(row),
    )


def _state(row: Benefit) -> Tag:
    if row.unsigned:
        return Tag(text=_("超限未审批 %(n)s 次", n=row.unsigned), tone=TagTone.BAD, icon="alert")
    if row.signed_off:
        return Tag(text=_("合规审批 %(n)s 次", n=row.signed_off), tone=TagTone.VIOLET)
    return Tag(text=_("限额内"), tone=TagTone.OK)
