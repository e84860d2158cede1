"""顶级客户俱乐部: the chairman or general manager of a gold customer belongs to it automatically (article 16)."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from models.rulebook import Rulebook
from models.services import audit
from models.stores.care import CareStore
from models.stores.customers import contacts_of
from models.tables.cases import Membership
from models.types import SYSTEM_SCHEDULE, ContactKind, Door

CLUB_TITLES = ("董事长", "总经理")


class Candidate(Protocol):
    """What the rule asks of a contact."""

    @property
    def id(self) -> UUID:
        """Who it is."""

    @property
    def kind(self) -> ContactKind:
        """领导 or 经办."""

    @property
    def title(self) -> str:
        """职务."""

    @property
    def left_on(self) -> date | None:
        """Since when it is no longer with the unit."""


def may_join(contact: Candidate) -> bool:
    """Whether this is a chairman or general manager who is still with the unit."""
    return contact.kind is ContactKind.LEADER and contact.left_on is None and contact.title.startswith(CLUB_TITLES)


def keep_club(session: Session, row: Membership, rulebook: Rulebook, at: datetime) -> UUID | None:
    """Put the club membership right after a change of tier or contacts; audited where it changed.

    Whoever belongs to it stays as long as the rule holds; else a key contact comes first, then the order of the book.
    """
    wanted = _member(session, row) if entitled(row, rulebook) else None
    if wanted == row.club_contact_id:
        return wanted
    before, row.club_contact_id = row.club_contact_id, wanted
    CareStore(session).touch([row])
    audit.append(
        session,
        actor=SYSTEM_SCHEDULE,
        action="membership.club_changed",
        object_kind="membership",
        object_id=str(row.id),
        door=Door.SYSTEM,
        before={"contact_id": str(before) if before else None},
        after={"contact_id": str(wanted) if wanted else None},
        at=at,
    )
    return wanted


def entitled(row: Membership, rulebook: Rulebook) -> bool:
    """Whether the tier brings the club with it."""
    return any(row.tier in persons.club_tiers for persons in rulebook.services.key_persons)


def _member(session: Session, row: Membership) -> UUID | None:
    chosen = {served.contact_id for served in CareStore(session).key_contacts(row.id)}
    return club_member(row, contacts_of(session, row.customer_no), chosen)


def club_member(row: Membership, contacts: Iterable[Candidate], chosen: Collection[UUID]) -> UUID | None:
    """Who belongs to the club of these contacts, given in the order of the book."""
    able = [contact.id for contact in contacts if may_join(contact)]
    if row.club_contact_id in able:
        return row.club_contact_id
    return next((contact for contact in sorted(able, key=lambda contact: contact not in chosen)), None)
