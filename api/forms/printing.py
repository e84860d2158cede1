"""Which forms are printed here, and each of them filled for its reader: 附件二 to 附件七."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from api.act_base import visible_case
from api.deps import Action, Caller
from api.forms.facts import Reading, Record, care_record, complaint_record, green_channel_record
from api.forms.quarter import quarterly_summary
from api.forms.sheet import Content, Printed, PrintedForm, filled
from api.forms.spend import spend_estimate
from api.forms.survey import survey_record
from api.pages.format import clock_time, local, long_day
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.stores.care import TouchpointStore
from models.stores.customers import customer_in_scope
from models.stores.spend import SpendStore
from models.stores.survey import SurveyStore
from models.tables.care import Touchpoint


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
    2: _Kind(quarterly_summary, _of_case),
    3: _Kind(green_channel_record, _of_case),
    4: _Kind(care_record, _of_touchpoint),
    5: _Kind(complaint_record, _of_case),
    6: _Kind(survey_record, _of_sheet),
    7: _Kind(spend_estimate, _of_estimate),
}


def printed(session: Session, caller: Caller, number: int, form_id: UUID, *, full: bool = False) -> PrintedForm:
    """The form as its reader may have it; `full` with personal data in clear.

    Raises NOT_FOUND for a form that is not printed here, and what lies outside the reader's reach.
    """
    kind = _KINDS.get(number)
    if kind is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    now = datetime.now(UTC)
    version_id = kind.version(session, caller, form_id)
    found = rulebook_of(session, version_id) if version_id else rulebook_in_force(session, local_date(now))
    record = kind.read(Reading(session, now, found.rulebook, full), form_id)
    form = found.rulebook.forms.form(record.form)
    sheet = next(sheet for sheet in form.sheets if sheet.code == record.sheet)
    content = Content(values=record.values, record_no=record.record_no, blocks=record.blocks)
    by = printed_by(caller, now, full=full)
    return filled(form, sheet, content, version=str(found.version.id)[:8], printed=by)


def printed_by(caller: Caller, now: datetime, *, full: bool) -> Printed:
    """Who prints, and when."""
    on = local(now).date()
    return Printed(by=caller.name, at=f"{long_day(on)} {clock_time(now)}", on=on, full=full)
