"""`/forms/{number}/{form_id}`: 附件一 and 附件三 to 附件八 as they are printed, as a page and as PDF.

Personal data is masked. Whoever may read it asks for the full form by a button; that reading is written down.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from sqlmodel import Session
from starlette.responses import Response

from api.act_base import visible_case
from api.deps import Action, Caller, DatabaseDep, require
from api.forms.kinds import Printing, printed_form
from api.forms.pdf import to_pdf
from api.forms.sheet import PrintedForm
from api.pages.desk import desk_of
from api.pages.render import render
from api.pages.view.forms import FormPage
from api.rollout_answers import visible_launch
from models.errors import DomainError, ErrorCode
from models.services import audit
from models.stores.care import TouchpointStore
from models.stores.customers import customer_in_scope
from models.stores.spend import SpendStore
from models.stores.survey import SurveyStore
from models.tables.care import Touchpoint

PDF = "application/pdf"
router = APIRouter(prefix="/forms")
ReaderDep = Annotated[Caller, require(Action.READ_SERVICES)]
OpenerDep = Annotated[Caller, require(Action.OPEN_FORMS)]


def _of_case(session: Session, caller: Caller, case_id: UUID) -> None:
    visible_case(session, caller, case_id)


def _of_declaration(session: Session, caller: Caller, case_id: UUID) -> None:
    """The score stands on it: for those who may read scores."""
    if not caller.may(Action.READ_SCORES):
        raise DomainError(ErrorCode.NOT_FOUND)
    visible_case(session, caller, case_id)


def _of_launch(session: Session, caller: Caller, case_id: UUID) -> None:
    visible_launch(session, caller, case_id, datetime.now(UTC))


def _of_touchpoint(session: Session, caller: Caller, touchpoint_id: UUID) -> None:
    row = TouchpointStore(session).get(touchpoint_id)
    if row is None or not _may_read(session, caller, row):
        raise DomainError(ErrorCode.NOT_FOUND)


def _of_sheet(session: Session, caller: Caller, sheet_id: UUID) -> None:
    if SurveyStore(session).sheet(sheet_id, caller.scope(Action.READ_SURVEYS)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)


def _of_estimate(session: Session, caller: Caller, plan_id: UUID) -> None:
    if SpendStore(session).by_id(plan_id, caller.scope(Action.READ_SPEND)) is None:
        raise DomainError(ErrorCode.NOT_FOUND)


def _may_read(session: Session, caller: Caller, row: Touchpoint) -> bool:
    scope = caller.scope(Action.READ_CARE)
    return row.assignee_id == caller.account_id or customer_in_scope(session, row.customer_no, scope) is not None


_GUARDS: Mapping[int, Callable[[Session, Caller, UUID], None]] = {
    1: _of_declaration,
    3: _of_case,
    4: _of_touchpoint,
    5: _of_case,
    6: _of_sheet,
    7: _of_estimate,
    8: _of_launch,
}
"""Who may have which form: each raises NOT_FOUND."""


@dataclass(frozen=True)
class _Asked:
    """One request for a form."""

    number: int
    form_id: UUID
    caller: Caller
    full: bool = False

    @property
    def href(self) -> str:
        """The address of the form."""
        return f"/forms/{self.number}/{self.form_id}"


@router.get("/{number}/{form_id}.pdf")
def form_as_pdf(number: int, form_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The masked form as PDF/A."""
    with database.read() as session:
        form = _form(session, _Asked(number, form_id, caller))
    return pdf_response(form)


@router.get("/{number}/{form_id}")
def show_form(request: Request, number: int, form_id: UUID, database: DatabaseDep, caller: ReaderDep) -> Response:
    """The masked form, with print and PDF."""
    asked = _Asked(number, form_id, caller)
    with database.read() as session:
        page = _page(request, session, asked, _form(session, asked))
    return render(request, "pages/form.html", page)


@router.post("/{number}/{form_id}/full")
def form_in_clear(
    request: Request,
    number: int,
    form_id: UUID,
    database: DatabaseDep,
    caller: OpenerDep,
    *,
    pdf: Annotated[bool, Form()] = False,
) -> Response:
    """The form with personal data in clear; who asked stands in the audit trail."""
    asked = _Asked(number, form_id, caller, full=True)
    with database.write() as session:
        form = _form(session, asked)
        _keep_reading(session, asked, form)
        page = _page(request, session, asked, form)
    return pdf_response(form) if pdf else render(request, "pages/form.html", page)


def _form(session: Session, asked: _Asked) -> PrintedForm:
    if asked.number not in _GUARDS:
        raise DomainError(ErrorCode.NOT_FOUND)
    _GUARDS[asked.number](session, asked.caller, asked.form_id)
    printing = Printing(by=asked.caller.name, now=datetime.now(UTC), full=asked.full)
    return printed_form(session, asked.number, asked.form_id, printing)


def _page(request: Request, session: Session, asked: _Asked, form: PrintedForm) -> FormPage:
    return FormPage(
        shell=desk_of(request, session, asked.caller).shell("", None),
        title=form.title,
        form=form,
        pdf_href=f"{asked.href}.pdf",
        full_action=f"{asked.href}/full" if asked.caller.may(Action.OPEN_FORMS) else None,
        full=asked.full,
    )


def _keep_reading(session: Session, asked: _Asked, form: PrintedForm) -> None:
    audit.append(
        session,
        actor=str(asked.caller.account_id),
        action="form.opened",
        object_kind="form",
        object_id=f"{asked.number}/{asked.form_id}",
        door=asked.caller.door,
        after={"form": form.code, "record_no": form.record_no},
        request_id=asked.caller.request_id,
    )


def pdf_response(form: PrintedForm) -> Response:
    name = f"{form.record_no or 'form'}.pdf"
    return Response(to_pdf(form), media_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}"'})
