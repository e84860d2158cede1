"""Acts on a member's key contacts and account manager before they are sent: authorised, loaded, written as messages."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session

from api.acts import Prepare
from api.deps import Action, Caller
from api.season_acts import actor_fields, now
from models.errors import DomainError, ErrorCode
from models.identifiers import membership_id
from models.messages.envelope import ProgrammeUpdate
from models.messages.membership import ChangeContacts, ChangeManager, ContactAct, ContactLeft
from models.rules.calendar import local_date
from models.rules.membership import check_reason
from models.services.care import managers
from models.services.care.contacts import check
from models.services.care.pinned import pinned_book
from models.services.idempotency import Key
from models.stores.care import CareStore
from models.stores.customers import customer_in_scope
from models.stores.memberships import running_memberships
from models.tables.cases import Membership
from models.types import MembershipStage


def change_contacts(caller: Caller, key: Key, customer_no: str, *, contact_ids: Sequence[UUID], reason: str) -> Prepare:
    """Choose anew. Raises NOT_FOUND outside the caller's institutions, WRONG_STAGE, INVALID_INPUT (article 16)."""

    def prepare(session: Session) -> ProgrammeUpdate:
        row = _member(session, caller, customer_no)
        found = CareStore(session).contacts(contact_ids)
        check(pinned_book(session, row).rulebook, customer_no, contact_ids, found)
        return _update(
            ChangeContacts(**actor_fields(caller, key, reason), customer_no=customer_no, contact_ids=tuple(contact_ids))
        )

    return prepare


def contact_left(
    caller: Caller, key: Key, customer_no: str, contact_id: UUID, *, left_on: date, reason: str
) -> Prepare:
    """The contact is gone. Raises NOT_FOUND (also for another customer's contact), WRONG_STAGE, INVALID_INPUT."""

    def prepare(session: Session) -> ProgrammeUpdate:
        _member(session, caller, customer_no)
        contact = CareStore(session).contacts([contact_id]).get(contact_id)
        if contact is None or contact.customer_no != customer_no:
            raise DomainError(ErrorCode.NOT_FOUND)
        if left_on > local_date(now()):
            raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "left_on", "reason": "in_the_future"}])
        return _update(
            ContactLeft(
                **actor_fields(caller, key, reason), customer_no=customer_no, contact_id=contact_id, left_on=left_on
            )
        )

    return prepare


def change_manager(caller: Caller, key: Key, customer_no: str, *, to: UUID, reason: str) -> Prepare:
    """客户经理更换. Raises NOT_FOUND outside the caller's institutions, WRONG_STAGE, REASON_REQUIRED, and what
    `managers.check` refuses."""

    def prepare(session: Session) -> ProgrammeUpdate:
        rows = members_of(session, caller, customer_no, Action.CHANGE_MANAGER)
        check_reason(reason)
        managers.check(session, customer_no, to, rows, now())
        act = ChangeManager(**actor_fields(caller, key, reason), customer_no=customer_no, to=to)
        return ProgrammeUpdate(kind="manager", workflow_id=membership_id(customer_no), act=act)

    return prepare


def _update(act: ContactAct) -> ProgrammeUpdate:
    return ProgrammeUpdate(kind="contacts", workflow_id=membership_id(act.customer_no), act=act)


def _member(session: Session, caller: Caller, customer_no: str) -> Membership:
    return members_of(session, caller, customer_no, Action.KEEP_CONTACTS)[0]


def members_of(session: Session, caller: Caller, customer_no: str, action: Action) -> list[Membership]:
    """The customer's memberships that are not over. Raises NOT_FOUND outside the action's reach, WRONG_STAGE."""
    if customer_in_scope(session, customer_no, caller.scope(action)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    rows = running_memberships(session, local_date(now()), customer_no)
    if not rows:
        raise DomainError(ErrorCode.WRONG_STAGE, stage=MembershipStage.EXPIRED.value)
    return rows
