"""A service case follows a published calendar: its clocks, its task and its form, once per publication."""

from sqlmodel import Session

from models.messages.service import AdoptServiceCalendar, ServiceCalendarAdopted, ServiceState
from models.rules import service
from models.services import calendar_adoption as adoption
from models.services.servicing.effects.registry import effect_of


def adopt(session: Session, message: AdoptServiceCalendar) -> ServiceCalendarAdopted:
    """Move the open deadlines to the calendar as it stands; told again, it answers what the first time recorded.

    Raises RecordDivergedError.
    """
    found = adoption.begin(session, message.case_id, message.publication_id)
    if found.is_done:
        recorded = ServiceState.model_validate(found.case.state)
        state = service.with_deadlines_of(message.before, recorded)
        return ServiceCalendarAdopted(calendar=found.calendar, state=state)
    after = service.redated(message.before, found.calendar)
    adoption.finish(session, found, message.before, after)
    effect_of(found.case.kind).redated(session, found.case, after)
    return ServiceCalendarAdopted(calendar=found.calendar, state=after)
