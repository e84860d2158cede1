"""新增关怀: find the customer, then what, for whom, until when, and why."""

from collections.abc import Mapping
from urllib.parse import quote
from uuid import uuid4

from api.pages.care_query import CARE
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import day as day_text
from api.pages.format import mask_name
from api.pages.i18n import _, language
from api.pages.spend_links import ask_link
from api.pages.view.care import NewTouchpointPage
from api.pages.view.common import Link, Option
from api.pages.words import word
from api.security.policy import Action
from api.spend_reading import reader_of
from models.errors import DomainError, ErrorCode
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.services.care.entries import CareEntry, extra_entries
from models.services.rulebooks import rulebook_in_force
from models.services.servicing.promises import tier_of
from models.services.spend.figures import of_customer
from models.stores.customers import CustomerFilter, contacts_of, customer_in_scope, customers_in_scope
from models.stores.spend import SpendStore
from models.tables.book import Customer

TOUCHPOINTS = f"{CARE}/touchpoints"
NEW = f"{TOUCHPOINTS}/new"
_FOUND = 20


def new_page(
    desk: Desk,
    *,
    customer_no: str,
    q: str = "",
    typed: Mapping[str, str] | None = None,
    error: DomainError | None = None,
) -> NewTouchpointPage:
    """The form; without a customer the search for one."""
    values, today = typed or {}, local_date(desk.now)
    scope = desk.caller.scope(Action.PLAN_CARE)
    customer = customer_in_scope(desk.session, customer_no, scope) if customer_no else None
    found = customers_in_scope(desk.session, scope, CustomerFilter(q.strip()), today=today, limit=_FOUND) if q else ()
    return NewTouchpointPage(
        shell=desk.shell("care"),
        title=_("新增关怀"),
        phone_title=_("新增关怀"),
        back_href=CARE,
        action=TOUCHPOINTS,
        search_action=NEW,
        customer_no=customer.customer_no if customer else "",
        customer=customer.name if customer else "",
        q=q,
        found=tuple(
            Link(text=f"{one.name} {one.customer_no}", href=f"{NEW}?customer_no={quote(one.customer_no, safe='')}")
            for one in found
        ),
        codes=_codes(desk, customer, values.get("code", "")) if customer else (),
        contacts=_contacts(desk, customer, values.get("contact_id", "")) if customer else (),
        title_value=values.get("title", ""),
        due_on=values.get("due_on", ""),
        known_on=values.get("known_on", ""),
        today=today.isoformat(),
        reason=values.get("reason", ""),
        key=uuid4().hex,
        hint=_hint(desk),
        nobody=_("没有找到客户，请换个名称或客户号。") if q and not found else "",
        errors=error_summary(error) if error else None,
        ask=_ask(desk, customer, error),
    )


def _ask(desk: Desk, customer: Customer | None, error: DomainError | None) -> Link | None:
    """报超限审批 of the year that the new touchpoint would take above its limit."""
    if customer is None or error is None or error.code is not ErrorCode.SPEND_LIMIT_EXCEEDED:
        return None
    year = next(iter(SpendStore(desk.session).years(customer.customer_no)), None)
    reader = reader_of(desk.caller, Action.ASK_OVER_LIMIT)
    found = of_customer(desk.session, customer.customer_no, year, reader) if year is not None else None
    return ask_link(found, desk.caller, ahead=True) if found is not None else None


def _codes(desk: Desk, customer: Customer, chosen: str) -> tuple[Option, ...]:
    rulebook = rulebook_in_force(desk.session, local_date(desk.now)).rulebook
    tier = tier_of(desk.session, customer.customer_no, local_date(desk.now))
    entries = extra_entries(rulebook, tier)
    return tuple(
        Option(value=one.code, text=f"{one.code} {_name(one)}", selected=one.code == chosen) for one in entries
    )


def _name(entry: CareEntry) -> str:
    return entry.name_en if language() == "en" else entry.name_zh


def _contacts(desk: Desk, customer: Customer, chosen: str) -> tuple[Option, ...]:
    here = [one for one in contacts_of(desk.session, customer.customer_no) if one.left_on is None]
    return (
        Option(value="", text=_("单位整体")),
        *(
            Option(
                value=str(one.id),
                text=f"{mask_name(one.name)} {one.title} · {word(one.kind)}"
                + ("" if one.consent else _("（未同意接收关怀）")),
                selected=str(one.id) == chosen,
            )
            for one in here
        ),
    )


def _hint(desk: Desk) -> str:
    """Until when an important event heard of today is to be looked after."""
    today = local_date(desk.now)
    last = cal.shift_working_days(desk.calendar, today, 2)
    return _("重要事件须在知悉后 2 个工作日内关怀：今天知悉，最晚 %(day)s。", day=day_text(last, today))
