"""Whom a campaign asks, and its messages: claimed in the records, handed over, then settled; each at most once.

A claim is written before anything leaves. One that is found without its `sent_at` was broken off: whether the message
arrived nobody knows, so it is not sent again; its link can still be handed over as a code, and the reminder goes out.

Which language a contact reads is not on record: each letter says everything in Chinese and then in English.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from models.messages.letters import Letter
from models.messages.survey import SurveyOrder
from models.rules.calendar import CHINA, local_date
from models.service_types import SurveyChannel, SurveyStage
from models.services.care.hush import Hushes
from models.services.care.letters import rendered
from models.services.survey.links import address_of, hash_of
from models.stores.care import CareStore
from models.stores.customers import names_of
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING, NOTHING, Scope
from models.stores.survey import InvitationStore, SurveyStore
from models.tables.book import Contact, Customer
from models.tables.cases import Membership
from models.tables.columns import new_id
from models.tables.survey import SurveyCampaign, SurveyInvitation
from models.types import Tier

AT_ONCE = 20
"""Customers of one chunk: what a worker killed among their letters leaves unconfirmed."""
Outcome = Literal["sent", "refused", "unconfirmed", "again"]


@dataclass(frozen=True, slots=True)
class Ready:
    """One claimed letter."""

    invitation_id: UUID
    letter: Letter


@dataclass(frozen=True, slots=True)
class Claims:
    """What one chunk may hand over now, how many it asks in all, and where the next one begins."""

    ready: tuple[Ready, ...]
    invited: int
    after: str | None


def claim(session: Session, order: SurveyOrder, base_url: str) -> Claims:
    """Make the invitations of the next customers, or claim letters to them; none once the campaign is closed."""
    campaign = SurveyStore(session).locked(order.campaign_id)
    if campaign is None or campaign.stage is not SurveyStage.OPEN:
        return Claims((), 0, None)
    if order.round == "ask":
        return _asked(session, campaign, order)
    rows, after = _waiting(session, campaign, order)
    return Claims(tuple(_claimed(session, campaign, rows, order, base_url)), 0, after)


def _asked(session: Session, campaign: SurveyCampaign, order: SurveyOrder) -> Claims:
    """The invitations of the next members, made where there are none."""
    store, today = InvitationStore(session), local_date(order.at)
    own = InstitutionStore(session).get(campaign.institution_code, EVERYTHING)
    members = store.members(
        Scope((own.path,)) if own else NOTHING,
        [Tier(tier) for tier in campaign.tiers],
        today,
        after=order.after or "",
        limit=AT_ONCE,
    )
    by_customer = {member.customer_no: member for member in reversed(members)}  # gold before silver
    served = store.served([member.id for member in by_customer.values()])
    standing = store.keys(campaign.id, by_customer)
    made = [
        row
        for member in by_customer.values()
        for row in _rows(session, campaign, member, served.get(member.id, []), order)
        if (row.customer_no, row.key) not in standing
    ]
    SurveyStore(session).add(*made)
    return Claims((), len(made), members[-1].customer_no if len(members) == AT_ONCE else None)


def _rows(
    session: Session, campaign: SurveyCampaign, member: Membership, people: list[Contact], order: SurveyOrder
) -> list[SurveyInvitation]:
    """One for each person served; the customer as a whole where nobody is."""
    customer = session.get(Customer, member.customer_no)
    place = customer.institution_code if customer else member.institution_code
    found = []
    everybody: list[Contact | None] = [*people] or [None]
    for person in everybody:
        number = new_id()
        by_mail = person is not None and person.consent and bool(person.email)
        found.append(
            SurveyInvitation(
                id=number,
                campaign_id=campaign.id,
                customer_no=member.customer_no,
                institution_code=place,
                tier=member.tier,
                certificate_no=member.certificate_no,
                key=str(person.id) if person else member.customer_no,
                contact_id=person.id if person else None,
                respondent=person.kind if person else None,
                channel=SurveyChannel.MAIL if by_mail else SurveyChannel.QR,
                token_hash=hash_of(number),
                invited_on=local_date(order.at),
            )
        )
    return found


def _waiting(
    session: Session, campaign: SurveyCampaign, order: SurveyOrder
) -> tuple[list[SurveyInvitation], str | None]:
    rows = InvitationStore(session).waiting(campaign.id, after=order.after or "", customers=AT_ONCE)
    full = len({row.customer_no for row in rows}) == AT_ONCE
    if order.round == "remind" and not full and campaign.reminded_at is None:
        campaign.reminded_at = order.at
        SurveyStore(session).add(campaign)
    return rows, rows[-1].customer_no if full else None


def _claimed(
    session: Session, campaign: SurveyCampaign, rows: Sequence[SurveyInvitation], order: SurveyOrder, base_url: str
) -> list[Ready]:
    """Those by mail that were not claimed before, whose person still agrees and has no open complaint."""
    waiting = [row for row in rows if row.channel is SurveyChannel.MAIL and not _was_claimed(row, order)]
    numbers = {row.customer_no for row in waiting}
    people = CareStore(session).contacts([row.contact_id for row in waiting if row.contact_id])
    hushes, names = Hushes(session, numbers), names_of(session, numbers)
    ready = []
    for row in waiting:
        person = people.get(row.contact_id) if row.contact_id else None
        if person is None or not _may_be_asked(person) or hushes.by(row.customer_no, person.id):
            continue
        _mark_claimed(row, order)
        facts: dict[str, object] = {
            "name": person.name,
            "customer": names.get(row.customer_no, ""),
            "title": campaign.title,
        }
        facts |= {"link": address_of(base_url, row.id), **_closing(campaign)}
        ready.append(Ready(row.id, _letter(row, person, order, facts)))
    SurveyStore(session).add(*waiting)
    return ready


def _may_be_asked(person: Contact) -> bool:
    return person.consent and bool(person.email) and person.left_on is None


def _letter(row: SurveyInvitation, person: Contact, order: SurveyOrder, facts: dict[str, object]) -> Letter:
    subject, _, body = rendered(f"survey_{order.round}", facts).partition("\n")
    return Letter(
        key=f"survey-{order.round}-{row.id}",
        to=(person.email or "",),
        subject=subject.strip(),
        body=body.strip() + "\n",
    )


def _closing(campaign: SurveyCampaign) -> dict[str, object]:
    """Until when it may be answered, on Shanghai's clock, in both languages of the letter."""
    if campaign.closes_at is None:
        return {}
    local = campaign.closes_at.astimezone(CHINA)
    return {
        "closes_on": f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}",
        "closes_at": f"{local.day} {local:%b %Y %H:%M}",
    }


def settle(session: Session, outcomes: Sequence[tuple[Ready, Outcome]], order: SurveyOrder) -> dict[str, int]:
    """What became of claimed letters. One that did not leave may be claimed again; a bad address becomes a code."""
    rows = InvitationStore(session).by_ids([ready.invitation_id for ready, _ in outcomes])
    for ready, outcome in outcomes:
        row = rows[ready.invitation_id]
        if outcome == "sent":
            _mark_sent(row, order)
        elif outcome == "again":
            _mark_claimed(row, order, release=True)
        elif outcome == "refused":
            row.channel = SurveyChannel.QR
            _mark_claimed(row, order, release=True)
    SurveyStore(session).add(*rows.values())
    return {name: sum(1 for _, outcome in outcomes if outcome == name) for name in ("sent", "refused", "unconfirmed")}


def _was_claimed(row: SurveyInvitation, order: SurveyOrder) -> bool:
    claimed = row.claimed_at if order.round == "invite" else row.reminder_claimed_at
    return claimed is not None


def _mark_claimed(row: SurveyInvitation, order: SurveyOrder, *, release: bool = False) -> None:
    at: datetime | None = None if release else order.at
    if order.round == "invite":
        row.claimed_at = at
    else:
        row.reminder_claimed_at = at


def _mark_sent(row: SurveyInvitation, order: SurveyOrder) -> None:
    if order.round == "invite":
        row.sent_at = order.at
    else:
        row.reminded_at = order.at
