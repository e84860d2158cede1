"""登记 附件五: what was typed, the customer it means, and the two due instants before anything is promised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from api.complaint_acts import Wanted
from api.pages.complaints_desk import COMPLAINTS
from api.pages.desk import Desk
from api.pages.form_bodies import validated
from api.pages.form_errors import error_summary
from api.pages.format import SHANGHAI, instant, mask_name
from api.pages.i18n import _
from api.pages.limits import limit_text
from api.pages.lists import href
from api.pages.view.common import Link, Option, Strip, StripTone
from api.pages.view.complaints import DueLine, RegisterPage
from api.pages.words import word
from api.schemas.complaints import ComplaintBody, InquiryBody
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.messages.service import ServiceClock
from models.rules.calendar import local_date
from models.rules.service.clocks import started
from models.service_types import ComplaintGrade, ComplaintSheet, IntakeChannel
from models.services.rulebooks import rulebook_in_force
from models.services.servicing.promises import promised_answers, tier_of
from models.stores.customers import CustomerFilter, contacts_of, customer_in_scope, customers_in_scope
from models.stores.scope import EVERYTHING
from models.tables.book import Customer
from models.types import Tier

NEW = f"{COMPLAINTS}/new"
CHOICES = 20
"""So many customers are offered for a name; more words narrow it."""
FIELDS = (
    "customer",
    "customer_no",
    "contact_id",
    "channel",
    "complainant",
    "phone",
    "subject",
    "matter",
    "grade",
    "received_at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as it stands. `customer` is a number or part of a name, `customer_no` the one chosen of several."""

    sheet: ComplaintSheet
    values: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    error: DomainError | None = None

    def get(self, name: str) -> str:
        """What stands in a field, without white space around it."""
        return self.values.get(name, "").strip()

    def wanted(self, customer_no: str) -> Wanted:
        """The registration it asks for, by the same rules as JSON. Raises INVALID_INPUT at its fields."""
        given: dict[str, Any] = {name: self.get(name) for name in _BODY if self.get(name)}
        given |= {"customer_no": customer_no, "received_at": self.received_at()}
        kind = ComplaintBody if self.sheet is ComplaintSheet.COMPLAINT else InquiryBody
        if kind is InquiryBody:
            given.pop("grade", None)
        body = validated(kind, given)
        return Wanted.of(self.sheet, body, body.grade if isinstance(body, ComplaintBody) else ComplaintGrade.ORDINARY)

    def received_at(self) -> datetime | None:
        """登记的受理时间, Asia/Shanghai; None for now. Raises INVALID_INPUT."""
        text = self.get("received_at")
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise wrong("received_at", "datetime_from_date_parsing") from error


_BODY = ("contact_id", "channel", "complainant", "phone", "subject", "matter", "grade")


def wrong(name: str, reason: str) -> DomainError:
    """One field to correct."""
    return DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": name, "reason": reason}])


def chosen_customer(desk: Desk, typed: Typed) -> Customer:
    """The customer the form means. Raises INVALID_INPUT at the field when there is none, or more than one."""
    found = matching(desk.session, desk, typed)
    if len(found) != 1:
        reason = "which_customer" if found else "unknown_customer" if typed.get("customer") else "missing"
        raise wrong("customer", reason)
    return found[0]


def matching(session: Session, desk: Desk, typed: Typed) -> list[Customer]:
    """Customers that the form may mean: the number of any customer (article 17 item 8), or the name of one's own."""
    text, scope = typed.get("customer"), desk.caller.scope(Action.READ_CUSTOMERS)
    number = typed.get("customer_no")
    if number and (not text or text in number or _is_of(session, desk, number, text)):
        one = customer_in_scope(session, number, EVERYTHING)
        return [one] if one else []
    if not text:
        return []
    exact = customer_in_scope(session, text, EVERYTHING)
    if exact is not None:
        return [exact]
    today = local_date(desk.now)
    return list(customers_in_scope(session, scope, CustomerFilter(q=text), today=today, limit=CHOICES))


def _is_of(session: Session, desk: Desk, number: str, text: str) -> bool:
    one = customer_in_scope(session, number, desk.caller.scope(Action.READ_CUSTOMERS))
    return one is not None and text.casefold() in one.name.casefold()


def register_page(desk: Desk, typed: Typed) -> RegisterPage:
    """The form with what was typed, the customer found by it and when it would be due."""
    found = matching(desk.session, desk, typed)
    customer = found[0] if len(found) == 1 else None
    error = typed.error
    due, note = _due(desk, typed, customer)
    return RegisterPage(
        shell=desk.shell("complaints"),
        title=_("登记投诉") if typed.sheet is ComplaintSheet.COMPLAINT else _("登记咨询"),
        phone_title=_("登记"),
        back_href=COMPLAINTS,
        action=NEW,
        due_href=f"{COMPLAINTS}/preview",
        sheet=typed.sheet.value,
        sheets=tuple(
            Link(text=word(sheet), href=href(NEW, {"sheet": sheet.value, "customer_no": typed.get("customer_no")}))
            for sheet in ComplaintSheet
            if sheet is not typed.sheet
        ),
        is_complaint=typed.sheet is ComplaintSheet.COMPLAINT,
        values={name: typed.values.get(name, "") for name in FIELDS}
        | ({"customer_no": customer.customer_no} if customer else {}),
        idempotency_key=typed.key or uuid4().hex,
        customers=_customers(found),
        customer=_customer_line(desk, customer),
        contacts=_contacts(desk.session, customer, typed),
        channels=_options(IntakeChannel, typed.get("channel") or IntakeChannel.PHONE.value),
        grades=_options(ComplaintGrade, typed.get("grade") or ComplaintGrade.ORDINARY.value),
        due=due,
        due_note=note,
        strips=_strips(error),
        errors=error_summary(error) if error and _is_on_form(error) else None,
    )


def _is_on_form(error: DomainError) -> bool:
    return error.code in {ErrorCode.INVALID_INPUT, ErrorCode.NOT_ELIGIBLE, ErrorCode.REASON_REQUIRED}


def _strips(error: DomainError | None) -> tuple[Strip, ...]:
    if error is None or _is_on_form(error):
        return ()
    return (Strip(text=error_summary(error).title, tone=StripTone.WARN, icon="alert", focus=True),)


def _customers(found: list[Customer]) -> tuple[Option, ...]:
    """Several customers of one name: one is to be chosen."""
    if len(found) < 2:
        return ()
    rest = (Option(value=item.customer_no, text=f"{item.name}（{item.customer_no}）") for item in found)
    return (Option(value="", text=_("请选择")), *rest)


def _customer_line(desk: Desk, customer: Customer | None) -> str:
    """Name and tier; of a customer of another branch its number only, the request is served where it is made."""
    if customer is None:
        return ""
    tier = word(tier_of(desk.session, customer.customer_no, local_date(desk.now)))
    if customer_in_scope(desk.session, customer.customer_no, desk.caller.scope(Action.READ_CUSTOMERS)) is None:
        return _("%(no)s · %(tier)s · 跨地域客户，由本机构服务", no=customer.customer_no, tier=tier)
    return _("%(name)s · %(no)s · %(tier)s", name=customer.name, no=customer.customer_no, tier=tier)


def _contacts(session: Session, customer: Customer | None, typed: Typed) -> tuple[Option, ...]:
    if customer is None:
        return ()
    served = [contact for contact in contacts_of(session, customer.customer_no) if contact.left_on is None]
    rest = (
        Option(
            value=str(contact.id),
            text=f"{mask_name(contact.name)} · {word(contact.kind)}",
            selected=str(contact.id) == typed.get("contact_id"),
        )
        for contact in served
    )
    return (Option(value="", text=_("不是重点服务对象")), *rest)


def _options(kind: type[IntakeChannel] | type[ComplaintGrade], chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value=item.value, text=word(item), selected=item.value == chosen) for item in kind)


def _due(desk: Desk, typed: Typed, customer: Customer | None) -> tuple[tuple[DueLine, ...], str]:
    """When first reply and closing would be due, by the tier of the customer; by none as article 17 has it."""
    try:
        at = typed.received_at() or desk.now
    except DomainError:
        return (), _("受理时间格式不对。")
    today = local_date(at)
    tier = tier_of(desk.session, customer.customer_no, today) if customer else Tier.REGULAR
    rules = rulebook_in_force(desk.session, local_date(desk.now)).rulebook
    clocks = [started(promise, at, desk.calendar) for promise in promised_answers(rules, typed.sheet, tier)]
    note = "" if customer else _("尚未选定客户，先按普通客户计算。")
    if customer is None and typed.get("customer") and not matching(desk.session, desk, typed):
        note = _("没有找到这家客户。") + note
    return tuple(_due_line(desk, clock, typed.sheet) for clock in clocks), note


def _due_line(desk: Desk, clock: ServiceClock, sheet: ComplaintSheet) -> DueLine:
    name = _("结案") if clock.name == "close" else _("答复") if sheet is ComplaintSheet.INQUIRY else _("首次答复")
    limit = limit_text(clock.limit.unit, clock.limit.value) if clock.limit else ""
    due = instant(clock.deadline.due_at, desk.now)
    shorter = clock.regular is not None and clock.regular != clock.limit
    regular = limit_text(clock.regular.unit, clock.regular.value) if clock.regular and shorter else ""
    return DueLine(
        name=name,
        text=_("限 %(limit)s，%(due)s 到期", limit=limit, due=due),
        hint=_("%(code)s · 常规 %(regular)s", code=clock.code, regular=regular) if regular else clock.code,
        provisional=clock.deadline.provisional,
    )
