"""客户经理更换: to whom, and why; for the branch's lead and for operations."""

from dataclasses import replace
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, care_plan_acts
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import usable_key
from api.pages.asking import Asked, Sent, reason_form, send_form
from api.pages.customers_view import CUSTOMERS, customer_href
from api.pages.i18n import _
from api.pages.render import render
from api.pages.view.common import Option
from api.pages.view.people import FormField
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.care.managers import managers_near
from models.stores.people import PeopleStore
from models.tables.book import Customer

router = APIRouter(prefix=CUSTOMERS)
ChangerDep = Annotated[Caller, require(Action.CHANGE_MANAGER)]
Text = Annotated[str, Form(max_length=500)]


@router.get("/{customer_no}/manager")
def ask_manager(request: Request, customer_no: str, database: DatabaseDep, caller: ChangerDep) -> Response:
    """To whom, and why."""
    asked = _asked(database, caller, customer_no)
    return render(request, "pages/plain_form.html", reason_form(request, caller, asked))


@router.post("/{customer_no}/manager")
async def change_manager(
    request: Request,
    customer_no: str,
    database: DatabaseDep,
    caller: ChangerDep,
    *,
    to: Text = "",
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """更换."""
    asked = replace(await run_in_threadpool(_asked, database, caller, customer_no, to), reason=reason)
    content = {"to": to, "reason": reason}
    key = acts.key_for(caller, usable_key(idempotency_key), f"manager:{customer_no}", content)
    prepare = care_plan_acts.change_manager(caller, key, customer_no, to=_person(to), reason=reason)
    return await send_form(Sent(request, database, caller, key, asked, "manager"), prepare)


def _person(to: str) -> UUID:
    """Who was chosen; nobody is somebody we do not know."""
    try:
        return UUID(to)
    except ValueError:
        return UUID(int=0)


def _asked(database: Database, caller: Caller, customer_no: str, to: str = "") -> Asked:
    """The form. Raises NOT_FOUND outside the caller's institutions, WRONG_STAGE without a running membership."""
    with database.read() as session:
        held = care_plan_acts.members_of(session, caller, customer_no, Action.CHANGE_MANAGER)[0]
        customer = session.get(Customer, customer_no)
        if customer is None:
            raise DomainError(ErrorCode.NOT_FOUND)
        now = PeopleStore(session).account(held.manager_id)
        near = groupby(managers_near(session, customer), key=lambda one: one[0])
        people = [
            Option(
                value=str(account.id),
                text=f"{account.name} · {'、'.join(place.name for _account, place in places)}",
                selected=str(account.id) == to,
            )
            for account, places in near
            if account.id != held.manager_id
        ]
        name, case_href = customer.name, f"/cases/{held.case_id}"
    lead = _(
        "%(name)s的客户经理现为%(now)s。更换后，未办的触点和办理中的任务一并转给新客户经理，并通知本人。",
        name=name,
        now=now.name if now else "",
    )
    reads = caller.may(Action.READ_CUSTOMERS)
    return Asked(
        title=_("更换客户经理"),
        lead=lead,
        action=f"{customer_href(customer_no)}/manager",
        back=customer_href(customer_no) if reads else case_href,
        current="customers" if reads else "cases",
        fields=(
            FormField(
                id="to",
                label=_("新客户经理"),
                kind="select",
                options=(Option(value="", text=_("请选择"), selected=not to), *people),
            ),
        ),
    )
