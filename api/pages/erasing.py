"""`/admin/retention/people/{customer_no}` 删除个人信息: whom a customer names, what would go, erasing one of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import acts, erased_list, erasing_acts
from api.deps import Action, Caller, DatabaseDep, SettingsDep, require
from api.pages.acting import has_own_page, status_headers, usable_key
from api.pages.customers_view import customer_href
from api.pages.desk import Desk, desk_of
from api.pages.form_bodies import Text, validated
from api.pages.form_errors import error_summary
from api.pages.i18n import _
from api.pages.lists import href
from api.pages.render import render, see_other
from api.pages.view.common import ErrorSummary, FieldError, Strip, StripTone
from api.pages.view.erasing import EraseForm, ErasingPage, PersonRow
from api.pages.words import word
from api.problems import problem_of
from api.schemas.erasing import EraseBody, PersonsAnswer, PersonToEraseAnswer
from models.errors import DomainError, ErrorCode
from models.services.desk.once import once

BASE = "/admin/retention/people"
router = APIRouter(prefix=BASE)
EraserDep = Annotated[Caller, require(Action.ERASE_PERSONS)]


@dataclass(frozen=True)
class Typed:
    """A form that was refused: whose, what was typed, and the refusal."""

    contact_id: UUID | None = None
    reason: str = ""
    error: DomainError | None = None


def erasing_href(customer_no: str) -> str:
    """The page of a customer's people for whoever may erase them."""
    return f"{BASE}/{customer_no}"


@router.get("")
def find(
    request: Request, database: DatabaseDep, caller: EraserDep, customer_no: Annotated[str, Query(max_length=32)] = ""
) -> Response:
    """From a customer number to its people."""
    with database.read() as session:
        found = erasing_acts.customer_of(session, caller, customer_no.strip())
    return see_other(request, erasing_href(found.customer_no))


@router.get("/{customer_no}")
def show(
    request: Request, customer_no: str, database: DatabaseDep, caller: EraserDep, done: Annotated[bool, Query()] = False
) -> Response:
    """Whom the customer names, masked, and what would go with each of them."""
    with database.read() as session:
        model = _page(desk_of(request, session, caller), customer_no, Typed(), done=done)
    return render(request, "pages/erasing.html", model)


@router.post("/{customer_no}/{contact_id}/erase")
def erase(
    request: Request,
    customer_no: str,
    contact_id: UUID,
    database: DatabaseDep,
    caller: EraserDep,
    *,
    settings: SettingsDep,
    reason: Text = "",
    idempotency_key: Text = "",
) -> Response:
    """删除 one of them; a refusal comes back with what was typed."""
    key = acts.key_for(caller, usable_key(idempotency_key), f"contact-erase:{contact_id}", {"reason": reason})
    try:
        body = validated(EraseBody, {"reason": reason})
        with database.write() as session:
            erased = lambda: erasing_acts.erase(session, caller, customer_no, contact_id, body.reason)  # noqa: E731
            once(session, key, datetime.now(UTC), erased)
        erased_list.note(settings, database)
    except DomainError as error:
        if not has_own_page(error) or error.code is ErrorCode.NOT_FOUND:
            raise
        with database.read() as session:
            model = _page(desk_of(request, session, caller), customer_no, Typed(contact_id, reason, error))
        return render(request, "pages/erasing.html", model, *status_headers(error))
    return see_other(request, href(erasing_href(customer_no), {"done": "true"}))


def _page(desk: Desk, customer_no: str, typed: Typed, *, done: bool = False) -> ErasingPage:
    found = erasing_acts.read(desk.session, desk.caller, customer_no)
    return ErasingPage(
        shell=desk.shell("retention"),
        title=_("删除个人信息"),
        back_href="/admin/retention",
        json_href=f"/api/v1{customer_href(customer_no)}/erasing",
        customer=found.customer_name,
        customer_no=customer_no,
        people=tuple(_row(one, found, typed) for one in found.people),
        strips=_strips(found, done=done),
        errors=_errors(typed),
    )


def _strips(found: PersonsAnswer, *, done: bool) -> tuple[Strip, ...]:
    if done:
        return (Strip(text=_("个人信息已删除。"), tone=StripTone.OK, icon="check", focus=True),)
    if not found.held:
        return ()
    held = DomainError(ErrorCode.RECORDS_HELD, customer_no=found.customer_no)
    return (Strip(text=problem_of(held).detail, tone=StripTone.WARN, icon="alert"),)


def _row(one: PersonToEraseAnswer, found: PersonsAnswer, typed: Typed) -> PersonRow:
    mine = typed.contact_id == one.contact_id
    form = EraseForm(
        id=f"reason-{one.contact_id}",
        action=f"{erasing_href(found.customer_no)}/{one.contact_id}/erase",
        key=uuid4().hex,
        reason=typed.reason if mine else "",
        open=mine,
    )
    return PersonRow(
        id=str(one.contact_id),
        name=one.name,
        kind=word(one.kind),
        title=one.title,
        what=_what(one, held=found.held),
        form=None if one.erased or found.held else form,
    )


def _what(one: PersonToEraseAnswer, *, held: bool) -> str:
    if one.erased:
        return _("个人信息已删除。")
    if held:
        return _("已冻结，不能删除。")
    return _(
        "将删除：姓名、职务、性别、生日、手机、邮箱；%(records)s 条服务记录中的姓名和电话；%(letters)s 封信的内容。",
        records=one.service_records,
        letters=one.letters,
    )


def _errors(typed: Typed) -> ErrorSummary | None:
    """The reason that is missing stands at the form it is missing from."""
    if typed.error is None:
        return None
    summary = error_summary(typed.error)
    here = f"reason-{typed.contact_id}"
    if typed.error.code is ErrorCode.REASON_REQUIRED:
        return ErrorSummary(title=summary.title, errors=(FieldError(field_id=here, text=summary.title),))
    at_reason = (FieldError(field_id=here, text=one.text, label=one.label) for one in summary.errors)
    return ErrorSummary(title=summary.title, errors=tuple(at_reason))
