"""A form that asks why before an act is sent: a title, what the act does, a reason, and what is shown afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.acts import Prepare
from api.pages.acting import has_own_page, pending, send, status_headers
from api.pages.form_errors import reason_summary
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.render import render, see_other
from api.pages.shell import shell_for
from api.pages.view.people import FormField, PlainFormPage
from api.security.caller import Caller
from models.database import Database
from models.errors import DomainError, ErrorCode
from models.services.idempotency import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One form: where it posts, what it says, what was typed and refused."""

    title: str
    lead: str
    action: str
    back: str
    current: str
    fields: Sequence[FormField] = ()
    reason: str = ""
    key: str = ""
    error: DomainError | None = None


def reason_form(request: Request, caller: Caller, asked: Asked) -> PlainFormPage:
    """The page of a form that asks why."""
    key = FormField(id="idempotency_key", label="", kind="hidden", value=asked.key or uuid4().hex)
    reason = FormField(id="reason", label=_("原因"), kind="textarea", value=asked.reason)
    return PlainFormPage(
        shell=shell_for(request, caller, current=asked.current),
        title=asked.title,
        lead=asked.lead,
        button=asked.title,
        action=asked.action,
        back_href=asked.back,
        fields=(key, *asked.fields, reason),
        errors=reason_summary(asked.error) if asked.error else None,
    )


@dataclass(frozen=True)
class Sent:
    """A form that came back: what to send, and what to show when it is refused."""

    request: Request
    database: Database
    caller: Caller
    key: Key
    asked: Asked
    done: str


async def send_form(sent: Sent, prepare: Prepare) -> Response:
    """Do the act; a refusal comes back on the form with what was typed, under a new key."""
    try:
        await send(sent.request, sent.database, sent.key, prepare)
    except DomainError as error:
        if error.code is ErrorCode.NOT_YET_CONFIRMED:
            return await run_in_threadpool(_wait, sent)
        if not has_own_page(error):
            raise
        model = reason_form(sent.request, sent.caller, replace(sent.asked, error=error))
        status, headers = status_headers(error)
        return render(sent.request, "pages/plain_form.html", model, status, headers)
    return see_other(sent.request, href(sent.asked.back, {"done": sent.done}))


def _wait(sent: Sent) -> Response:
    return pending(sent.request, sent.database, sent.caller, sent.key.key, kept=sent.asked.reason, back=sent.asked.back)
