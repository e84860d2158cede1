"""登记受理 附件三: find the customer, say what it asks for, see at once when it is due."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import ValidationError
from sqlmodel import Session

from api.green_channel_acts import crosses
from api.green_channel_due import Asked, due_of, serving_institution
from api.pages.customers_view import tier_tag
from api.pages.desk import Desk
from api.pages.form_errors import error_summary
from api.pages.format import SHANGHAI, instant, local, mask_name
from api.pages.green_channel_words import (
    BASE,
    article_of,
    limits_text,
    regular_article,
)
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.view.common import Article, ErrorSummary, Link, Option, Strip, StripTone
from api.pages.view.green_channel import DueLine, Found, IntakeForm, IntakePage
from api.pages.words import word
from api.problems import invalid_input, problem_of, sentence
from api.schemas.green_channel import TakeInBody
from api.security.policy import Action
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.service_types import GreenService, IntakeChannel
from models.services.retention.erasing import is_erased
from models.services.servicing.promises import tier_of
from models.stores.customers import contacts_of, customer_in_scope, policies_of
from models.stores.green_channel import GreenChannelStore, customers_anywhere
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.book import Customer
from models.tables.organisation import Institution
from models.types import Role

NEW = f"{BASE}/new"
PREVIEW = f"{NEW}/preview"
FOUND_AT_MOST = 20
_COUNTERS = frozenset({Role.BR_CTR})


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedIntake:
    """The form as typed; `received_at` is local time of Shanghai as the control gives it."""

    customer_no: str = ""
    service: str = ""
    reference_no: str = ""
    received_at: str = ""
    contact_id: str = ""
    contact_name: str = ""
    policy_no: str = ""
    channel: str = ""
    undisputed_amount: str = ""
    advance_amount: str = ""
    remark: str = ""
    key: str = ""

    def body(self, now: datetime) -> TakeInBody:
        """The same body as over JSON. Raises INVALID_INPUT at the controls."""
        try:
            return TakeInBody.model_validate(
                {
                    "customer_no": self.customer_no,
                    "service": self.service,
                    "reference_no": self.reference_no,
                    "received_at": self.instant(now),
                    "contact_id": self.contact_id or None,
                    "contact_name": self.contact_name,
                    "policy_no": self.policy_no or None,
                    "channel": self.channel or IntakeChannel.COUNTER.value,
                    "undisputed_amount": self.undisputed_amount or None,
                    "advance_amount": self.advance_amount or None,
                    "remark": self.remark,
                }
            )
        except ValidationError as error:
            raise invalid_input([{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors()]) from error

    def instant(self, now: datetime) -> datetime:
        """When it was received; now while nothing was typed. Raises INVALID_INPUT for what is no time."""
        if not self.received_at:
            return now
        try:
            return datetime.fromisoformat(self.received_at).replace(tzinfo=SHANGHAI).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            errors = [{"field": "received_at", "reason": "datetime_parsing"}]
            raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=errors) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIntake:
    """How the page is shown: what was searched, typed, and refused."""

    q: str = ""
    typed: TypedIntake = field(default_factory=TypedIntake)
    error: DomainError | None = None


def intake_page(desk: Desk, shown: ShownIntake) -> IntakePage:
    """The search, and the form once a customer was chosen. Raises NOT_FOUND for a customer that is not known."""
    form = _form(desk, shown) if shown.typed.customer_no else None
    standing = _standing(desk, shown.typed, shown.error) if form else None
    errors = _errors(shown.error)
    refused = () if errors or standing or shown.error is None else (_refused(shown.error),)
    return IntakePage(
        shell=desk.shell("green-channel"),
        title=_("登记受理"),
        phone_title=_("登记受理"),
        back_href=BASE,
        action=NEW,
        due_href=PREVIEW,
        q=shown.q,
        searched=bool(shown.q) and form is None,
        found=tuple(_found(desk, shown.q)) if shown.q and form is None else (),
        form=form,
        change_href=NEW,
        strips=(*((standing,) if standing else ()), *refused),
        errors=errors,
    )


def _found(desk: Desk, q: str) -> list[Found]:
    places = _places(desk.session)
    mine, today = serving_institution(desk.caller), local_date(desk.now)
    return [
        Found(
            href=href(NEW, {"customer_no": row.customer_no}),
            name=row.name,
            customer_no=row.customer_no,
            tier=tier_tag(tier_of(desk.session, row.customer_no, today)),
            cross_region=crosses(places, mine, row.institution_code),
        )
        for row in customers_anywhere(desk.session, q.strip(), FOUND_AT_MOST)
    ]


def _places(session: Session) -> dict[str, Institution]:
    return {place.code: place for place in InstitutionStore(session).all(EVERYTHING)}


def _form(desk: Desk, shown: ShownIntake) -> IntakeForm:
    typed, session = shown.typed, desk.session
    customer = session.get(Customer, typed.customer_no)
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    scope = desk.caller.scope(Action.READ_CUSTOMERS)
    own = customer_in_scope(session, customer.customer_no, scope) is not None
    crossing = crosses(_places(session), serving_institution(desk.caller), customer.institution_code)
    return IntakeForm(
        customer_no=customer.customer_no,
        customer_name=customer.name,
        tier=tier_tag(tier_of(session, customer.customer_no, local_date(desk.now))),
        cross_region=_("跨地域客户：就近受理，按同一时限。") if crossing else "",
        services=_options(GreenService, typed.service, blank=_("请选择")),
        channels=_options(IntakeChannel, typed.channel or _usual_channel(desk).value),
        contacts=_contacts(session, customer.customer_no, typed.contact_id) if own else (),
        policies=_policies(session, customer.customer_no) if own else (),
        reference_no=typed.reference_no,
        policy_no=typed.policy_no,
        received_at=typed.received_at or f"{local(desk.now):%Y-%m-%dT%H:%M}",
        contact_name=typed.contact_name,
        undisputed_amount=typed.undisputed_amount,
        advance_amount=typed.advance_amount,
        remark=typed.remark,
        idempotency_key=uuid4().hex,
        due=due_line(desk, typed),
    )


def _usual_channel(desk: Desk) -> IntakeChannel:
    """A counter takes in at the counter; everybody else mostly by telephone."""
    return IntakeChannel.COUNTER if _COUNTERS & set(desk.caller.roles) else IntakeChannel.PHONE


def _options(kind: type[GreenService] | type[IntakeChannel], selected: str, *, blank: str = "") -> tuple[Option, ...]:
    first = (Option(value="", text=blank),) if blank else ()
    return (*first, *(Option(value=m.value, text=word(m), selected=m.value == selected) for m in kind))


def _contacts(session: Session, customer_no: str, selected: str) -> tuple[Option, ...]:
    rows = [row for row in contacts_of(session, customer_no) if not is_erased(row)]
    people = (
        Option(
            value=str(row.id),
            text=" · ".join(part for part in (mask_name(row.name), row.title or "", word(row.kind)) if part),
            selected=str(row.id) == selected,
        )
        for row in rows
    )
    return (Option(value="", text=_("其他人，见下")), *people)


def _policies(session: Session, customer_no: str) -> tuple[Option, ...]:
    return tuple(
        Option(value=row.policy_no, text=_("%(day)s 满期", day=row.expires_on.isoformat()))
        for row in policies_of(session, customer_no)
    )


def due_line(desk: Desk, typed: TypedIntake) -> DueLine | None:
    """限 2 个工作日 · 常规 3 个工作日，2月9日 17:30 到期, or why there is none; None before a service is chosen."""
    service = next((member for member in GreenService if member.value == typed.service), None)
    if service is None:
        return None
    try:
        asked = Asked(
            typed.customer_no,
            service,
            typed.instant(desk.now),
            serving_institution(desk.caller),
            typed.policy_no.strip() or None,
        )
        promise = due_of(desk.session, asked, desk.now)
    except DomainError as error:
        return DueLine(text=_why_not(error), level="none")
    due_at, late = promise.clock.deadline.due_at, promise.clock.deadline.due_at < desk.now
    due = instant(due_at, desk.now)
    values = {"limit": limits_text(promise.clock), "due": due}
    text = _("%(limit)s，%(due)s 已过期", **values) if late else _("%(limit)s，%(due)s 到期", **values)
    if promise.clock.deadline.provisional:
        text = _("%(text)s（暂定）", text=text)
    return DueLine(text=text, articles=_articles(service, promise.clock.code), level="late" if late else "calm")


def _articles(service: GreenService, code: str) -> tuple[Article, ...]:
    regular = regular_article(service)
    own = article_of(code)
    if regular is None or own == regular:
        return (own,)
    return (own, regular)


def _why_not(error: DomainError) -> str:
    if error.code is ErrorCode.INVALID_INPUT:
        return _("选择保单后显示期限。")
    return problem_of(error).detail


def _standing(desk: Desk, typed: TypedIntake, error: DomainError | None) -> Strip | None:
    """同一业务号已有在办: the way to that request, also while it is still being typed."""
    service = next((member for member in GreenService if member.value == typed.service), None)
    reference = typed.reference_no.strip()
    duplicate = error is not None and error.code is ErrorCode.DUPLICATE_CASE
    if service is None or not reference:
        return None
    store = GreenChannelStore(desk.session)
    row = store.standing(service, reference)
    if row is None:
        return None
    seen = store.visible(row.record.case_id, desk.caller.scope(Action.READ_SERVICES)) is not None
    link = Link(text=_("打开 %(number)s", number=row.record.record_no), href=f"{BASE}/{row.record.case_id}")
    return Strip(
        text=_("%(service)s %(reference)s 已有在办事项，不能重复登记。", service=word(service), reference=reference),
        tone=StripTone.WARN,
        icon="alert",
        links=(link,) if seen else (),
        focus=duplicate,
    )


def _errors(error: DomainError | None) -> ErrorSummary | None:
    if error is None or error.code is not ErrorCode.INVALID_INPUT:
        return None
    return error_summary(error)


def _refused(error: DomainError) -> Strip:
    text = sentence(error.code, error.context)
    return Strip(text=text, tone=StripTone.WARN, icon="alert", focus=True)
