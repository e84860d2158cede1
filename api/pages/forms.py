"""`/forms/{number}/{form_id}`: 附件三 to 附件七 as they are printed, as a page and as PDF.

Personal data is masked. Whoever may read it asks for the full form by a button; that reading is written down.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Form, Request
from sqlmodel import Session
from starlette.responses import Response

from api.act_base import visible_case
from api.deps import Action, Caller, DatabaseDep, require
from api.forms.facts import Reading, Record, care_record, complaint_record, green_channel_record
from api.forms.pdf import to_pdf
from api.forms.sheet import Content, Printed, PrintedForm, filled
from api.forms.spend import spend_estimate
from api.forms.survey import survey_record
from api.pages.desk import desk_of
from api.pages.format import clock_time, local, long_day
from api.pages.render import render
from api.pages.view.forms import FormPage
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services import audit
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.stores.care import TouchpointStore
from models.stores.customers import customer_in_scope
from models.stores.spend import SpendStore
from models.stores.survey import SurveyStore
from models.tables.care import Touchpoint

PDF = "application/pdf"
router = APIRouter(prefix="/forms")
ReaderDep = Annotated[Caller, require(Action.READ_SERVICES)]
OpenerDep = Annotated[Caller, require(Action.OPEN_FORMS)]


class _Kind(NamedTuple):
    """How one form is read: its record, and which rulebook version holds."""

    read: Callable[[Reading, UUID], Record]
    version: Callable[[Session, Caller, UUID], UUID | None]


def _of_case(session: Session, caller: Caller, case_id: UUID) -> UUID | None:
    return visible_case(session, caller, case_id).rulebook_version_id


def _of_touchpoint(session: Session, caller: Caller, touchpoint_id: UUID) -> UUID | None:
    row = TouchpointStore(session).get(touchpoint_id)
    if row is None or not _may_read(session, caller, row):
        raise DomainError(ErrorCode.NOT_FOUND)
    return row.rulebook_version_id


def _of_sheet(session: Session, caller: Caller, sheet_id: UUID) -> UUID | None:
    store = SurveyStore(session)
    sheet = store.sheet(sheet_id, caller.scope(Action.READ_SURVEYS))
    campaign = store.get(sheet.campaign_id) if sheet else None
    if campaign is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return campaign.rulebook_version_id


def _of_estimate(session: Session, caller: Caller, plan_id: UUID) -> UUID | None:
    plan = SpendStore(session).by_id(plan_id, caller.scope(Action.READ_SPEND))
    if plan is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return plan.rulebook_version_id


def _may_read(session: Session, caller: Caller, row: Touchpoint) -> bool:
    scope = caller.scope(Action.READ_CARE)
    return row.assignee_id == caller.account_id or customer_in_scope(session, row.customer_no, scope) is not None


_KINDS: Mapping[int, _Kind] = {
    3: _Kind(green_channel_record, _of_case),
    4: _Kind(care_record, _of_touchpoint),
    5: _Kind(complaint_record, _of_case),
    6: _Kind(survey_record, _of_sheet),
    7: _Kind(spend_estimate, _of_estimate),
}


@dataclass(frozen=True)
class _Asked:
    """One request for a form."""

    number: int
    form_id: UUID
    caller: Caller
    full: bool = False

    @property
    def kind(self) -> _Kind:
        """Raises NOT_FOUND for a form that is not printed here."""
        if self.number not in _KINDS:
            raise DomainError(ErrorCode.NOT_FOUND)
        return _KINDS[self.number]

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
    now = datetime.now(UTC)
    version_id = asked.kind.version(session, asked.caller, asked.form_id)
    found = rulebook_of(session, version_id) if version_id else rulebook_in_force(session, local_date(now))
    record = asked.kind.read(Reading(session, now, found.rulebook, asked.full), asked.form_id)
    form = found.rulebook.forms.form(record.form)
    sheet = next(sheet for sheet in form.sheets if sheet.code == record.sheet)
    printed = printed_by(asked.caller, now, full=asked.full)
    content = Content(values=record.values, record_no=record.record_no, blocks=record.blocks)
    return filled(form, sheet, content, version=str(found.version.id)[:8], printed=printed)


def printed_by(caller: Caller, now: datetime, *, full: bool) -> Printed:
    """Who prints, and when."""
    on = local(now).date()
    return Printed(by=caller.name, at=f"{long_day(on)} {clock_time(now)}", on=on, full=full)


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
