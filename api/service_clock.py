"""The clock of a promise, ready for `models.rules.clock`: JSON answers and pages read every service case through it."""

from datetime import timedelta

from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceClock
from models.rules import calendar as cal
from models.rules.clock import Clock


def clock_of(calendar: CalendarSnapshot, promise: ServiceClock) -> Clock:
    """A promise as a clock: its deadline has the ended pauses in it, a clock starts from the limit before them."""
    ended = [(pause.paused_at, pause.resumed_at) for pause in promise.pauses if pause.resumed_at is not None]
    due_at = promise.deadline.due_at
    if promise.elapsed:
        limit = due_at - sum((end - start for start, end in ended), timedelta())
    else:
        paused = sum((cal.working_time_between(calendar, start, end) for start, end in ended), timedelta())
        limit = cal.subtract_working_time(calendar, due_at, paused)
    return Clock(
        started_at=promise.started_at,
        due_at=limit,
        elapsed=promise.elapsed,
        pauses=promise.pauses,
        finished_at=promise.finished_at,
    )
