"""Telling a running case that the calendar changed, and what it does about it."""

from uuid import UUID

from models.messages.approval import ApprovalState
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot


class CalendarPublished(Message):
    """Signal `calendar_published` to every running case, once per publication."""

    publication_id: UUID


class AdoptCalendar(Message):
    """To be recorded: the case moves its open deadlines to the published calendar."""

    case_id: UUID
    publication_id: UUID
    before: ApprovalState


class CalendarAdopted(Message):
    """The calendar the case runs on now and its state with the moved deadlines, as recorded."""

    calendar: CalendarSnapshot
    state: ApprovalState


class PublishCalendar(Message):
    """Start of `calendar-publish`: tell every running case of a stored publication."""

    publication_id: UUID


class TellingProgress(Message):
    """How far the telling is; `finished` once every case has answered or ended."""

    told_now: int
    acknowledged: int
    cases: int
    finished: bool
