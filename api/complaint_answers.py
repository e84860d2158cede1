"""Inquiries and complaints as JSON answers: who may see which, and the texts masked unless they were opened."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.act_base import inbox_of
from api.pages.format import mask_name, mask_phone, mask_text
from api.schemas.cases import TimelineAnswer
from api.schemas.complaints import ClockAnswer, ComplaintAnswer, ComplaintRowAnswer
from api.security.caller import Caller
from api.security.policy import Action
from api.service_clock import clock_of
from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceClock, ServiceState
from models.rules.clock import Clock, read_clock
from models.rules.service.clocks import find
from models.rules.service.facts import ClockName
from models.service_types import ComplaintSheet
from models.services.case_view import TimelineItem, timeline_of
from models.stores.complaints import ComplaintRow, ComplaintStore
from models.stores.tasks import TaskStore
from models.types import Outcome

TEXTS = ("matter", "first_reply", "investigation", "handling", "view_text", "leader_opinion")
"""What people said or wrote about it, in the order it came about."""
_FROM_RECORD = (
    *("case_id", "record_no", "sheet", "grade", "customer_no", "institution_code", "channel", "contact_id"),
    *("received_at", "reply_due_at", "first_reply_at", "reply_in_time"),
    *("close_due_at", "closed_at", "closed_in_time", "justified", "customer_view"),
)


def visible_complaint(
    session: Session, caller: Caller, case_id: UUID, sheet: ComplaintSheet | None = None
) -> ComplaintRow:
    """The complaint, if it is served or its customer belongs within the caller's scope, or a task of it concerns it.

    Raises NOT_FOUND.
    """
    store = ComplaintStore(session)
    row = store.in_scope(case_id, caller.scope(Action.READ_COMPLAINTS))
    if row is None and TaskStore(session).concerns(case_id, inbox_of(session, caller)):
        row = store.get(case_id)
    if row is None or (sheet is not None and row.record.sheet is not sheet):
        raise DomainError(ErrorCode.NOT_FOUND)
    return row


def may_open(session: Session, caller: Caller, row: ComplaintRow) -> bool:
    """Whether the caller may read the contents: its post allows it, and the case lies in its scope or on its desk."""
    if not caller.may(Action.OPEN_COMPLAINT_TEXT):
        return False
    inside = ComplaintStore(session).in_scope(row.record.case_id, caller.scope(Action.OPEN_COMPLAINT_TEXT))
    return inside is not None or TaskStore(session).concerns(row.record.case_id, inbox_of(session, caller))


def record_clock(calendar: CalendarSnapshot, row: ComplaintRow, name: ClockName) -> Clock:
    """首次答复 (`reply`) or 结案 (`close`) as a clock, of the life that the case lives now.

    Raises KeyError for a promise that an inquiry does not have.
    """
    promise = find(ServiceState.model_validate(row.case.state), name)
    if promise is None:
        raise KeyError(name)
    return clock_of(calendar, promise)


def row_answer(row: ComplaintRow, now: datetime) -> ComplaintRowAnswer:
    """One of a list."""
    return ComplaintRowAnswer(**_fields(row, now))


def complaint_answer(
    session: Session, row: ComplaintRow, calendar: CalendarSnapshot, now: datetime, *, opened: bool
) -> ComplaintAnswer:
    """All of one; `opened` gives its texts in full."""
    state, record = ServiceState.model_validate(row.case.state), row.record
    shown: Callable[[str], str] = (lambda text: text) if opened else mask_text
    fields = _fields(row, now)
    if opened:
        fields |= {"complainant": record.complainant, "phone": record.phone, "subject": record.subject}
    return ComplaintAnswer(
        **fields,
        **{name: shown(getattr(record, name)) for name in TEXTS},
        opened=opened,
        late_reason=record.late_reason,
        clocks=[_clock(clock, calendar, now) for clock in state.clocks],
        task_id=state.tasks[0].task_id if state.tasks else None,
        reopen_until=state.reopen_until,
        lives=record.lives,
        timeline=[_line(item, shown) for item in timeline_of(session, row.case)],
    )


def _fields(row: ComplaintRow, now: datetime) -> dict[str, Any]:
    record, case, due = row.record, row.case, row.next_due_at
    return {name: getattr(record, name) for name in _FROM_RECORD} | {
        "stage": case.stage,
        "round": case.round,
        "version": case.version,
        "outcome": Outcome(case.outcome) if case.outcome else None,
        "tier": case.tier,
        "customer_name": row.customer_name,
        "complainant": mask_name(record.complainant) if record.complainant else "",
        "phone": mask_phone(record.phone) if record.phone else "",
        "subject": mask_text(record.subject),
        "due_at": due,
        "overdue": due is not None and due < now,
        "handler": record.handler_name,
    }


def _clock(clock: ServiceClock, calendar: CalendarSnapshot, now: datetime) -> ClockAnswer:
    reading = read_clock(calendar, clock_of(calendar, clock), now)
    return ClockAnswer(
        name=clock.name,
        code=clock.code,
        article=clock.article,
        limit=clock.limit.model_dump(mode="json") if clock.limit else None,
        regular=clock.regular.model_dump(mode="json") if clock.regular else None,
        started_at=clock.started_at,
        due_at=reading.due_at or clock.deadline.due_at,
        provisional=clock.deadline.provisional,
        finished_at=clock.finished_at,
        state=reading.state,
        used_percent=reading.used_percent,
    )


def _line(item: TimelineItem, shown: Callable[[str], str]) -> TimelineAnswer:
    answer = TimelineAnswer.model_validate(item)
    answer.comment = shown(item.comment)
    return answer
