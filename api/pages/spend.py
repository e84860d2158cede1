"""年度服务投入 on pages: the year, one customer's lines, gifts per person, and 报超限审批."""

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api import acts, spend_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import usable_key
from api.pages.asking import Asked, Sent, reason_form, send_form
from api.pages.format import money
from api.pages.i18n import _
from api.pages.lists import TrailDep, tier_or_none
from api.pages.render import render
from api.pages.spend_benefits_view import benefits_page
from api.pages.spend_customer_view import spend_customer_page
from api.pages.spend_links import SPEND, customer_href
from api.pages.spend_view import SpendAsked, newest_year, spend_page
from api.pages.view.people import FormField
from api.paging import PagingDep
from api.spend_reading import SpendQuery, reader_of
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.spend.figures import of_customer

router = APIRouter(prefix=SPEND)
YearPath = Annotated[int, Path(ge=1990, le=2100)]
ReaderDep = Annotated[Caller, require(Action.READ_SPEND)]
AskerDep = Annotated[Caller, require(Action.ASK_OVER_LIMIT)]
Text = Annotated[str, Form(max_length=500)]
Short = Annotated[str, Query(max_length=32)]


@router.get("", dependencies=[require(Action.READ_SPEND)])
def newest(database: DatabaseDep) -> Response:
    """To the newest year that has estimates."""
    with database.read() as session:
        year = newest_year(session)
    return RedirectResponse(f"{SPEND}/{year}", status_code=303)


@router.get("/{year}")
def show_year(
    request: Request,
    year: YearPath,
    database: DatabaseDep,
    paging: PagingDep,
    *,
    trail: TrailDep,
    caller: ReaderDep,
    q: Annotated[str, Query(max_length=100)] = "",
    tier: Short = "",
    institution: Short = "",
) -> Response:
    """Plan, reserve, actual and limit; whoever is over it first."""
    query = SpendQuery(year=year, tier=tier_or_none(tier), institution=institution, q=q)
    asked = SpendAsked(query=query, paging=paging, trail=trail)
    with database.read() as session:
        model = spend_page(request, caller, session, asked)
    return render(request, "pages/spend.html", model)


@router.get("/{year}/benefits")
def show_benefits(
    request: Request, year: YearPath, database: DatabaseDep, paging: PagingDep, *, trail: TrailDep, caller: ReaderDep
) -> Response:
    """Gifts per person in a calendar year against the cap."""
    with database.read() as session:
        model = benefits_page(request, caller, session, year, paging=paging, trail=trail)
    return render(request, "pages/spend_benefits.html", model)


@router.get("/{year}/{customer_no}")
def show_customer(
    request: Request,
    year: YearPath,
    customer_no: str,
    database: DatabaseDep,
    caller: ReaderDep,
    *,
    code: Short = "",
    done: Short = "",
) -> Response:
    """附件七 of one customer with what became of each line; `code` shows the entries of one."""
    with database.read() as session:
        model = spend_customer_page(request, caller, session, (customer_no, year), code=code, done=done)
    return render(request, "pages/spend_customer.html", model)


@router.get("/{year}/{customer_no}/over-limit")
def ask_approval(
    request: Request, year: YearPath, customer_no: str, database: DatabaseDep, caller: AskerDep
) -> Response:
    """Up to which total of the year, and why."""
    asked = _over_limit(database, caller, year, customer_no)
    return render(request, "pages/plain_form.html", reason_form(request, caller, asked))


@router.post("/{year}/{customer_no}/over-limit")
async def send_approval(
    request: Request,
    year: YearPath,
    customer_no: str,
    database: DatabaseDep,
    caller: AskerDep,
    *,
    total: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """Ask; the post of the rulebook decides."""
    asked = replace(await run_in_threadpool(_over_limit, database, caller, year, customer_no, total), reason=reason)
    content = {"total": total, "reason": reason}
    key = acts.key_for(caller, usable_key(idempotency_key), f"over-limit:{year}:{customer_no}", content)
    try:
        amount = Decimal(total.replace(",", "").strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    prepare = spend_acts.ask_over_limit(caller, key, year, customer_no, total=amount, reason=reason)
    return await send_form(Sent(request, database, caller, key, asked, "asked"), prepare)


def _over_limit(database: Database, caller: Caller, year: int, customer_no: str, typed: str = "") -> Asked:
    with database.read() as session:
        found = of_customer(session, customer_no, year, reader_of(caller, Action.ASK_OVER_LIMIT))
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    figures, here = found.figures, customer_href(year, customer_no)
    lead = _(
        "%(name)s：限额 %(limit)s，预计投入 %(sum)s。批准后本年度投入可至所报总额。",
        name=found.name,
        limit=money(figures.limit),
        sum=money(figures.projected),
    )
    total = FormField(
        id="total",
        label=_("报批投入总额（元）"),
        value=typed or str(figures.projected),
        hint=_("本年度合计，含已支出和预留；可含拟追加的服务。"),
    )
    return Asked(
        title=_("报超限审批"), lead=lead, action=f"{here}/over-limit", back=here, current="spend", fields=(total,)
    )
