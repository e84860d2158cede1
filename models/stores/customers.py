"""Queries of customers, each restricted to the caller's institutions inside the query."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select

from models.stores.scope import Scope, scoped
from models.tables.book import Contact, Customer, Policy


def customer_in_scope(session: Session, customer_no: str, scope: Scope) -> Customer | None:
    """The customer, when its institution lies in the scope."""
    statement = select(Customer).where(Customer.customer_no == customer_no)
    return session.exec(scoped(statement, Customer.institution_code, scope)).first()


def customers_in_scope(
    session: Session,
    scope: Scope,
    *,
    q: str | None = None,
    institution_code: str | None = None,
    after: str | None = None,
    limit: int,
) -> Sequence[Customer]:
    """Customers by number, from a keyset position on; `q` is part of a name or number."""
    statement = scoped(select(Customer), Customer.institution_code, scope)
    if q:
        named = col(Customer.name).contains(q, autoescape=True)
        statement = statement.where(or_(named, col(Customer.customer_no).contains(q, autoescape=True)))
    if institution_code:
        statement = statement.where(Customer.institution_code == institution_code)
    if after is not None:
        statement = statement.where(Customer.customer_no > after)
    return session.exec(statement.order_by(Customer.customer_no).limit(limit)).all()


def contacts_of(session: Session, customer_no: str) -> Sequence[Contact]:
    """重点服务对象 of a customer, leaders first."""
    statement = select(Contact).where(Contact.customer_no == customer_no)
    return session.exec(statement.order_by(col(Contact.kind).desc(), col(Contact.id))).all()


def policies_of(session: Session, customer_no: str) -> Sequence[Policy]:
    """Policies of a customer, newest first."""
    statement = select(Policy).where(Policy.customer_no == customer_no)
    return session.exec(statement.order_by(col(Policy.effective_on).desc(), Policy.policy_no)).all()
