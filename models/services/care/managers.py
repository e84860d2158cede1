"""客户经理更换: who may have a customer, and the change itself in the record transaction of the act.

What waits with the one before, and what runs there, follows with the re-planning that the change asks for.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.membership import ChangeManager
from models.rules.calendar import local_date
from models.services import audit
from models.services.authority import is_authorised
from models.services.rulebooks import rulebook_in_force
from models.stores.care import CareStore
from models.stores.people import PeopleStore
from models.stores.stand_ins import StandInStore
from models.tables.book import Customer
from models.tables.cases import Membership
from models.tables.organisation import Account, Institution
from models.types import Role


def managers_near(session: Session, customer: Customer) -> list[tuple[Account, Institution]]:
    """Enabled account managers at the customer's institution, above it, or beside it, by name."""
    above = PeopleStore(session).ancestry(customer.institution_code)
    found = StandInStore(session).posts_around(above, (Role.MGR,))
    return sorted(((account, place) for account, (_, place) in found), key=lambda one: (one[0].name, one[1].code))


def check(session: Session, customer_no: str, to: UUID, rows: Sequence[Membership], at: datetime) -> Account:
    """The new manager. Raises BAD_TRANSFER_TARGET for who may not have the customer, INVALID_INPUT (`to`) for nobody
    we know and for who has it already."""
    account, customer = PeopleStore(session).account(to), session.get(Customer, customer_no)
    if account is None or customer is None:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "to", "reason": "unknown_person"}])
    desk = rulebook_in_force(session, local_date(at)).rulebook.desk
    if not is_authorised(session, desk, account.id, Role.MGR, customer.institution_code):
        raise DomainError(ErrorCode.BAD_TRANSFER_TARGET, who=account.name)
    if all(row.manager_id == account.id for row in rows):
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "to", "reason": "already_manager"}])
    return account


def carry_out(session: Session, act: ChangeManager, rows: Sequence[Membership], at: datetime) -> None:
    """Every membership of the customer that is not over gets the new manager. Raises what `check` refuses."""
    account = check(session, act.customer_no, act.to, rows, at)
    before = rows[0].manager_id
    for row in rows:
        row.manager_id = account.id
    rows[0].act_update_id = act.update_id
    CareStore(session).touch(rows)
    audit.append(
        session,
        actor=str(act.actor_id),
        action="membership.manager_changed",
        object_kind="membership",
        object_id=str(rows[0].id),
        door=act.door,
        before={"manager_id": str(before)},
        after={"manager_id": str(account.id)},
        reason=act.comment.strip(),
        request_id=act.request_id,
        at=at,
    )
