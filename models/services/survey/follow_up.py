"""低分回访: an answer of 2 or less, or a total below 60, is a touchpoint of Z19 that somebody does in 3 working days.

It is written in the transaction of the answer. Its case is started at once by whoever wrote it; where that was not
possible, the daily sweep finds it waiting like any other touchpoint.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.messages.calendar import CalendarSnapshot
from models.rulebook import SurveyRules
from models.rules import calendar as cal
from models.rules.calendar import local_date
from models.service_types import TouchpointOrigin
from models.services.calendars import snapshot
from models.services.rulebooks import InForce
from models.services.servicing.posts import queue_at
from models.stores.care import TouchpointStore
from models.stores.memberships import running_memberships
from models.stores.service_counts import SURVEY_CODE
from models.tables.care import Touchpoint
from models.tables.columns import new_id
from models.tables.survey import SurveyInvitation, SurveySheet
from models.types import Role, Stage

TITLE = "低分回访"
REASON = "满意度调查低分：须回访客户并记录处理结果"


@dataclass(frozen=True)
class Low:
    """A sheet that asks for a follow-up, with what it was recorded from."""

    sheet: SurveySheet
    invitation: SurveyInvitation
    rules: InForce


def open_follow_up(session: Session, low: Low, at: datetime) -> Touchpoint:
    """The touchpoint of a sheet; its key is the sheet's, so that there is never a second one."""
    rulebook, sheet = low.rules.rulebook, low.sheet
    item = rulebook.services.item(SURVEY_CODE)
    calendar = snapshot(session, rulebook.working_time, local_date(at), institution_code=sheet.institution_code)
    role, place = queue_at(session, rulebook.survey.follow_up_role, Role.BR_LEAD, sheet.institution_code)
    running = running_memberships(session, local_date(at), sheet.customer_no)
    due = local_date(_due(rulebook.survey, calendar, at))
    row = Touchpoint(
        id=new_id(),
        customer_no=sheet.customer_no,
        membership_id=running[0].id if running else None,
        institution_code=place,
        key=key_of(sheet),
        code=item.code,
        item=item.identifier,
        article=rulebook.survey.article,
        origin=TouchpointOrigin.MANUAL,
        tier=sheet.tier,
        contact_id=low.invitation.contact_id,
        title=TITLE,
        planned_on=due,
        due_on=due,
        lead_on=local_date(at),
        role=role,
        human=True,
        stage=Stage.PLANNED,
        reason=REASON,
        rulebook_version_id=low.rules.version.id,
        created_at=at,
        updated_at=at,
    )
    TouchpointStore(session).add(row)
    return row


def key_of(sheet: SurveySheet) -> str:
    """What names the follow-up of a sheet for ever."""
    return f"{SURVEY_CODE}:low:{sheet.id}"


def _due(rules: SurveyRules, calendar: CalendarSnapshot, at: datetime) -> datetime:
    return cal.add_working_days(calendar, at, rules.follow_up_working_days).due_at
