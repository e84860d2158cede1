"""Queries of customers, each restricted to the caller's institutions inside the query."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from models.stores.memberships import has_tier
from models.stores.scope import Scope, scoped, within
from models.tables.book import Contact, Customer, Policy
from models.tables.cases import Case, Task
from models.tables.evaluation import RankingRow
from models.types import OPEN_TASK_STATES, SERVICE_KINDS, Tier


class CustomerFilter(NamedTuple):
    """What a list of customers asks for; `under` is a part of the tree, `q` a part of a name or number."""

    q: str | None = None
    tier: Tier | None = None
    under: Scope | None = None


def customer_in_scope(session: Session, customer_no: str, scope: Scope) -> Customer | None:
    """The customer, when its institution lies in the scope."""
    statement = select(Customer).where(Customer.customer_no == customer_no)
    return session.exec(scoped(statement, Customer.institution_code, scope)).first()


def customers_in_scope(
    session: Session,
    scope: Scope,
    wanted: CustomerFilter,
    *,
    today: date,
    after: str | None = None,
    limit: int,
) -> Sequence[Customer]:
    """Customers by number, from a keyset position on; the tier is the one of `today`."""
    statement = scoped(select(Customer), Customer.institution_code, scope)
    if wanted.q:
        statement = statement.where(named_like(Customer.customer_no, Customer.name, wanted.q))
    if wanted.under is not None:
        statement = statement.where(within(Customer.institution_code, wanted.under))
    if wanted.tier is not None:
        statement = statement.where(has_tier(Customer.customer_no, wanted.tier, today))
    if after is not None:
        statement = statement.where(Customer.customer_no > after)
    return session.exec(statement.order_by(Customer.customer_no).limit(limit)).all()


def named_like(number: str, name: str, q: str) -> ColumnElement[bool]:
    """The condition that a number or name (columns) contains `q`, whatever its case."""
    return or_(col(name).icontains(q, autoescape=True), col(number).icontains(q, autoescape=True))


def names_of(session: Session, numbers: Collection[str]) -> dict[str, str]:
    """Names by customer number, in one query."""
    statement = select(Customer.customer_no, Customer.name).where(col(Customer.customer_no).in_(numbers))
    return dict(session.exec(statement).all())


def contacts_of(session: Session, customer_no: str) -> Sequence[Contact]:
    """重点服务对象 of a customer, leaders first."""
    statement = select(Contact).where(Contact.customer_no == customer_no)
    return session.exec(statement.order_by(col(Contact.kind).desc(), col(Contact.id))).all()


def policies_of(session: Session, customer_no: str) -> Sequence[Policy]:
    """Policies of a customer, newest first."""
    statement = select(Policy).where(Policy.customer_no == customer_no)
    return session.exec(statement.order_by(col(Policy.effective_on).desc(), Policy.policy_no)).all()


def rankings_of(session: Session, year: int, numbers: Collection[str], scope: Scope) -> dict[str, RankingRow]:
    """The list's lines of these customers, by number, as far as the scope reaches."""
    statement = select(RankingRow).where(RankingRow.year == year, col(RankingRow.customer_no).in_(numbers))
    rows = session.exec(scoped(statement, RankingRow.institution_code, scope))
    return {row.customer_no: row for row in rows}


def next_due(session: Session, numbers: Collection[str]) -> dict[str, datetime]:
    """When the next open task about each customer is due."""
    statement = (
        select(Task.customer_no, func.min(Task.due_at))
        .where(col(Task.customer_no).in_(numbers), col(Task.state).in_(OPEN_TASK_STATES))
        .group_by(col(Task.customer_no))
    )
    return dict(session.exec(statement).all())


def open_cases(session: Session, numbers: Collection[str]) -> dict[str, Case]:
    """The newest open case of each customer that people approve."""
    approved = col(Case.kind).not_in(SERVICE_KINDS)
    statement = select(Case).where(col(Case.customer_no).in_(numbers), col(Case.closed_at).is_(None), approved)
    return {case.customer: case for case in session.exec(statement.order_by(col(Case.opened_at)))}
