"""咨询 / 投诉 (附件五): first reply, investigation, grade, justified or not, the customer's view, a new life."""

from collections.abc import Mapping
from datetime import datetime

from models.errors import DomainError, ErrorCode
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.messages.service_acts import (
    CloseComplaint,
    CompleteService,
    GradeComplaint,
    InvestigateComplaint,
    JudgeComplaint,
    ReopenService,
    ReplyComplaint,
)
from models.rules import calendar as cal
from models.rules.service.assigning import taken_by
from models.rules.service.clocks import clock_of, confirmation, find, finished, restarted, with_clock
from models.rules.service.history import accepted, missing, wrong_stage
from models.rules.service.people import by_lead, is_serious, require_reason
from models.service_types import ComplaintGrade, ComplaintSheet
from models.types import Outcome, Stage


def check_reply(_: ServiceState, act: ReplyComplaint) -> None:
    """Raises INVALID_INPUT without a text."""
    if not act.text.strip():
        raise missing("text")


def reply(state: ServiceState, act: ReplyComplaint, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """首次答复: an inquiry is answered and closed by it, a complaint is investigated next."""
    clock = finished(clock_of(state, "reply"), at, calendar)
    change: Mapping[str, object] = {
        **taken_by(state, act),
        "replied_at": at,
        "clocks": with_clock(state.clocks, clock),
    }
    if state.sheet is ComplaintSheet.INQUIRY:
        late = at > clock.deadline.due_at
        return accepted(
            state, act, act.kind, at, {**change, "stage": Stage.CLOSED, "outcome": Outcome.COMPLETED, "late": late}
        )
    return accepted(state, act, act.kind, at, {**change, "stage": Stage.INVESTIGATING})


def check_investigate(_: ServiceState, act: InvestigateComplaint) -> None:
    """Raises INVALID_INPUT without a text."""
    if not act.text.strip():
        raise missing("text")


def investigate(state: ServiceState, act: InvestigateComplaint, at: datetime, _: CalendarSnapshot) -> ServiceState:
    """What was found is written down; the investigation goes on until it is judged."""
    return accepted(state, act, act.kind, at, taken_by(state, act))


def check_grade(state: ServiceState, act: GradeComplaint) -> None:
    """Only the lead makes a serious one ordinary, with a reason. Raises STALE_VERSION when it has that grade."""
    if state.sheet is not ComplaintSheet.COMPLAINT:
        raise wrong_stage(state)
    if act.grade is state.grade:
        raise DomainError(ErrorCode.STALE_VERSION)
    if act.grade is ComplaintGrade.ORDINARY:
        by_lead(state, act)
        require_reason(act)


def grade(state: ServiceState, act: GradeComplaint, at: datetime, _: CalendarSnapshot) -> ServiceState:
    """定级: it goes to the queue of the lead, or back to the desk; somebody takes it there."""
    change: Mapping[str, object] = {"grade": act.grade, "handler_id": None, "handler_name": None}
    return accepted(state, act, act.kind, at, change)


def check_judge(_: ServiceState, act: JudgeComplaint) -> None:
    """Raises INVALID_INPUT without how it is handled."""
    if not act.handling.strip():
        raise missing("handling")


def judge(state: ServiceState, act: JudgeComplaint, at: datetime, _: CalendarSnapshot) -> ServiceState:
    """成立与否; judged again while it is handled, it stays where it is."""
    change: Mapping[str, object] = {**taken_by(state, act), "justified": act.justified, "stage": Stage.HANDLING}
    return accepted(state, act, act.kind, at, change)


def handled(state: ServiceState, act: CompleteService, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """处理完毕: the customer's view is asked for; the clock runs until the complaint is closed."""
    asked = confirmation(clock_of(state, "close"), state.confirm_working_days, at, calendar)
    change: Mapping[str, object] = {
        **taken_by(state, act),
        "stage": Stage.AWAITING_CUSTOMER,
        "clocks": with_clock(state.clocks, asked),
    }
    return accepted(state, act, act.kind, at, change)


def check_close(state: ServiceState, act: CloseComplaint) -> None:
    """A serious one is closed by the lead with its opinion. Raises NOT_YOUR_TASK, INVALID_INPUT."""
    if not is_serious(state):
        return
    by_lead(state, act)
    if not act.leader_opinion.strip():
        raise missing("leader_opinion")


def close(state: ServiceState, act: CloseComplaint, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """结案 with the customer's view; it may be reopened for a while."""
    clock = finished(clock_of(state, "close"), at, calendar)
    clocks = with_clock(state.clocks, clock)
    asked = find(state, "confirm")
    if asked is not None:
        clocks = with_clock(clocks, finished(asked, at, calendar))
    days = state.reopen_working_days
    change: Mapping[str, object] = {
        **taken_by(state, act),
        "stage": Stage.CLOSED,
        "outcome": Outcome.COMPLETED,
        "clocks": clocks,
        "late": at > clock.deadline.due_at,
        "reopen_until": cal.add_working_days(calendar, at, days).due_at if days else None,
    }
    return accepted(state, act, act.kind, at, change)


def check_reopen(_: ServiceState, act: ReopenService) -> None:
    """Raises REASON_REQUIRED."""
    require_reason(act)


def reopen(state: ServiceState, act: ReopenService, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """重新打开: a new round with the same promises from now on; who handled it before handles it again."""
    lasting = tuple(clock for clock in state.clocks if clock.name != "confirm")
    change: Mapping[str, object] = {
        "stage": Stage.REOPENED,
        "outcome": None,
        "round": state.round + 1,
        "reopened": state.reopened + 1,
        "reopen_until": None,
        "late": False,
        "replied_at": None,
        "justified": None,
        "clocks": tuple(restarted(clock, at, calendar) for clock in lasting),
    }
    return accepted(state, act, act.kind, at, change)
