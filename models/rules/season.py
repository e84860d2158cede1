"""Phases of a quota season 名额季 (冻结 申报 排名 公示 申诉 生效), as a pure state machine.

A phase says what is being done: in `freeze` the facts are put in order until the list is frozen, in `publish` the list
is public 公示 and appeals may be made, in `appeal` those made are settled. No phase ends because a date passed, except
that the appeal window closes; head office ends every other one, with a reason. Nothing goes back, except that the list
may be reopened before it is published.
"""

from datetime import datetime
from typing import NamedTuple

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.season import MoveSeason, PhaseDate, SeasonMoved, SeasonState
from models.rulebook import Procedure
from models.rules.calendar import add_working_days, instant, local_date
from models.types import SYSTEM_SCHEDULE, Door, Role, SeasonPhase, Stage

ORDER = tuple(SeasonPhase)
DAY_MINUTES = 24 * 60
_REOPENS = frozenset({SeasonPhase.DECLARE, SeasonPhase.RANK})


class Reminder(NamedTuple):
    """Head office is told at `at` that `date` passed with the phase still open."""

    date: PhaseDate
    at: datetime


def phase_dates(procedure: Procedure, year: int) -> tuple[PhaseDate, ...]:
    """By when each phase should be over, regulation 2.4; a phase that the rulebook gives no date has none."""
    steps = {step.stage: step.due_on(year) for step in procedure.steps}
    milestones = [milestone.date_for(year) for milestone in procedure.milestones]
    found = {
        SeasonPhase.FREEZE: max(milestones, default=None),
        SeasonPhase.DECLARE: steps.get(Stage.DECLARED),
        SeasonPhase.RANK: steps.get(Stage.HQ_REVIEW),
        SeasonPhase.APPEAL: procedure.term(year)[0],
    }
    return tuple(PhaseDate(phase=phase, due_on=day) for phase, day in found.items() if day is not None)


def may_move_to(state: SeasonState) -> tuple[SeasonPhase, ...]:
    """Phases that head office may lead the season to now: the next one, and back to `freeze` before publication."""
    at = ORDER.index(state.phase)
    back = (SeasonPhase.FREEZE,) if state.phase in _REOPENS else ()
    return (*back, *ORDER[at + 1 : at + 2])


def check(state: SeasonState, act: MoveSeason) -> None:
    """Refuse what may not be done now: the validator, the records and the page ask the same.

    Raises NOT_ALLOWED without the head-office post, STALE_VERSION, WRONG_STAGE, REASON_REQUIRED.
    """
    if not any(post.role is Role.HQ_VIP for post in act.posts):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=Role.HQ_VIP.value)
    if act.version != state.version:
        raise DomainError(ErrorCode.STALE_VERSION, version=state.version)
    if act.to not in may_move_to(state):
        raise wrong_phase(state.phase)
    if not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)


def wrong_phase(phase: SeasonPhase) -> DomainError:
    """The refusal of an act that this phase does not know."""
    return DomainError(ErrorCode.WRONG_STAGE, stage=phase.value)


def move(state: SeasonState, act: MoveSeason, at: datetime, calendar: CalendarSnapshot) -> SeasonState:
    """The state after the act. Publication opens the appeal window, counted in working days."""
    check(state, act)
    moved = SeasonMoved(
        phase=act.to,
        version=state.version + 1,
        actor_id=act.actor_id,
        actor_name=act.actor_name,
        door=act.door,
        reason=act.comment.strip(),
        at=at,
        is_late=is_late(state, at),
        update_id=act.update_id,
    )
    after = _moved(state, moved)
    if act.to is SeasonPhase.PUBLISH:
        window = add_working_days(calendar, at, state.appeal_working_days)
        after = after.model_copy(update={"appeals_until": window})
    return after


def close_window(state: SeasonState, at: datetime) -> SeasonState:
    """The appeal window ran out: appeals that were made are settled now. Unchanged when it is closed already."""
    if state.phase is not SeasonPhase.PUBLISH:
        return state
    moved = SeasonMoved(
        phase=SeasonPhase.APPEAL,
        version=state.version + 1,
        actor_name=SYSTEM_SCHEDULE,
        door=Door.SYSTEM,
        at=at,
    )
    return _moved(state, moved)


def _moved(state: SeasonState, moved: SeasonMoved) -> SeasonState:
    # Reopened phases come round again, and so do their reminders.
    kept = tuple(phase for phase in state.reminded if ORDER.index(phase) < ORDER.index(moved.phase))
    change = {"phase": moved.phase, "version": moved.version, "moves": (*state.moves, moved), "reminded": kept}
    return state.model_copy(update=change)


def date_of(state: SeasonState, phase: SeasonPhase) -> PhaseDate | None:
    """By when a phase should be over: for `publish` the end of the appeal window, once there is one."""
    if phase is SeasonPhase.PUBLISH and state.appeals_until is not None:
        return PhaseDate(phase=phase, due_on=local_date(state.appeals_until.due_at))
    return next((item for item in state.dates if item.phase is phase), None)


def is_late(state: SeasonState, at: datetime) -> bool:
    """Whether the present phase is still open after its procedure date."""
    due = date_of(state, state.phase)
    return due is not None and local_date(at) > due.due_on


def takes_appeals(state: SeasonState, at: datetime) -> bool:
    """Whether an appeal may be made: the list is public and the window has not run out."""
    until = state.appeals_until
    return state.phase is SeasonPhase.PUBLISH and until is not None and at <= until.due_at


def is_published(phase: SeasonPhase) -> bool:
    """Whether the list is, or was, made public: it can be reopened no more."""
    return ORDER.index(phase) >= ORDER.index(SeasonPhase.PUBLISH)


def next_reminder(state: SeasonState, calendar: CalendarSnapshot) -> Reminder | None:
    """When head office is to be told that the present phase ran over its date; None when it was, or has no date.

    A phase that began after its date is given one working day first.
    """
    due = next((item for item in state.dates if item.phase is state.phase), None)
    if due is None or state.phase in state.reminded:
        return None
    began = state.moves[-1].at if state.moves else state.opened_at
    over = instant(due.due_on, minute=DAY_MINUTES)
    return Reminder(due, over if began <= over else add_working_days(calendar, began, 1).due_at)


def reminded(state: SeasonState, phase: SeasonPhase) -> SeasonState:
    """The state once head office was told about the phase."""
    return state.model_copy(update={"reminded": (*state.reminded, phase)})
