"""An extra touchpoint 临时新增 by hand: for whom, what, until when, and why; done by whoever the catalogue names."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.service_types import TouchpointOrigin
from models.services.care.consent import may_be_greeted
from models.services.care.doing import Moment, check_day
from models.services.care.entries import CareEntry, extra_entries
from models.services.care.hush import hushing_complaint
from models.services.desk.acting import invalid
from models.services.servicing.promises import tier_of
from models.services.spend.guard import refuse_over_limit
from models.stores.care_calendar import CareCalendarStore
from models.stores.memberships import running_memberships
from models.stores.people import PeopleStore
from models.tables.book import Contact, Customer
from models.tables.care import Touchpoint
from models.tables.cases import Membership
from models.tables.columns import new_id
from models.types import Role, Stage

NOT_PROMISED = "该层级客户没有这项服务"
NOT_PROMISED_EN = "this tier is not promised the item"


@dataclass(frozen=True)
class Extra:
    """What is asked for. `known_on`: when one heard of an important event; `due_on` None: as late as its promise."""

    key: str
    code: str
    reason: str
    by_id: UUID
    rulebook_version_id: UUID
    due_on: date | None = None
    known_on: date | None = None
    contact_id: UUID | None = None
    title: str = ""


def add_extra(now: Moment, customer: Customer, asked: Extra) -> Touchpoint:
    """The touchpoint, or the one that this very request made before.

    Raises REASON_REQUIRED, NOT_ELIGIBLE for an item that the tier is not promised, CONSENT_MISSING for a greeting to
    somebody who did not agree, SPEND_LIMIT_EXCEEDED for what takes the year above what it may cost, INVALID_INPUT for
    an unknown item, person or day.
    """
    store = CareCalendarStore(now.session)
    standing = store.by_key(customer.customer_no, asked.key)
    if standing is not None:
        return standing
    if not asked.reason.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)
    entry = _entry(now, customer, asked)
    contact = _contact(now, customer, entry, asked)
    row = _row(now, customer, entry, asked, _due(now, entry, asked))
    refuse_over_limit(now.session, row)
    if entry.greeting and contact is not None:
        row.hushed_by = hushing_complaint(now.session, customer.customer_no, contact.id)
        row.stage = Stage.HUSHED if row.hushed_by else Stage.PLANNED
    store.add(row)
    return row


def latest_due(now: Moment, entry: CareEntry, known_on: date | None) -> date | None:
    """The last day of the promise for what was heard of on a day; None for what has no limit of its own."""
    if entry.within is None:
        return None
    return cal.shift_working_days(now.calendar, known_on or local_date(now.at), entry.within)


def _entry(now: Moment, customer: Customer, asked: Extra) -> CareEntry:
    tier = tier_of(now.session, customer.customer_no, local_date(now.at))
    entry = next((one for one in extra_entries(now.rulebook, tier) if one.code == asked.code), None)
    if entry is not None:
        return entry
    if any(item.code == asked.code for item in now.rulebook.services.items):
        raise DomainError(ErrorCode.NOT_ELIGIBLE, reason=NOT_PROMISED, reason_en=NOT_PROMISED_EN)
    raise invalid("code", "enum")


def _contact(now: Moment, customer: Customer, entry: CareEntry, asked: Extra) -> Contact | None:
    if asked.contact_id is None:
        if entry.persons:
            raise invalid("contact_id", "missing")
        return None
    contact = now.session.get(Contact, asked.contact_id)
    if contact is None or contact.customer_no != customer.customer_no:
        raise invalid("contact_id", "unknown_contact")
    if contact.left_on is not None and contact.left_on <= local_date(now.at):
        raise invalid("contact_id", "contact_left")
    if entry.persons and contact.kind not in entry.persons:
        raise invalid("contact_id", "unknown_contact")
    if entry.greeting and not may_be_greeted(now.session, now.rulebook, contact.id):
        raise DomainError(ErrorCode.CONSENT_MISSING)
    return contact


def _due(now: Moment, entry: CareEntry, asked: Extra) -> date:
    """Raises INVALID_INPUT for a day past, too far ahead, or later than the promise."""
    today = local_date(now.at)
    if asked.known_on is not None and asked.known_on > today:
        raise invalid("known_on", "future")
    latest = latest_due(now, entry, asked.known_on)
    if asked.due_on is None:
        if latest is None:
            raise invalid("due_on", "missing")
        return latest
    if latest is None or asked.due_on > today:
        check_day(asked.due_on, today, "due_on")
    due_on = entry.due(now.calendar, asked.due_on)
    if latest is not None and asked.due_on > latest:
        raise invalid("due_on", "later_than_promised")
    return due_on if latest is None else min(due_on, latest)


def _row(now: Moment, customer: Customer, entry: CareEntry, asked: Extra, due_on: date) -> Touchpoint:
    tier = tier_of(now.session, customer.customer_no, local_date(now.at))
    membership = _membership(now, customer)
    place, assignee = _who(now.session, customer, entry.role, membership, asked.by_id)
    return Touchpoint(
        id=new_id(),
        customer_no=customer.customer_no,
        membership_id=membership.id if membership else None,
        institution_code=place,
        key=asked.key,
        code=entry.code,
        item=entry.item,
        article=entry.article,
        origin=TouchpointOrigin.MANUAL,
        tier=tier,
        contact_id=asked.contact_id,
        title=asked.title.strip()[:200],
        planned_on=asked.due_on or due_on,
        due_on=due_on,
        lead_on=min(entry.lead(now.calendar, due_on), due_on),
        role=entry.role,
        assignee_id=assignee,
        human=True,
        stage=Stage.PLANNED,
        reason=asked.reason.strip()[:500],
        rulebook_version_id=asked.rulebook_version_id,
        created_at=now.at,
        updated_at=now.at,
    )


def _membership(now: Moment, customer: Customer) -> Membership | None:
    running = running_memberships(now.session, local_date(now.at), customer.customer_no)
    return running[0] if running else None


def _who(
    session: Session, customer: Customer, role: Role, membership: Membership | None, by_id: UUID
) -> tuple[str, UUID | None]:
    """Where it is done and by whom: the customer's own manager, else the asking person, else the queue of the post."""
    people = PeopleStore(session)
    places = [place.code for place in people.ancestry(customer.institution_code)]
    wanted = [membership.manager_id, by_id] if membership and role is Role.MGR else [by_id]
    for account_id in wanted:
        held = next((code for code in places if people.holds(account_id, role, code)), None)
        if held is not None:
            return held, account_id
    staffed = next((code for code in places if people.holder_ids(role, code)), None)
    return staffed or customer.institution_code, None
