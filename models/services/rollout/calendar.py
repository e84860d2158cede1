"""A launch follows a published calendar: the deadlines of its open parts, once per publication."""

from sqlmodel import Session

from models.messages.rollout import AdoptRolloutCalendar, RolloutCalendarAdopted
from models.rules import rollout
from models.services import calendar_adoption as adoption
from models.services.case_state import launch_of


def adopt(session: Session, message: AdoptRolloutCalendar) -> RolloutCalendarAdopted:
    """Move the open deadlines to the calendar as it stands; told again, it answers what the first time recorded.

    Raises RecordDivergedError.
    """
    found = adoption.begin(session, message.case_id, message.publication_id)
    if found.is_done:
        state = rollout.with_deadlines_of(message.before, launch_of(found.case))
        return RolloutCalendarAdopted(calendar=found.calendar, state=state)
    after = rollout.redated(message.before, found.calendar)
    adoption.finish(session, found, message.before, after)
    return RolloutCalendarAdopted(calendar=found.calendar, state=after)
