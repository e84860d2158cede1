"""Stages of a survey campaign (草稿 发放中 已截止 已发布), as a pure state machine; nothing goes back."""

from datetime import date, datetime, timedelta

from models.errors import DomainError, ErrorCode
from models.messages.approval import Act, PostRef
from models.messages.calendar import CalendarSnapshot, Deadline
from models.messages.survey import CloseSurvey, ExtendSurvey, PublishSurvey, SurveyAct, SurveyMoved, SurveyState
from models.rules import calendar as cal
from models.service_types import SurveyStage
from models.types import SYSTEM_SCHEDULE, Door, Role

RUNNERS = (Role.HQ_VIP, Role.BR_SVC)
"""Posts that lead a campaign, at its institution or above it."""
LONGEST = timedelta(days=366)
"""A campaign lasts a year at most: what closes later is a slip of the pen."""
_NEEDED = {
    "close_survey": SurveyStage.OPEN,
    "extend_survey": SurveyStage.OPEN,
    "publish_survey": SurveyStage.CLOSED,
}


def closing(calendar: CalendarSnapshot, at: datetime, closes_on: date) -> Deadline:
    """When a campaign closes: at the close of the day asked for, or of the next working day.

    Raises INVALID_INPUT for a day that is over, or too far away.
    """
    if closes_on > cal.local_date(at) + LONGEST:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "closes_on", "reason": "beyond_a_year"}])
    due_at = cal.close_of(calendar, cal.move_to_working_day(calendar, closes_on))
    if due_at <= at:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "closes_on", "reason": "in_the_past"}])
    return cal.deadline(calendar, at, due_at)


def reminder_at(state: SurveyState, calendar: CalendarSnapshot) -> datetime | None:
    """When those who have not answered are reminded, in working time; None where it closes before that."""
    opened = cal.next_opening(calendar, state.opened_at)
    at = cal.same_time_after(calendar, opened, state.remind_after_working_days)
    return at if state.stage is SurveyStage.OPEN and at < state.closes_at.due_at else None


def refuse_posts(posts: tuple[PostRef, ...], above: tuple[str, ...]) -> None:
    """Raises NOT_ALLOWED for who holds no post that leads the campaign."""
    if not any(post.role in RUNNERS and post.institution_code in above for post in posts):
        raise DomainError(ErrorCode.NOT_ALLOWED, who=RUNNERS[0].value)


def check(state: SurveyState, act: SurveyAct) -> None:
    """Refuse what may not be done now: the validator, the records and the page ask the same.

    Raises NOT_ALLOWED, STALE_VERSION, WRONG_STAGE, and REASON_REQUIRED to close early or to extend.
    """
    refuse_posts(act.posts, state.above)
    if act.version != state.version:
        raise DomainError(ErrorCode.STALE_VERSION, version=state.version)
    if state.stage is not _NEEDED[act.kind]:
        raise wrong_stage(state.stage)
    if not isinstance(act, PublishSurvey) and not act.comment.strip():
        raise DomainError(ErrorCode.REASON_REQUIRED)


def wrong_stage(stage: SurveyStage) -> DomainError:
    """The refusal of an act that this stage does not know."""
    return DomainError(ErrorCode.WRONG_STAGE, stage=stage.value)


def move(state: SurveyState, act: SurveyAct, at: datetime, calendar: CalendarSnapshot) -> SurveyState:
    """The state after the act. Raises as `check`, and INVALID_INPUT to extend to no later day."""
    check(state, act)
    match act:
        case ExtendSurvey():
            return _moved(state, act, at, closes_at=_later(state, act, at, calendar))
        case CloseSurvey():
            return _moved(state, act, at, stage=SurveyStage.CLOSED)
        case _:
            return _moved(state, act, at, stage=SurveyStage.PUBLISHED)


def close(state: SurveyState, at: datetime) -> SurveyState:
    """Its time is over. Unchanged when it is not open any more, or closes later since."""
    if state.stage is not SurveyStage.OPEN or at < state.closes_at.due_at:
        return state
    return _moved(state, None, at, stage=SurveyStage.CLOSED)


def _later(state: SurveyState, act: ExtendSurvey, at: datetime, calendar: CalendarSnapshot) -> Deadline:
    deadline = closing(calendar, at, act.closes_on)
    if deadline.due_at <= state.closes_at.due_at:
        raise DomainError(ErrorCode.INVALID_INPUT, n=1, errors=[{"field": "closes_on", "reason": "not_later"}])
    return deadline


def _moved(
    state: SurveyState,
    act: Act | None,
    at: datetime,
    *,
    stage: SurveyStage | None = None,
    closes_at: Deadline | None = None,
) -> SurveyState:
    closes = closes_at or state.closes_at
    moved = SurveyMoved(
        stage=stage or state.stage,
        version=state.version + 1,
        actor_id=act.actor_id if act else None,
        actor_name=act.actor_name if act else SYSTEM_SCHEDULE,
        door=act.door if act else Door.SYSTEM,
        reason=act.comment.strip() if act else "",
        at=at,
        closes_at=closes.due_at,
        update_id=act.update_id if act else None,
    )
    change = {"stage": moved.stage, "version": moved.version, "closes_at": closes, "moves": (*state.moves, moved)}
    return state.model_copy(update=change)
