"""The care plan of a customer as people read it: the term, what stands in it, how it came about, who is served."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.rulebook import Rulebook
from models.services.care.pinned import pinned_book
from models.services.rulebooks import rulebook_in_force
from models.stores.care import CareStore, TouchpointStore
from models.stores.customers import contacts_of, customer_in_scope
from models.stores.memberships import current_memberships
from models.stores.people import PeopleStore
from models.stores.scope import Scope
from models.tables.book import Contact
from models.tables.care import CarePlan, MembershipContact, Touchpoint
from models.tables.cases import Membership


@dataclass(frozen=True)
class PlanView:
    """The membership that counts (None: no VIP), its manager's name, and the plan; names as its rulebook has them."""

    customer_no: str
    membership: Membership | None
    manager: str
    touchpoints: Sequence[Touchpoint]
    plans: Sequence[CarePlan]
    rulebook: Rulebook

    def name_of(self, item: str) -> str:
        """Chinese name of a catalogue entry; its identifier where the rulebook has none."""
        services = self.rulebook.services
        names = {entry.identifier: entry.name_zh for entry in services.regular}
        return (names | {entry.identifier: entry.name_zh for entry in services.items}).get(item, item)


@dataclass(frozen=True)
class ContactsView:
    """Every contact of the customer, and who of them is served under the membership that counts."""

    customer_no: str
    membership: Membership | None
    contacts: Sequence[Contact]
    served: Sequence[MembershipContact]


def plan_view(session: Session, customer_no: str, scope: Scope, today: date) -> PlanView:
    """The plan of the term that counts, or of the last one. Raises NOT_FOUND outside the scope."""
    row = _membership(session, customer_no, scope, today)
    account = PeopleStore(session).account(row.manager_id) if row else None
    term = (row.valid_from, row.valid_to) if row else (date(today.year, 1, 1), date(today.year, 12, 31))
    return PlanView(
        customer_no=customer_no,
        membership=row,
        manager=account.name if account else "",
        touchpoints=TouchpointStore(session).of_customer(customer_no, *term),
        plans=CareStore(session).plans_of(customer_no),
        rulebook=(pinned_book(session, row) if row else rulebook_in_force(session, today)).rulebook,
    )


def contacts_view(session: Session, customer_no: str, scope: Scope, today: date) -> ContactsView:
    """Whom one may serve and whom one serves. Raises NOT_FOUND outside the scope."""
    row = _membership(session, customer_no, scope, today)
    return ContactsView(
        customer_no=customer_no,
        membership=row,
        contacts=contacts_of(session, customer_no),
        served=CareStore(session).key_contacts(row.id) if row else (),
    )


def _membership(session: Session, customer_no: str, scope: Scope, today: date) -> Membership | None:
    if customer_in_scope(session, customer_no, scope) is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return current_memberships(session, [customer_no], today).get(customer_no)
