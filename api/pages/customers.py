"""客户: the list and one customer."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.pages.customers_view import CUSTOMERS, CustomersQuery, customer_page, customers_page
from api.pages.lists import TrailDep
from api.pages.render import render
from api.paging import PagingDep

router = APIRouter(prefix=CUSTOMERS)
ReaderDep = Annotated[Caller, require(Action.READ_CUSTOMERS)]


@router.get("")
def show_customers(
    request: Request,
    database: DatabaseDep,
    paging: PagingDep,
    trail: TrailDep,
    caller: ReaderDep,
    *,
    q: Annotated[str, Query(max_length=100)] = "",
    tier: Annotated[str, Query(max_length=20)] = "",
    institution: Annotated[str, Query(max_length=32)] = "",
) -> Response:
    """Find a customer by name, number, tier or institution."""
    asked = CustomersQuery(q=q, tier=tier, institution=institution, paging=paging, trail=trail)
    with database.read() as session:
        model = customers_page(request, caller, session, asked)
    return render(request, "pages/customers.html", model)


@router.get("/{customer_no}")
def show_customer(
    request: Request,
    customer_no: str,
    database: DatabaseDep,
    caller: ReaderDep,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One customer: tier and term, value, cases, people served, policies."""
    with database.read() as session:
        model = customer_page(request, caller, session, customer_no, done=done)
    return render(request, "pages/customer.html", model)
