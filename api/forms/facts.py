"""What stands in the fields of 附件三, 附件四 and 附件五: the words of one record, by the rulebook's field keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from api.forms.sheet import Filling, named
from api.pages.format import clock_time, local, long_day, mask_name, mask_phone, mask_text, money
from api.pages.i18n import _
from api.pages.limits import limit_text
from api.pages.words import word
from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.rules.calendar import local_date
from models.service_types import ComplaintSheet
from models.stores.care import TouchpointStore
from models.stores.customers import names_of
from models.stores.memberships import current_memberships
from models.stores.services import ServiceStore
from models.tables.book import Contact
from models.tables.care import Touchpoint
from models.tables.service import ComplaintRecord, GreenChannelRecord
from models.types import CUSTOMER_LINK


@dataclass(frozen=True, slots=True)
class Record:
    """A record to print: which form and sheet it is, its number, the values of the fields, its repeated blocks."""

    form: str
    sheet: str
    record_no: str
    values: Mapping[str, str]
    blocks: Mapping[str, Filling] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads: the moment, and whether personal data is shown in clear (`full`)."""

    session: Session
    now: datetime
    rulebook: Rulebook
    full: bool

    def name(self, name: str) -> str:
        """A customer's person."""
        return name if self.full or not name else mask_name(name)

    def text(self, text: str) -> str:
        """What people said or wrote of a customer's affairs."""
        return text if self.full or not text else mask_text(text)


def green_channel_record(reading: Reading, case_id: UUID) -> Record:
    """附件三. Raises NOT_FOUND."""
    row = ServiceStore(reading.session).green_channel(case_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    values = {
        **vip_facts(reading, row.customer_no, row.received_at),
        "record_no": row.record_no,
        "service": word(row.service),
        "reference_no": row.reference_no,
        "undisputed_amount": _yuan(row.undisputed_amount),
        "advance_amount": _yuan(row.advance_amount),
        "contact": reading.name(row.contact_name),
        "received_at": _moment(row.received_at),
        "limit": limit_text(row.limit_unit, row.limit_value),
        "due_at": _moment(row.due_at),
        "finished_at": _moment(row.finished_at),
        "on_time": _yes_no(row.in_time),
        "late_reason": row.late_reason or "",
        "handler": row.handler_name or "",
        "customer_confirmation": _confirmation(reading, row),
    }
    return Record("附件三", "record", row.record_no, values)


def care_record(reading: Reading, touchpoint_id: UUID) -> Record:
    """附件四. Raises NOT_FOUND."""
    row = TouchpointStore(reading.session).get(touchpoint_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    contact = reading.session.get(Contact, row.contact_id) if row.contact_id else None
    values = {
        **vip_facts(reading, row.customer_no, row.created_at),
        "record_no": row.record_no or "",
        "person_kind": f"{word(contact.kind)} {reading.name(contact.name)}" if contact else "",
        "kind": _item(reading.rulebook, row),
        "planned_on": long_day(row.planned_on),
        "done_on": _day(row.done_on),
        "executor": row.done_by_name or "",
        "content": reading.text(row.content),
        "gift": row.gift_name,
        "gift_value": _yuan(row.gift_value),
        "cost": _yuan(row.cost),
        "feedback": reading.text(row.feedback),
        "follow_up": reading.text(row.follow_up),
    }
    return Record("附件四", "record", row.record_no or "", values)


def complaint_record(reading: Reading, case_id: UUID) -> Record:
    """附件五, one of its two sheets. Raises NOT_FOUND."""
    row = ServiceStore(reading.session).complaint(case_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    sheet = _inquiry if row.sheet is ComplaintSheet.INQUIRY else _complaint
    values = {
        **vip_facts(reading, row.customer_no, row.received_at),
        "record_no": row.record_no,
        "received_at": _moment(row.received_at),
        **sheet(reading, row),
    }
    return Record("附件五", f"{row.sheet.value}_record", row.record_no, values)


def _inquiry(reading: Reading, row: ComplaintRecord) -> dict[str, str]:
    return {
        "caller": reading.name(row.complainant),
        "phone": row.phone if reading.full or not row.phone else mask_phone(row.phone),
        "subject": reading.text("\n".join(filter(None, (row.subject, row.matter)))),
        "answer": reading.text(row.first_reply),
        "answered_at": _moment(row.first_reply_at),
        "answered_by": row.handler_name or "",
    }


def _complaint(reading: Reading, row: ComplaintRecord) -> dict[str, str]:
    view = word(row.customer_view) if row.customer_view else ""
    return {
        "channel": word(row.channel),
        "complainant": reading.name(row.complainant),
        "matter": reading.text("\n".join(filter(None, (row.subject, row.matter)))),
        "grade": word(row.grade),
        "first_reply_at": _moment(row.first_reply_at),
        "investigation": reading.text(row.investigation),
        "justified": _yes_no(row.justified),
        "handling": reading.text(row.handling),
        "closed_at": _moment(row.closed_at),
        "days": _days(row.received_at, row.closed_at),
        "customer_view": "\n".join(filter(None, (view, reading.text(row.view_text)))),
        "handler": row.handler_name or "",
        "leader_opinion": reading.text(row.leader_opinion),
    }


def vip_facts(reading: Reading, customer_no: str, at: datetime) -> dict[str, str]:
    """The VIP as it was on that day: its certificate, else its customer number."""
    member = current_memberships(reading.session, [customer_no], local_date(at)).get(customer_no)
    return {
        "vip_no": member.certificate_no if member else customer_no,
        "customer_name": names_of(reading.session, [customer_no]).get(customer_no, customer_no),
        "tier": word(member.tier) if member else _("普通"),
    }


def _confirmation(reading: Reading, row: GreenChannelRecord) -> str:
    if row.confirmed_at is None:
        return ""
    who = _("客户本人") if row.confirmed_by == CUSTOMER_LINK else row.confirmed_by or ""
    view = _("满意") if row.satisfied else _("不满意")
    return " ".join(filter(None, (view, who, _moment(row.confirmed_at), reading.text(row.confirmation))))


def _item(rulebook: Rulebook, row: Touchpoint) -> str:
    services = rulebook.services
    names: dict[str, str] = {entry.identifier: named(entry) for entry in services.items}
    names |= {entry.identifier: named(entry) for entry in services.regular}
    name = names.get(row.item, row.item)
    return f"{row.code} {name} {row.title}".strip()


def _moment(at: datetime | None) -> str:
    return f"{long_day(local(at).date())} {clock_time(at)}" if at else ""


def _day(on: date | None) -> str:
    return long_day(on) if on else ""


def _yuan(value: Decimal | None) -> str:
    return money(value) if value is not None else ""


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _("是") if value else _("否")


def _days(start: datetime, end: datetime | None) -> str:
    return str((local_date(end) - local_date(start)).days) if end else ""
