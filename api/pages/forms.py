"""`/forms/{number}/{form_id}`: 附件一 to 附件八 as they are printed, as a page and as PDF.

Personal data is masked. Whoever may read it asks for the full form by a button; that reading is written down.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import Action, Caller, DatabaseDep, require
from api.forms.pdf import pdf_answer
from api.forms.printing import printed
from api.forms.sheet import PrintedForm
from api.pages.desk import desk_of
from api.pages.render import render
from api.pages.view.forms import FormPage
from models.services import audit

router = APIRouter(prefix="/forms")
ReaderDep = Annotated[Caller, require(Action.READ_SERVICES)]
OpenerDep = Annotated[Caller, require(Action.OPEN_FORMS)]


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
    return printed(session, asked.caller, asked.number, asked.form_id, full=asked.full)


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
    """The form as a download, named by its number."""
    return pdf_answer(f"{form.record_no or 'form'}.pdf", form)
