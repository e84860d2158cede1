"""Green-channel requests as JSON answers: the record 附件三, the clock, and who it waits for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.green_channel_acts import crosses
from api.green_channel_due import Promise
from api.schemas.clock import PauseAnswer
from api.schemas.green_channel import (
    DueAnswer,
    GreenActAnswer,
    GreenChannelAnswer,
    GreenChannelRowAnswer,
    LimitAnswer,
    ServiceClockAnswer,
)
from api.service_clock import clock_of
from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceClock, ServiceState, TimeLimit
from models.rules.clock import ClockState, read_clock
from models.service_types import GreenService
from models.services.case_view import TimelineItem
from models.services.servicing.effects.base import clock_named
from models.stores.green_channel import GreenRow
from models.stores.institutions import InstitutionStore
from models.stores.scope import EVERYTHING
from models.tables.organisation import Institution

_FROM_RECORD = [
    "case_id",
    "record_no",
    "customer_no",
    "institution_code",
    "service",
    "reference_no",
    "policy_no",
    "channel",
    "undisputed_amount",
    "advance_amount",
    "code",
    "received_at",
    "due_at",
    "handler_name",
    "accepted_at",
    "finished_at",
    "in_time",
    "late_reason",
    "confirmed_at",
    "confirmed_by",
    "satisfied",
]
_FROM_CASE = ["tier", "stage", "version", "round", "opened_at", "closed_at", "outcome"]


def places_of(session: Session) -> dict[str, Institution]:
    """Every institution by code: what tells whether a request crosses regions."""
    return {place.code: place for place in InstitutionStore(session).all(EVERYTHING)}


def due_answer(service: GreenService, promise: Promise, now: datetime) -> DueAnswer:
    """What a customer is promised, before anything is sent."""
    clock = promise.clock
    return DueAnswer(
        customer_no=promise.customer.customer_no,
        service=service,
        tier=promise.tier,
        code=clock.code,
        article=clock.article,
        limit=_limit(clock.limit),
        regular_limit=_limit(clock.regular),
        received_at=clock.started_at,
        due_at=clock.deadline.due_at,
        provisional=clock.deadline.provisional,
        overdue=clock.deadline.due_at < now,
    )


def row_answer(
    row: GreenRow, places: Mapping[str, Institution], calendar: CalendarSnapshot, now: datetime
) -> GreenChannelRowAnswer:
    """One of a list."""
    return GreenChannelRowAnswer(**_fields(row, places, calendar, now))


def request_answer(
    row: GreenRow,
    timeline: tuple[TimelineItem, ...],
    places: Mapping[str, Institution],
    calendar: CalendarSnapshot,
    now: datetime,
) -> GreenChannelAnswer:
    """All of one."""
    state, record = ServiceState.model_validate(row.case.state), row.record
    waiting = state.tasks[0] if state.tasks else None
    return GreenChannelAnswer(
        **_fields(row, places, calendar, now),
        contact_name=record.contact_name,
        remark=record.remark,
        result=record.result,
        confirmation=record.confirmation,
        waits_for=(state.handler_name or state.role.value) if waiting else None,
        role=state.role,
        clocks=[_clock(clock, calendar, now) for clock in state.clocks],
        timeline=[_act(item) for item in timeline],
    )


def promise_of(state: ServiceState) -> ServiceClock:
    """The clock of its completion. Raises NOT_FOUND for what is no request of the green channel."""
    found = clock_named(state, "complete")
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return found


def _fields(
    row: GreenRow, places: Mapping[str, Institution], calendar: CalendarSnapshot, now: datetime
) -> dict[str, Any]:
    record, case, customer = row
    state = ServiceState.model_validate(case.state)
    promise = promise_of(state)
    reading = read_clock(calendar, clock_of(calendar, promise), now)
    return {
        **{name: getattr(record, name) for name in _FROM_RECORD},
        **{name: getattr(case, name) for name in _FROM_CASE},
        "customer_name": customer.name,
        "owning_institution_code": customer.institution_code,
        "cross_region": crosses(places, record.institution_code, customer.institution_code),
        "article": promise.article,
        "limit": _limit(promise.limit),
        "regular_limit": _limit(promise.regular),
        "provisional": promise.deadline.provisional,
        "overdue": reading.state is ClockState.OVERDUE,
        "clock_state": reading.state,
        "handler": record.handler_id,
        "next_task_id": state.tasks[0].task_id if state.tasks else None,
    }


def _limit(limit: TimeLimit | None) -> LimitAnswer | None:
    return LimitAnswer(unit=limit.unit, value=limit.value) if limit else None


def _clock(clock: ServiceClock, calendar: CalendarSnapshot, now: datetime) -> ServiceClockAnswer:
    reading = read_clock(calendar, clock_of(calendar, clock), now)
    return ServiceClockAnswer(
        name=clock.name,
        started_at=clock.started_at,
        due_at=clock.deadline.due_at,
        provisional=clock.deadline.provisional,
        finished_at=clock.finished_at,
        state=reading.state,
        used_percent=reading.used_percent,
        pauses=[PauseAnswer.model_validate(pause) for pause in clock.pauses],
    )


def _act(item: TimelineItem) -> GreenActAnswer:
    return GreenActAnswer(
        at=item.at,
        act=item.act,
        actor=item.actor,
        on_behalf_of=item.on_behalf_of,
        door=item.door,
        stage=item.stage,
        comment=item.comment,
        to_name=item.to_name,
    )
