"""Which forms are printed, from which records, by which version of the rulebook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from api.forms.declaration import declaration_record
from api.forms.facts import Reading, Record, care_record, complaint_record, green_channel_record
from api.forms.quarter import quarterly_summary
from api.forms.rollout import rollout_record
from api.forms.sheet import Content, Printed, PrintedForm, filled
from api.forms.spend import spend_estimate
from api.forms.survey import survey_record
from api.pages.format import clock_time, local, long_day
from models.errors import DomainError, ErrorCode
from models.rules.calendar import local_date
from models.services.rulebooks import rulebook_in_force, rulebook_of
from models.stores.care import TouchpointStore
from models.stores.cases import CaseStore
from models.stores.scope import EVERYTHING
from models.stores.spend import SpendStore
from models.stores.survey import SurveyStore


class Kind(NamedTuple):
    """How one form is read: its record, and the rulebook version it was written under (None: the one in force)."""

    read: Callable[[Reading, UUID], Record]
    version: Callable[[Session, UUID], UUID | None]


def _of_case(session: Session, case_id: UUID) -> UUID | None:
    case = CaseStore(session).get(case_id)
    return case.rulebook_version_id if case else None


def _of_touchpoint(session: Session, touchpoint_id: UUID) -> UUID | None:
    row = TouchpointStore(session).get(touchpoint_id)
    return row.rulebook_version_id if row else None


def _of_sheet(session: Session, sheet_id: UUID) -> UUID | None:
    store = SurveyStore(session)
    sheet = store.sheet(sheet_id, EVERYTHING)
    campaign = store.get(sheet.campaign_id) if sheet else None
    return campaign.rulebook_version_id if campaign else None


def _of_estimate(session: Session, plan_id: UUID) -> UUID | None:
    plan = SpendStore(session).get(plan_id)
    return plan.rulebook_version_id if plan else None


KINDS: Mapping[int, Kind] = {
    1: Kind(declaration_record, _of_case),
    2: Kind(quarterly_summary, _of_case),
    3: Kind(green_channel_record, _of_case),
    4: Kind(care_record, _of_touchpoint),
    5: Kind(complaint_record, _of_case),
    6: Kind(survey_record, _of_sheet),
    7: Kind(spend_estimate, _of_estimate),
    8: Kind(rollout_record, _of_case),
}
"""By 附件 number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """Who prints, when, and whether personal data is to stand in clear."""

    by: str
    now: datetime
    full: bool = False

    def foot(self) -> Printed:
        """The same as it stands at the foot of the sheet."""
        on = local(self.now).date()
        return Printed(by=self.by, at=f"{long_day(on)} {clock_time(self.now)}", on=on, full=self.full)


def printed_form(session: Session, number: int, form_id: UUID, printing: Printing) -> PrintedForm:
    """The form of a record, filled. Whether the reader may have it is asked before. Raises NOT_FOUND."""
    kind = KINDS.get(number)
    if kind is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    version_id = kind.version(session, form_id)
    found = rulebook_of(session, version_id) if version_id else rulebook_in_force(session, local_date(printing.now))
    record = kind.read(Reading(session, printing.now, found.rulebook, printing.full), form_id)
    form = found.rulebook.forms.form(record.form)
    sheet = next(sheet for sheet in form.sheets if sheet.code == record.sheet)
    content = Content(values=record.values, record_no=record.record_no, blocks=record.blocks)
    return filled(form, sheet, content, version=str(found.version.id)[:8], printed=printing.foot())
