"""重点服务对象 on a page: who is served is chosen anew, somebody left, and what that re-planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import acts, care_plan_acts
from api.acts import Prepare
from api.deps import Action, Caller, DatabaseDep, require
from api.pages.acting import has_own_page, pending, send, status_headers, usable_key
from api.pages.desk import desk_of
from api.pages.form_bodies import validated
from api.pages.key_contacts_view import CHOOSE, Asked, Typed, contacts_href, key_contacts_page
from api.pages.lists import href
from api.pages.render import render, see_other
from api.schemas.care_plan import ContactLeftBody
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key

router = APIRouter(prefix="/customers/{customer_no}")
KeeperDep = Annotated[Caller, require(Action.KEEP_CONTACTS)]
Text = Annotated[str, Form(max_length=500)]
Ticked = Annotated[Sequence[Annotated[str, StringConstraints(max_length=40)]], Form(max_length=20)]
_UNKNOWN = UUID(int=0)


@dataclass(frozen=True)
class _Sent:
    """A form that came back."""

    request: Request
    database: Database
    caller: Caller
    customer_no: str
    plans: str
    typed: Typed

    def key(self, typed: str, route: str, content: Mapping[str, object]) -> Key:
        """Of the request, for one content."""
        return acts.key_for(self.caller, usable_key(typed), route, dict(content))


@router.get("/key-contacts")
def show_contacts(
    request: Request,
    customer_no: str,
    database: DatabaseDep,
    caller: KeeperDep,
    since: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """Whom one serves and whom one could; after a change, what became of the year."""
    return _page(request, database, caller, Asked(customer_no, since=since))


@router.post("/key-contacts")
async def choose(
    request: Request,
    customer_no: str,
    database: DatabaseDep,
    caller: KeeperDep,
    *,
    contact_ids: Ticked = (),
    reason: Text = "",
    plans: Text = "0",
    idempotency_key: Text = "",
) -> Response:
    """Serve exactly those that are ticked; the year is planned anew for them."""
    sent = _Sent(request, database, caller, customer_no, plans, Typed(CHOOSE, contact_ids, reason))
    content = {"contact_ids": list(contact_ids), "reason": reason}
    key = sent.key(idempotency_key, f"key-contacts:{customer_no}", content)
    chosen = [_uuid(value) for value in contact_ids]
    prepare = care_plan_acts.change_contacts(caller, key, customer_no, contact_ids=chosen, reason=reason)
    return await _send(sent, key, prepare)


@router.post("/contacts/{contact_id}/left")
async def left(
    request: Request,
    customer_no: str,
    contact_id: UUID,
    database: DatabaseDep,
    caller: KeeperDep,
    *,
    left_on: Text = "",
    reason: Text = "",
    plans: Text = "0",
    idempotency_key: Text = "",
) -> Response:
    """The contact left the unit: what was planned for it is cancelled, what runs for it is stopped."""
    typed = Typed(str(contact_id), reason=reason, left_on=left_on)
    sent = _Sent(request, database, caller, customer_no, plans, typed)
    try:
        body = validated(ContactLeftBody, {"left_on": left_on or None, "reason": reason})
    except DomainError as error:
        return await run_in_threadpool(_refused, sent, error)
    key = sent.key(idempotency_key, f"contact-left:{contact_id}", body.model_dump(mode="json"))
    prepare = care_plan_acts.contact_left(caller, key, customer_no, contact_id, left_on=body.left_on, reason=reason)
    return await _send(sent, key, prepare)


def _uuid(value: str) -> UUID:
    """An id of the form; what is none is a contact that nobody knows."""
    try:
        return UUID(value)
    except ValueError:
        return _UNKNOWN


def _check_reason(reason: str) -> None:
    """A change on the page says why. Raises INVALID_INPUT."""
    if not reason.strip():
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "reason", "reason": "missing"}])


async def _send(sent: _Sent, key: Key, prepare: Prepare) -> Response:
    """Do the act; a refusal comes back on the page with what was ticked and typed."""
    try:
        _check_reason(sent.typed.reason)
        await send(sent.request, sent.database, key, prepare)
    except DomainError as error:
        if error.code is ErrorCode.NOT_YET_CONFIRMED:
            return await run_in_threadpool(_wait, sent, key)
        if not has_own_page(error):
            raise
        return await run_in_threadpool(_refused, sent, error)
    since = sent.plans if sent.plans.isdecimal() else None
    return see_other(sent.request, href(contacts_href(sent.customer_no), {"since": since}))


def _wait(sent: _Sent, key: Key) -> Response:
    back = contacts_href(sent.customer_no)
    return pending(sent.request, sent.database, sent.caller, key.key, kept=sent.typed.reason, back=back)


def _refused(sent: _Sent, error: DomainError) -> Response:
    asked = Asked(sent.customer_no, replace(sent.typed, error=error))
    return _page(sent.request, sent.database, sent.caller, asked)


def _page(request: Request, database: Database, caller: Caller, asked: Asked) -> Response:
    with database.read() as session:
        model = key_contacts_page(desk_of(request, session, caller), asked)
    status, headers = status_headers(asked.typed.error) if asked.typed.error else (200, {})
    return render(request, "pages/key_contacts.html", model, status, headers)
