"""What people do to the key contacts 重点服务对象 of a member, in the record transaction of the act."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from models.messages.membership import ChangeContacts, ContactAct
from models.rules.calendar import local_date
from models.services import audit
from models.services.care import contacts
from models.services.care.club import keep_club
from models.services.care.pinned import pinned_book
from models.stores.care import CareStore
from models.tables.cases import Membership


def carry_out(session: Session, act: ContactAct, rows: Sequence[Membership], at: datetime) -> None:
    """Change who is served under every running membership of the customer, and whom the club holds.

    Raises INVALID_INPUT for a choice that article 16 does not allow, NOT_FOUND for another customer's contact.
    """
    before = _served(session, rows[0])
    if not isinstance(act, ChangeContacts):
        contacts.leave(session, act.customer_no, act.contact_id, act.left_on, local_date(at))
    for row in rows:
        rulebook = pinned_book(session, row).rulebook
        contacts.ensure_chosen(session, row, rulebook, at)
        if isinstance(act, ChangeContacts):
            contacts.change(session, row, rulebook, act.contact_ids, at)
        keep_club(session, row, rulebook, at)
    rows[0].act_update_id = act.update_id
    CareStore(session).touch(rows)
    _audit(session, act, rows[0], before, at)


def _served(session: Session, row: Membership) -> list[str]:
    return [str(served.contact_id) for served in CareStore(session).key_contacts(row.id)]


def _audit(session: Session, act: ContactAct, row: Membership, before: list[str], at: datetime) -> None:
    audit.append(
        session,
        actor=str(act.actor_id),
        action="membership.contacts_changed" if isinstance(act, ChangeContacts) else "membership.contact_left",
        object_kind="membership",
        object_id=str(row.id),
        door=act.door,
        before={"contact_ids": before},
        after={"contact_ids": _served(session, row)},
        reason=act.comment.strip() or None,
        on_behalf_of=str(act.on_behalf_of) if act.on_behalf_of else None,
        request_id=act.request_id,
        at=at,
    )
