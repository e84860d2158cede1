"""One door to a service case: what an act needs, by kind of case, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.errors import DomainError, ErrorCode
from models.messages import service_acts as acts
from models.messages.calendar import CalendarSnapshot
from models.messages.service import ServiceState
from models.rules.service import assigning, complaint, green_channel, pausing, people, touchpoint
from models.rules.service.history import wrong_stage
from models.rules.service.timely import check_hour
from models.types import CaseKind, Stage

_Check = Callable[[ServiceState, Any], None]
_Rule = Callable[[ServiceState, Any, datetime, CalendarSnapshot], ServiceState]


def _nothing_more(_: ServiceState, __: acts.OnService) -> None:
    """Stage, person and version are all that can refuse it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An act of one kind of case: who may do it, at which stages, what else refuses it, what it does."""

    who: people.Check
    rule: _Rule
    stages: frozenset[Stage]
    also: _Check = _nothing_more


_WORKED_ON = frozenset({Stage.ACCEPTED, Stage.HANDLING})
_RUNNING = _WORKED_ON | {Stage.RECEIVED}
_UNDONE = _RUNNING | {Stage.PAUSED}
_ASKED = frozenset({Stage.AWAITING_CONFIRMATION})
_UNANSWERED = frozenset({Stage.REGISTERED, Stage.AWAITING_FIRST_REPLY, Stage.REOPENED})
_ANSWERED = frozenset({Stage.INVESTIGATING, Stage.HANDLING, Stage.AWAITING_CUSTOMER})
_DUE = frozenset({Stage.DUE})

_GREEN_CHANNEL: dict[type, _Entry] = {
    acts.AcceptService: _Entry(people.by_holder, assigning.accept, frozenset({Stage.RECEIVED}), assigning.check_accept),
    acts.AssignService: _Entry(
        people.by_holder_lead_operations_or_programme,
        assigning.assign,
        _UNDONE | _ASKED,
        assigning.check_assign,
    ),
    acts.PauseService: _Entry(people.by_holder, pausing.pause, _RUNNING),
    acts.ResumeService: _Entry(people.by_holder_lead_or_operations, pausing.resume, frozenset({Stage.PAUSED})),
    acts.CompleteService: _Entry(people.by_holder, green_channel.complete, _WORKED_ON),
    acts.ConfirmService: _Entry(
        people.by_customer_or_holder, green_channel.confirm, _ASKED, green_channel.check_confirm
    ),
    acts.CancelService: _Entry(
        people.by_holder_lead_or_operations, green_channel.cancel, _UNDONE, green_channel.check_cancel
    ),
}
_COMPLAINT: dict[type, _Entry] = {
    acts.AcceptService: _Entry(people.by_holder, assigning.accept, _UNANSWERED | _ANSWERED, assigning.check_accept),
    acts.AssignService: _Entry(
        people.by_holder_lead_operations_or_programme, assigning.assign, _UNANSWERED | _ANSWERED, assigning.check_assign
    ),
    acts.ReplyComplaint: _Entry(people.by_holder, complaint.reply, _UNANSWERED, complaint.check_reply),
    acts.InvestigateComplaint: _Entry(
        people.by_holder, complaint.investigate, frozenset({Stage.INVESTIGATING}), complaint.check_investigate
    ),
    acts.GradeComplaint: _Entry(
        people.by_holder_or_lead, complaint.grade, _UNANSWERED | _ANSWERED, complaint.check_grade
    ),
    acts.JudgeComplaint: _Entry(
        people.by_holder,
        complaint.judge,
        frozenset({Stage.INVESTIGATING, Stage.HANDLING}),
        complaint.check_judge,
    ),
    acts.CompleteService: _Entry(people.by_holder, complaint.handled, frozenset({Stage.HANDLING})),
    acts.CloseComplaint: _Entry(
        people.by_holder,
        complaint.close,
        frozenset({Stage.HANDLING, Stage.AWAITING_CUSTOMER}),
        complaint.check_close,
    ),
    acts.ReopenService: _Entry(
        people.by_anybody_of_the_desk, complaint.reopen, frozenset({Stage.CLOSED}), complaint.check_reopen
    ),
}
_TOUCHPOINT: dict[type, _Entry] = {
    acts.AssignService: _Entry(
        people.by_holder_lead_operations_or_programme, assigning.assign, _DUE, assigning.check_assign
    ),
    acts.CompleteTouchpoint: _Entry(people.by_holder, touchpoint.done, _DUE, touchpoint.check_done),
    acts.SkipTouchpoint: _Entry(
        people.by_holder_lead_operations_or_programme, touchpoint.skip, _DUE, touchpoint.check_left
    ),
    acts.RescheduleTouchpoint: _Entry(people.by_programme_or_desk, touchpoint.reschedule, _DUE, touchpoint.check_left),
    acts.StopTouchpoint: _Entry(people.by_programme_or_lead, touchpoint.stop, _DUE, touchpoint.check_left),
}
_RULES = {
    CaseKind.GREEN_CHANNEL: _GREEN_CHANNEL,
    CaseKind.COMPLAINT: _COMPLAINT,
    CaseKind.CARE_TOUCHPOINT: _TOUCHPOINT,
}


def check(state: ServiceState, act: acts.ServiceAct, at: datetime | None = None) -> None:
    """Raises the DomainError that refuses the act, if any; the page asks it too, to leave a button out.

    With `at` also what depends on the hour: a reason for what is late, the last day to reopen. An act of the programme
    reads no page, so its version is not looked at.
    """
    entry = _entry(state, act)
    entry.who(state, act)
    if act.version != state.version and not people.is_system(act):
        raise DomainError(ErrorCode.STALE_VERSION)
    if state.stage not in entry.stages:
        raise wrong_stage(state)
    entry.also(state, act)
    if at is not None:
        check_hour(state, act, at)


def apply(state: ServiceState, act: acts.ServiceAct, at: datetime, calendar: CalendarSnapshot) -> ServiceState:
    """The state after an act, or the DomainError that refuses it. A task that the new stage asks for is not open yet:
    `with_open_task` opens it with an id of the records."""
    check(state, act, at)
    return _entry(state, act).rule(state, act, at, calendar)


def _entry(state: ServiceState, act: acts.ServiceAct) -> _Entry:
    people.refuse_customer(state, act)
    entry = _RULES[state.kind].get(type(act))
    reopens = isinstance(act, acts.ReopenService) and state.reopen_until is not None
    if state.outcome is not None and not reopens:
        raise DomainError(ErrorCode.CASE_CLOSED, outcome=state.outcome.value)
    if entry is None:
        raise wrong_stage(state)
    return entry
