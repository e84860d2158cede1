"""Builds the page of 重点服务对象: ticks by kind as article 16 counts them, and what the last change re-planned."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from api.pages.customers_view import customer_href
from api.pages.desk import Desk
from api.pages.erasing import erasing_href
from api.pages.form_errors import error_summary
from api.pages.format import long_day, mask_name
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.view.common import ErrorSummary, FieldError, Link, Strip, StripTone, Tag, TagTone
from api.pages.view.key_contacts import KeyContactGroup, KeyContactRow, KeyContactsPage, LeftForm
from api.pages.words import word
from api.security.policy import Action
from models.errors import DomainError
from models.rulebook.schema.services import KeyPersons
from models.rules.calendar import local_date
from models.services.care.pinned import pinned_book
from models.services.care.plan_view import ContactsView, contacts_view
from models.services.rulebooks import rulebook_in_force
from models.stores.care import CareStore
from models.stores.customers import names_of
from models.tables.book import Contact
from models.tables.care import CarePlan
from models.types import ContactKind

CHOOSE = "contacts"
_CAUSE = "contacts_changed"


@dataclass(frozen=True)
class Typed:
    """A form that was refused: which (`CHOOSE`, or the contact that left), what was typed, and the refusal."""

    form: str = ""
    chosen: Collection[str] = ()
    reason: str = ""
    left_on: str = ""
    error: DomainError | None = None

    def reason_of(self, form: str) -> str:
        """The reason typed into this form."""
        return self.reason if self.form == form else ""


@dataclass(frozen=True)
class Asked:
    """What the page is drawn for; `since` is how many re-plannings there were before the act that was done."""

    customer_no: str
    typed: Typed = field(default_factory=Typed)
    since: int | None = None


def contacts_href(customer_no: str) -> str:
    """The page of a customer's key contacts."""
    return f"{customer_href(customer_no)}/key-contacts"


def key_contacts_page(desk: Desk, asked: Asked) -> KeyContactsPage:
    """The page. Raises NOT_FOUND outside the institutions of whoever may change contacts."""
    scope, today = desk.caller.scope(Action.KEEP_CONTACTS), local_date(desk.now)
    view = contacts_view(desk.session, asked.customer_no, scope, today)
    plans, base = replans(desk, asked.customer_no), contacts_href(asked.customer_no)
    again = _again(asked, plans)
    return KeyContactsPage(
        shell=desk.shell("customers", refresh_href=again),
        title=_("调整重点服务对象"),
        phone_title=_("重点服务对象"),
        back_href=f"{customer_href(asked.customer_no)}#contacts",
        json_href=f"/api/v1{base}",
        customer=names_of(desk.session, {asked.customer_no})[asked.customer_no],
        customer_no=asked.customer_no,
        customer_href=customer_href(asked.customer_no),
        action=base,
        key=uuid4().hex,
        plans=len(plans),
        # The page asks for itself again until the year is planned: nothing may be typed into it meanwhile.
        groups=_groups(desk, view, asked.typed) if view.membership and again is None else (),
        reason=asked.typed.reason_of(CHOOSE),
        strips=_strips(asked, plans, again),
        errors=_errors(asked.typed),
        nothing="" if view.membership else _("不是 VIP 会员，不需要指定重点服务对象。"),
        erasing_href=erasing_href(asked.customer_no) if desk.caller.may(Action.ERASE_PERSONS) else "",
    )


def replans(desk: Desk, customer_no: str) -> list[CarePlan]:
    """Every re-planning that a change of contacts made, newest first."""
    return [plan for plan in CareStore(desk.session).plans_of(customer_no) if plan.cause == _CAUSE]


def _again(asked: Asked, plans: Sequence[CarePlan]) -> str | None:
    """Where to look again while the year is not planned anew yet; None where nothing is waited for."""
    if asked.since is None or len(plans) > asked.since:
        return None
    return href(contacts_href(asked.customer_no), {"since": str(asked.since)})


def _strips(asked: Asked, plans: Sequence[CarePlan], again: str | None) -> tuple[Strip, ...]:
    if asked.since is None:
        return ()
    link = Link(text=_("查看承诺与兑现"), href=f"{customer_href(asked.customer_no)}#promises")
    if again is not None:
        text = _("已保存，正在重排年度计划。")
        return (Strip(text=text, icon="clock", links=(link,), focus=True, poll_href=again),)
    counts = {name: len(plans[0].difference.get(name, ())) for name in ("kept", "added", "cancelled")}
    text = _("已保存并重排年度计划：保留 %(kept)s 项，新增 %(added)s 项，取消 %(cancelled)s 项。", **counts)
    return (Strip(text=text, tone=StripTone.OK, icon="check", links=(link,), focus=True),)


def _groups(desk: Desk, view: ContactsView, typed: Typed) -> tuple[KeyContactGroup, ...]:
    row, today = view.membership, local_date(desk.now)
    found = pinned_book(desk.session, row) if row else rulebook_in_force(desk.session, today)
    return tuple(_group(desk, view, typed, persons) for persons in found.rulebook.services.key_persons)


def _group(desk: Desk, view: ContactsView, typed: Typed, persons: KeyPersons) -> KeyContactGroup:
    return KeyContactGroup(
        id=f"{persons.kind.value}s",
        title=word(persons.kind),
        hint=_("选 %(least)s 至 %(most)s 位。", least=persons.least, most=persons.most),
        rows=tuple(_row(desk, view, typed, contact) for contact in view.contacts if contact.kind is persons.kind),
    )


def _row(desk: Desk, view: ContactsView, typed: Typed, contact: Contact) -> KeyContactRow:
    served = {str(one.contact_id) for one in view.served}
    chosen = set(typed.chosen) if typed.form == CHOOSE else served
    gone = contact.left_on
    return KeyContactRow(
        value=str(contact.id),
        name=mask_name(contact.name),
        title=contact.title,
        chosen=gone is None and str(contact.id) in chosen,
        tags=_tags(view, contact, served),
        left=_("%(day)s 离开", day=long_day(gone)) if gone else "",
        leaving=None if gone else _leaving(desk, typed, contact),
    )


def _tags(view: ContactsView, contact: Contact, served: Collection[str]) -> tuple[Tag, ...]:
    tags = []
    if str(contact.id) in served:
        tags.append(Tag(text=_("服务中"), tone=TagTone.OK))
    if view.membership is not None and view.membership.club_contact_id == contact.id:
        tags.append(Tag(text=_("顶级客户俱乐部"), tone=TagTone.GOLD))
    if not contact.consent:
        tags.append(Tag(text=_("未同意"), tone=TagTone.WARN, icon="alert"))
    return tuple(tags)


def _leaving(desk: Desk, typed: Typed, contact: Contact) -> LeftForm:
    today, mine = local_date(desk.now).isoformat(), typed.form == str(contact.id)
    return LeftForm(
        id=_prefix(contact.id),
        action=f"{customer_href(contact.customer_no)}/contacts/{contact.id}/left",
        key=uuid4().hex,
        left_on=typed.left_on if mine else today,
        last_day=today,
        reason=typed.reason_of(str(contact.id)),
        open=mine,
    )


def _prefix(contact_id: UUID | str) -> str:
    return f"left-{contact_id}"


def _errors(typed: Typed) -> ErrorSummary | None:
    """Each error at its control: of the choice, or of the row that it is about."""
    if typed.error is None:
        return None
    kinds = {"contact_ids": _("联系人"), "leaders": word(ContactKind.LEADER), "handlers": word(ContactKind.HANDLER)}
    summary = error_summary(typed.error, left_on=_("离开日"), **kinds)
    if typed.form == CHOOSE:
        return summary
    fields = tuple(
        FieldError(field_id=f"{_prefix(typed.form)}-{one.field_id}", text=one.text, label=one.label)
        for one in summary.errors
    )
    return ErrorSummary(title=summary.title, errors=fields)
