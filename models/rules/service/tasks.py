"""The one open task of a service case: which step it is, which clock it serves, and how it opens and closes."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from models.messages.approval import OpenTask
from models.messages.service import ServiceClock, ServiceState
from models.rules.alarms import BREACH
from models.rules.service.clocks import clock_of, with_clock
from models.rules.service.facts import ClockName
from models.rules.service.people import is_serious, lead_post, queue
from models.types import CaseKind, Role, Stage

ACCEPT, HANDLE, CONFIRM = "accept", "handle", "confirm"
REPLY, INVESTIGATE, CLOSE = "reply", "investigate", "close"
PERFORM = "perform"

_CLOCK_OF_STEP: dict[str, ClockName] = {
    ACCEPT: "complete",
    HANDLE: "complete",
    CONFIRM: "confirm",
    REPLY: "reply",
    INVESTIGATE: "close",
    CLOSE: "close",
    PERFORM: "perform",
}
_STEPS: dict[CaseKind, dict[Stage, str]] = {
    CaseKind.GREEN_CHANNEL: {
        Stage.RECEIVED: ACCEPT,
        Stage.ACCEPTED: HANDLE,
        Stage.HANDLING: HANDLE,
        Stage.AWAITING_CONFIRMATION: CONFIRM,
    },
    CaseKind.COMPLAINT: {
        Stage.REGISTERED: REPLY,
        Stage.AWAITING_FIRST_REPLY: REPLY,
        Stage.REOPENED: REPLY,
        Stage.INVESTIGATING: INVESTIGATE,
        Stage.HANDLING: CLOSE,
        Stage.AWAITING_CUSTOMER: CLOSE,
    },
    CaseKind.CARE_TOUCHPOINT: {Stage.DUE: PERFORM},
}


def step_of(state: ServiceState) -> str | None:
    """Step of the task that the stage asks for; None when the case is closed."""
    if state.outcome is not None:
        return None
    stage = stage_before_pause(state) if state.stage is Stage.PAUSED else state.stage
    return _STEPS[state.kind].get(stage)


def stage_before_pause(state: ServiceState) -> Stage:
    """Where a paused case goes back to."""
    return next((past.stage for past in reversed(state.acts) if past.act == "pause"), Stage.HANDLING)


def with_open_task(state: ServiceState, make_id: Callable[[], UUID], at: datetime) -> ServiceState:
    """The state with the task its stage asks for; unchanged while one is open, or when the case is closed.

    The task is due, paused and counted as the clock it serves, and sets off no alarm that went off on that clock.
    """
    step = step_of(state)
    if step is None or state.tasks:
        return state
    clock = clock_of(state, _CLOCK_OF_STEP[step])
    role, institution_code, assignee_id = holder_of(state, step)
    task = OpenTask(
        task_id=make_id(),
        step=step,
        role=role,
        institution_code=institution_code,
        assignee_id=assignee_id,
        opened_at=at,
        alarms=clock.alarms,
        breach_recorded=BREACH in clock.alarms,
        deadline=clock.deadline,
    )
    return state.model_copy(update={"tasks": (on_clock(task, clock),)})


def holder_of(state: ServiceState, step: str) -> tuple[Role, str, UUID | None]:
    """Post, institution and person of a step. A serious complaint is closed by the lead, whoever handled it."""
    if step == CLOSE and is_serious(state):
        return (*lead_post(state), None)
    return (*queue(state), state.handler_id)


def on_clock(task: OpenTask, clock: ServiceClock) -> OpenTask:
    """The task as its clock stands."""
    facts: dict[str, object] = {
        "deadline": clock.deadline,
        "pauses": clock.pauses,
        "clock_from": clock.started_at,
        "elapsed": clock.elapsed,
        "by_date": clock.due_on is not None,
    }
    return task.model_copy(update=facts)


def clock_of_task(state: ServiceState, task: OpenTask) -> ServiceClock:
    """The clock an open task serves."""
    return clock_of(state, _CLOCK_OF_STEP[task.step])


def settled(before: ServiceState, after: ServiceState) -> ServiceState:
    """The state after an act with its task: kept on its newer clock, or gone where the stage asks for another one.

    A task that is gone leaves the keys of its alarms with the clock it served.
    """
    if not before.tasks:
        return after
    task, step = before.tasks[0], step_of(after)
    if step != task.step or not after.tasks:
        return after.model_copy(update={"tasks": (), "clocks": _remembering(after.clocks, task)})
    role, institution_code, assignee_id = holder_of(after, step)
    held = {
        "role": role,
        "institution_code": institution_code,
        "assignee_id": assignee_id,
        "version": task.version + 1,
    }
    kept = on_clock(task.model_copy(update=held), clock_of_task(after, task))
    return after.model_copy(update={"tasks": (kept,)})


def _remembering(clocks: tuple[ServiceClock, ...], task: OpenTask) -> tuple[ServiceClock, ...]:
    name = _CLOCK_OF_STEP[task.step]
    for clock in clocks:
        if clock.name == name and set(task.alarms) - set(clock.alarms):
            return with_clock(clocks, clock.model_copy(update={"alarms": task.alarms}))
    return clocks
