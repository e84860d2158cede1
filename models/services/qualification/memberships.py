"""The membership 会员期 an approval grants: term, manager, club, certificate, and the customer's letter."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.identifiers import membership_id
from models.messages.approval import ApprovalState
from models.messages.letters import Letter
from models.messages.qualification import MembershipGrant
from models.rules.calendar import local_date
from models.services import audit
from models.services.care.club import may_join
from models.services.notifications import notify
from models.services.rulebooks import rulebook_of
from models.stores.cases import CaseStore
from models.stores.customers import contacts_of, names_of
from models.stores.messages import NotificationStore
from models.stores.people import PeopleStore
from models.tables.book import Contact
from models.tables.cases import Case, Membership
from models.tables.columns import derived_id
from models.tables.messages import Notification
from models.types import SYSTEM_SCHEDULE, Door, MembershipStage, Tier

_TIER_NAMES = {Tier.GOLD: "金牌VIP客户", Tier.SILVER: "银牌VIP客户"}
_LEFT_TO_MANAGER = {"refused": "membership_by_hand", "unconfirmed": "membership_unconfirmed"}


def grant(session: Session, case: Case, state: ApprovalState, seat_no: int, at: datetime) -> None:
    """Insert the membership of an approved case: 1 March to the end of February, managed by the declarant."""
    first, last = rulebook_of(session, case.rulebook_version_id).rulebook.procedure.term(case.year)
    CaseStore(session).add(
        Membership(
            id=derived_id(case.id, "membership"),  # the membership's workflow knows it by this id
            case_id=case.id,
            workflow_id=membership_id(case.customer),
            customer_no=case.customer,
            institution_code=case.institution_code,
            year=case.year,
            tier=state.tier,
            seat_kind=state.seat_kind,
            certificate_no=f"{first.year}-{state.tier.value}-{state.seat_kind.value}-{seat_no:03d}-{case.customer}",
            manager_id=state.declared_by,
            club_contact_id=_club_contact(session, case.customer) if state.tier is Tier.GOLD else None,
            valid_from=first,
            valid_to=last,
            stage=MembershipStage.PENDING if local_date(at) < first else MembershipStage.SERVING,
            created_at=at,
        )
    )


def _club_contact(session: Session, customer_no: str) -> UUID | None:
    # Article 16: the chairman or general manager of a gold customer joins the club automatically.
    return next((contact.id for contact in contacts_of(session, customer_no) if may_join(contact)), None)


def grant_of(session: Session, case_id: UUID) -> MembershipGrant:
    """The grant of an approved case, for its membership workflow. Raises NOT_FOUND before it is recorded."""
    row = CaseStore(session).membership_of(case_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return MembershipGrant(
        case_id=case_id,
        customer_no=row.customer_no,
        year=row.year,
        tier=row.tier,
        seat_kind=row.seat_kind,
        manager_id=row.manager_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        membership_id=row.id,
    )


def prepare_letter(session: Session, message: MembershipGrant) -> Letter | None:
    """The customer's letter, stored before it goes out; None when it went out already.

    One that was emptied meanwhile, for it was to a person who was erased, is written anew.
    """
    store, key = NotificationStore(session), f"membership-{message.case_id}"
    stored = store.by_key(key)
    if stored is not None and (stored.sent_at or stored.content):
        return None if stored.sent_at else Letter.model_validate_json(stored.content)
    letter = _letter(session, key, message)
    row = stored or Notification(
        dedupe_key=key,
        customer_no=message.customer_no,
        template="membership_granted",
        content="",
        created_at=datetime.now(UTC),
    )
    row.content = letter.model_dump_json()
    store.add(row)
    return letter


def _letter(session: Session, key: str, message: MembershipGrant) -> Letter:
    number, manager = message.customer_no, PeopleStore(session).account(message.manager_id)
    tier, name = _TIER_NAMES[message.tier], names_of(session, [number]).get(number, number)
    manager_name = manager.name if manager else ""
    return Letter(
        key=key,
        to=_addresses(contacts_of(session, number)),
        subject=f"{name}：{tier}资格通知",
        body=(
            f"{name}：\n\n贵单位已获评{tier}，"
            f"有效期 {message.valid_from.isoformat()} 至 {message.valid_to.isoformat()}。\n"
            f"专属客户经理：{manager_name}。\n\n绿道 Greenlane\n"
        ),
    )


def _addresses(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """Of those who consented and are still with the unit."""
    return tuple(item.email for item in contacts if item.email and item.consent and item.left_on is None)


def mark_announced(session: Session, message: MembershipGrant, letter: Letter, outcome: str) -> None:
    """Record what became of the letter, once; of one that was refused, or broken off, its manager hears.

    `outcome` is sent, refused (for good, or there is nobody to send it to) or unconfirmed (it may have arrived).
    """
    now = datetime.now(UTC)
    letters, cases = NotificationStore(session), CaseStore(session)
    stored, row = letters.by_key(letter.key), cases.membership_of(message.case_id)
    if stored is None or stored.sent_at is not None or row is None:
        return
    stored.sent_at = now
    letters.add(stored)
    told = outcome == "sent"
    if told:
        row.notified_at = now
        cases.add(row)
    else:
        _left_to_manager(session, message, _LEFT_TO_MANAGER[outcome], now)
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="notify_customer" if told else "customer_not_notified",
        object_kind="case",
        object_id=str(message.case_id),
        door=Door.SYSTEM,
        after={"manager_id": str(message.manager_id), "letters": len(letter.to), "outcome": outcome},
    )


def _left_to_manager(session: Session, message: MembershipGrant, template: str, at: datetime) -> None:
    names = names_of(session, [message.customer_no])
    notify(
        session,
        to=[message.manager_id],
        template=template,
        key=f"{template}:{message.case_id}",
        at=at,
        case_id=message.case_id,
        context={"customer_no": message.customer_no, "customer_name": names.get(message.customer_no, "")},
    )
