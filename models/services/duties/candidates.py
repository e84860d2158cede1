"""取消 candidates: the branch hears once of every customer and cause that the book shows."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from models.messages.sweep import RecordOrder, SweepDone
from models.rules.membership import MemberFacts, PolicyFacts, shown_causes
from models.services.duties.branches import swept_with
from models.services.notifications import notify
from models.services.rulebooks import rulebook_of
from models.stores.people import PeopleStore
from models.stores.sweeps import SweepStore
from models.tables.book import Customer, Policy
from models.tables.cases import Membership
from models.types import Role

TEMPLATE = "cancellation_candidate"
TOLD = (Role.BR_LEAD, Role.BR_SVC)
"""Who may end a membership at the branch, and who prepares it."""


def tell_candidates(session: Session, order: RecordOrder) -> SweepDone:
    """One chunk of running memberships; who was told of a cause before is not told again."""
    store, after = SweepStore(session), UUID(order.after) if order.after else None
    rows = store.running(swept_with(session, order.institution_code), order.day, after, order.limit)
    numbers = {row.customer_no for row in rows}
    customers, policies = store.customers(numbers), store.policies_of(numbers)
    cases = store.cases({row.case_id for row in rows})
    versions = {case.rulebook_version_id for case in cases.values()}
    procedures = {version: rulebook_of(session, version).rulebook.procedure for version in versions}
    found = 0
    for row in rows:
        customer, case = customers.get(row.customer_no), cases.get(row.case_id)
        if customer is None or case is None:
            continue
        flags = frozenset(filter(None, customer.flags.split(";")))
        facts = MemberFacts(row.year, order.day, flags, _held(policies.get(row.customer_no, [])))
        causes = shown_causes(procedures[case.rulebook_version_id], facts)
        for cause in causes:
            _tell(session, order, row, customer, cause)
        found += len(causes)
    return SweepDone(after=str(rows[-1].id) if len(rows) == order.limit else None, counts={"candidates": found})


def _held(policies: Sequence[Policy]) -> list[PolicyFacts]:
    return [PolicyFacts(item.status, item.expires_on, item.ended_on) for item in policies]


def _told(session: Session, row: Membership) -> set[UUID]:
    """The nearest holders of each post, and the customer's manager."""
    people = PeopleStore(session)
    places = [item.code for item in people.ancestry(row.institution_code)]
    nearest = [next(filter(None, (people.holder_ids(role, code) for code in places)), frozenset()) for role in TOLD]
    return {row.manager_id}.union(*nearest)


def _tell(session: Session, order: RecordOrder, row: Membership, customer: Customer, cause: str) -> None:
    notify(
        session,
        to=sorted(_told(session, row)),
        template=TEMPLATE,
        key=f"{TEMPLATE}:{row.id}:{cause}",
        at=order.at,
        case_id=row.case_id,
        context={"customer_no": row.customer_no, "customer_name": customer.name, "cause": cause},
    )
