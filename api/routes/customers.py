"""`/customers`: who they are, which tier and value they have, what is open about them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.customer_answers import customer_answer, customer_detail_answer, reader_of
from api.deps import Action, Caller, DatabaseDep, require
from api.institution_filter import part_of_tree
from api.paging import PagingDep
from api.schemas.base import PageAnswer
from api.schemas.customers import CustomerAnswer, CustomerDetailAnswer
from models.services.customers import customer_view, list_customers
from models.stores.customers import CustomerFilter
from models.types import Tier

router = APIRouter(prefix="/customers", tags=["customers"])
ReaderDep = Annotated[Caller, require(Action.READ_CUSTOMERS)]


@router.get("")
def read_customers(
    database: DatabaseDep,
    paging: PagingDep,
    caller: ReaderDep,
    *,
    q: Annotated[str | None, Query(max_length=100)] = None,
    tier: Tier | None = None,
    institution_code: Annotated[str | None, Query(max_length=32)] = None,
) -> PageAnswer[CustomerAnswer]:
    """Customers of the caller's institutions by number; an institution stands for everything below it."""
    with database.read() as session:
        under = part_of_tree(session, institution_code, caller.scope(Action.READ_CUSTOMERS))
        found = list_customers(
            session,
            reader_of(caller),
            CustomerFilter(q, tier, under),
            now=datetime.now(UTC),
            after=paging.text(),
            limit=paging.fetch,
        )
    shown, cursor = paging.cut(found, lambda item: (item.customer.customer_no,))
    return PageAnswer(items=[customer_answer(item) for item in shown], next_cursor=cursor)


@router.get("/{customer_no}")
def read_customer(customer_no: str, database: DatabaseDep, caller: ReaderDep) -> CustomerDetailAnswer:
    """One customer with term, masked contacts and cases."""
    with database.read() as session:
        return customer_detail_answer(customer_view(session, customer_no, reader_of(caller), datetime.now(UTC)))
