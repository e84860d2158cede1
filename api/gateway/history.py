"""The history of a run as operations reads it: what happened, in order, and which timer is set."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.converter import DataConverter

LONGEST = 500
"""Events that are shown, the newest; a run has a few hundred (a test holds its budget)."""
_TASKS = "WORKFLOW_TASK_"
_OVER = frozenset(
    f"WORKFLOW_EXECUTION_{end}"
    for end in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW")
)
"""Events that are the last of their run: its timers never go off."""


class Happened(NamedTuple):
    """One event. `name`: the activity, update, signal or timer it is about; `who`: the person an update names."""

    number: int
    kind: str
    at: datetime
    name: str = ""
    who: str = ""


class History(NamedTuple):
    """The newest events of a run, newest first, and the instant of the next timer (None: none is set)."""

    events: tuple[Happened, ...]
    next_timer_at: datetime | None


async def read_history(events: list[HistoryEvent], converter: DataConverter) -> History:
    """The events without those that only say that a worker looked at the run."""
    told = [event for event in events if not _kind(event).startswith(_TASKS)]
    names = _activities(events)
    shown = [await _happened(event, names, converter) for event in told[-LONGEST:]]
    return History(tuple(reversed(shown)), _next_timer(events))


def _kind(event: HistoryEvent) -> str:
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


def _at(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC)


def _attributes(event: HistoryEvent) -> Any:
    return getattr(event, event.WhichOneof("attributes") or "")


def _activities(events: list[HistoryEvent]) -> dict[int, str]:
    """Names of activities by the event that scheduled them: the later events only point there."""
    return {
        event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }


async def _happened(event: HistoryEvent, names: dict[int, str], converter: DataConverter) -> Happened:
    found = Happened(event.event_id, _kind(event), _at(event))
    if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request
        return found._replace(name=request.input.name, who=await _actor(request.input.args.payloads, converter))
    attributes = _attributes(event)
    scheduled = getattr(attributes, "scheduled_event_id", 0)
    if scheduled in names:
        return found._replace(name=names[scheduled])
    if event.event_id in names:
        return found._replace(name=names[event.event_id])
    return found._replace(name=getattr(attributes, "signal_name", "") or getattr(attributes, "marker_name", ""))


async def _actor(payloads: Any, converter: DataConverter) -> str:
    """Who an act was sent by; of an update without arguments, nobody."""
    values = await converter.decode(list(payloads)) if payloads else []
    first = values[0] if values else None
    return str(first.get("actor_name", "")) if isinstance(first, dict) else ""


def _next_timer(events: list[HistoryEvent]) -> datetime | None:
    """The earliest timer that was set and neither went off nor was taken back, of a run that goes on."""
    if events and _kind(events[-1]) in _OVER:
        return None
    waiting: dict[int, datetime] = {}
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            after = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            waiting[event.event_id] = _at(event) + after
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            waiting.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            waiting.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return min(waiting.values(), default=None)
