"""Customers as people read them: tier and term, value and rank, contacts, policies, cases. Nothing is written.

Both the JSON API and the pages are built from this, so they show the same facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.messages.scoring import ScoreExplanation
from models.rules.calendar import local_date
from models.services.evaluation import score_one, stored_explanation
from models.services.rulebooks import rulebook_in_force
from models.stores import customers as store
from models.stores.cases import CaseStore
from models.stores.customers import CustomerFilter
from models.stores.evaluations import EvaluationStore
from models.stores.memberships import current_memberships
from models.stores.people import PeopleStore
from models.stores.scope import NOTHING, Scope
from models.tables.book import Contact, Customer, Policy
from models.tables.cases import Case, Membership
from models.tables.evaluation import RankingRow
from models.types import Tier


@dataclass(frozen=True)
class CustomerSummary:
    """A customer in a list. `ranking` is None for readers who may not see scores, too."""

    customer: Customer
    membership: Membership | None
    ranking: RankingRow | None
    next_due: datetime | None
    open_case: Case | None
    manager: str

    @property
    def tier(self) -> Tier:
        """层级 by the running term, else by the next one."""
        return self.membership.tier if self.membership else Tier.REGULAR


@dataclass(frozen=True)
class CustomerView:
    """One customer with everything. `is_live` tells that the score is of the book as it stands, not of a list."""

    summary: CustomerSummary
    year: int
    score: ScoreExplanation | None
    is_live: bool
    policies: Sequence[Policy]
    contacts: Sequence[Contact]
    cases: Sequence[Case]
    memberships: Sequence[Membership]


@dataclass(frozen=True)
class Reader:
    """Whose eyes: the institutions whose customers, and whose scores, one may see."""

    customers: Scope
    scores: Scope = NOTHING


def evaluation_year(session: Session, today: date) -> int:
    """评定年度 that pages speak of: the newest that has a list, else the year that ended last."""
    return next(iter(EvaluationStore(session).years()), today.year - 1)


def list_customers(
    session: Session, reader: Reader, wanted: CustomerFilter, *, now: datetime, after: str | None, limit: int
) -> list[CustomerSummary]:
    """Customers by number, from a keyset position on."""
    rows = store.customers_in_scope(session, reader.customers, wanted, today=local_date(now), after=after, limit=limit)
    return _summaries(session, rows, reader, now)


def customer_view(session: Session, customer_no: str, reader: Reader, now: datetime) -> CustomerView:
    """Everything about one customer. Raises NOT_FOUND outside the reader's institutions."""
    customer = store.customer_in_scope(session, customer_no, reader.customers)
    if customer is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    year = evaluation_year(session, local_date(now))
    score, is_live = _score(session, customer_no, year, reader, now)
    cases = CaseStore(session)
    return CustomerView(
        summary=_summaries(session, [customer], reader, now)[0],
        year=year,
        score=score,
        is_live=is_live,
        policies=store.policies_of(session, customer_no),
        contacts=store.contacts_of(session, customer_no),
        cases=cases.of_customer(customer_no),
        memberships=cases.memberships(customer_no),
    )


def _summaries(session: Session, rows: Sequence[Customer], reader: Reader, now: datetime) -> list[CustomerSummary]:
    numbers = [row.customer_no for row in rows]
    year = evaluation_year(session, local_date(now))
    held = current_memberships(session, numbers, local_date(now))
    ranked = store.rankings_of(session, year, numbers, reader.scores)
    due, cases, people = store.next_due(session, numbers), store.open_cases(session, numbers), PeopleStore(session)
    return [
        CustomerSummary(
            customer=row,
            membership=held.get(row.customer_no),
            ranking=ranked.get(row.customer_no),
            next_due=due.get(row.customer_no),
            open_case=cases.get(row.customer_no),
            manager=_manager(people, held.get(row.customer_no)),
        )
        for row in rows
    ]


def _manager(people: PeopleStore, membership: Membership | None) -> str:
    account = people.account(membership.manager_id) if membership else None
    return account.name if account else ""


def _score(
    session: Session, customer_no: str, year: int, reader: Reader, now: datetime
) -> tuple[ScoreExplanation | None, bool]:
    """The lines behind the newest list, else of the book as it stands; None without a policy or without leave."""
    if store.customer_in_scope(session, customer_no, reader.scores) is None:
        return None, False
    stored = stored_explanation(session, year, customer_no)
    if stored is not None:
        return stored, False
    rulebook = rulebook_in_force(session, local_date(now)).rulebook
    try:
        return score_one(session, customer_no, year, rulebook).explanation, True
    except DomainError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return None, True
