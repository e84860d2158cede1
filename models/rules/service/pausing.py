"""暂停 / 恢复 of a green-channel clock: its deadline moves on by the paused office time."""

from datetime import datetime

from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.messages.service_acts import PauseService, ResumeService
from models.rules.clock import open_pause
from models.rules.service.clocks import clock_of, resumed, with_clock
from models.rules.service.history import accepted
from models.rules.service.tasks import stage_before_pause
from models.types import Stage


def pause(state: ServiceState, act: PauseService, at: datetime, _: CalendarSnapshot) -> ServiceState:
    """The clock stands until it is resumed; the task stays with its holder."""
    clock = clock_of(state, "complete")
    pauses = open_pause(clock.pauses, max(at, clock.started_at), act.reason.value)
    clocks = with_clock(state.clocks, clock.model_copy(update={"pauses": pauses}))
    return accepted(state, act, act.kind, at, {"stage": Stage.PAUSED, "clocks": clocks})


def resume(state: ServiceState, act: ResumeService, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """Back to where it was paused; a clock in natural hours moves on by natural time."""
    clocks = with_clock(state.clocks, resumed(clock_of(state, "complete"), at, calendar))
    return accepted(state, act, act.kind, at, {"stage": stage_before_pause(state), "clocks": clocks})
