"""受理登记 / 登记: the first state of a service case; its task is opened by the record (`with_open_task`)."""

from datetime import datetime

from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.rules.service.clocks import started
from models.rules.service.facts import OpeningFacts
from models.types import CaseKind, Stage

_FIRST_STAGE = {
    CaseKind.GREEN_CHANNEL: Stage.RECEIVED,
    CaseKind.COMPLAINT: Stage.REGISTERED,
    CaseKind.CARE_TOUCHPOINT: Stage.DUE,
}


def opened(facts: OpeningFacts, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """The state at its opening: the clocks run since `received_at`, those of a touchpoint since `at`."""
    since = at if facts.kind is CaseKind.CARE_TOUCHPOINT else facts.received_at
    handler_id, handler_name = facts.handler or (None, None)
    return ServiceState(
        case_id=facts.case_id,
        kind=facts.kind,
        stage=_FIRST_STAGE[facts.kind],
        tier=facts.tier,
        customer_no=facts.customer_no,
        institution_code=facts.institution_code,
        role=facts.role,
        lead_role=facts.lead_role,
        lead_institution_code=facts.lead_institution_code,
        handler_id=handler_id,
        handler_name=handler_name,
        opened_by=facts.opened_by,
        clocks=tuple(started(promise, since, calendar) for promise in facts.promises),
        service=facts.service,
        confirm_working_days=facts.confirm_working_days,
        reopen_working_days=facts.reopen_working_days,
        sheet=facts.sheet,
        grade=facts.grade,
        touchpoint_id=facts.touchpoint_id,
    )
