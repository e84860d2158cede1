"""Who may do what at which stage of a service case, written down a second time: the tests' own table."""

from datetime import datetime, timedelta
from typing import Any

from models.messages import service_acts as acts
from models.messages.service import ServiceState
from models.messages.service_acts import OnService
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView
from models.types import CaseKind, PauseReason, Stage
from tests.support.service_paper import CUSTOMER, IDS, POSTS, PROGRAMME, target

_SPEC: dict[CaseKind, dict[Stage, dict[str, str]]] = {
    CaseKind.GREEN_CHANNEL: {
        Stage.RECEIVED: {"accept": "H", "assign": "HLOP", "pause": "H", "cancel": "HLO"},
        Stage.ACCEPTED: {"assign": "HLOP", "pause": "H", "complete": "H", "cancel": "HLO"},
        Stage.HANDLING: {"assign": "HLOP", "pause": "H", "complete": "H", "cancel": "HLO"},
        Stage.PAUSED: {"assign": "HLOP", "resume": "HLO", "cancel": "HLO"},
        Stage.AWAITING_CONFIRMATION: {"assign": "HLOP", "confirm": "HC"},
    },
    CaseKind.COMPLAINT: {
        Stage.REGISTERED: {"accept": "H", "assign": "HLOP", "reply": "H", "grade": "HL"},
        Stage.AWAITING_FIRST_REPLY: {"accept": "H", "assign": "HLOP", "reply": "H", "grade": "HL"},
        Stage.REOPENED: {"accept": "H", "assign": "HLOP", "reply": "H", "grade": "HL"},
        Stage.INVESTIGATING: {"accept": "H", "assign": "HLOP", "investigate": "H", "judge": "H", "grade": "HL"},
        Stage.HANDLING: {
            "accept": "H",
            "assign": "HLOP",
            "judge": "H",
            "complete": "H",
            "close": "H",
            "grade": "HL",
        },
        Stage.AWAITING_CUSTOMER: {"accept": "H", "assign": "HLOP", "close": "H", "grade": "HL"},
        Stage.CLOSED: {"reopen": "HDL"},
    },
    CaseKind.CARE_TOUCHPOINT: {
        Stage.DUE: {"assign": "HLOP", "done": "H", "skip": "HLOP", "reschedule": "HLP", "stop": "LOP"},
    },
}
"""H whoever holds it, L the lead, O operations, C the customer, P the programme, D anybody at the desk."""

KINDS: dict[str, type[OnService]] = {
    "accept": acts.AcceptService,
    "assign": acts.AssignService,
    "pause": acts.PauseService,
    "resume": acts.ResumeService,
    "complete": acts.CompleteService,
    "confirm": acts.ConfirmService,
    "cancel": acts.CancelService,
    "reply": acts.ReplyComplaint,
    "investigate": acts.InvestigateComplaint,
    "grade": acts.GradeComplaint,
    "judge": acts.JudgeComplaint,
    "close": acts.CloseComplaint,
    "reopen": acts.ReopenService,
    "done": acts.CompleteTouchpoint,
    "skip": acts.SkipTouchpoint,
    "reschedule": acts.RescheduleTouchpoint,
    "stop": acts.StopTouchpoint,
}
_TO = {CaseKind.GREEN_CHANNEL: "ctr2", CaseKind.COMPLAINT: "svc2", CaseKind.CARE_TOUCHPOINT: "mgr2"}
_QUEUE = {CaseKind.GREEN_CHANNEL: "BR_CTR", CaseKind.COMPLAINT: "BR_SVC", CaseKind.CARE_TOUCHPOINT: "MGR"}


def fields_of(name: str, state: ServiceState, now: datetime, *, satisfied: bool = True) -> dict[str, Any]:
    """Everything an act needs, filled in; late or not, it says why."""
    today = now.astimezone(now.tzinfo) + timedelta(hours=8)
    serious = state.grade is ComplaintGrade.SERIOUS
    given: dict[str, dict[str, Any]] = {
        "assign": {"to": target(_TO[state.kind])},
        "pause": {"reason": PauseReason.WAITING_FOR_CUSTOMER},
        "complete": {"late_reason": "补录"},
        "confirm": {"satisfied": satisfied, "proof": "签收单"},
        "reply": {"text": "您好", "late_reason": "补录"},
        "investigate": {"text": "已查"},
        "grade": {"grade": ComplaintGrade.ORDINARY if serious else ComplaintGrade.SERIOUS},
        "judge": {"justified": True, "handling": "致歉"},
        "close": {
            "customer_view": CustomerView.ACCEPTED,
            "leader_opinion": "同意" if serious else "",
            "late_reason": "补录",
        },
        "done": {"done_on": today.date(), "content": "上门拜访", "late_reason": "补录"},
        "reschedule": {"to": today.date() + timedelta(days=9)},
    }
    return given.get(name, {})


def may(state: ServiceState, name: str, login: str, instead_of: str | None, now: datetime) -> bool:
    """Whether this person may do this now, every field filled in."""
    letters = _SPEC[state.kind].get(state.stage, {}).get(name, "")
    if not any(_is(letter, state, login, instead_of) for letter in letters):
        return False
    return _also(state, name, login, instead_of, now)


def _is(letter: str, state: ServiceState, login: str, instead_of: str | None) -> bool:
    if login in {CUSTOMER, PROGRAMME}:
        return {"C": CUSTOMER, "P": PROGRAMME}.get(letter) == login
    role, place = POSTS[instead_of or login]
    lead = (role.value, place) == ("BR_LEAD", "BJ")
    desk = (role.value, place) == (_QUEUE[state.kind], state.institution_code)
    serious = state.grade is ComplaintGrade.SERIOUS
    if letter == "H" and state.handler_id is not None:
        own = state.handler_id in {IDS[login], IDS.get(instead_of or login)}
        return own or (serious and lead)
    if letter == "H":
        return lead if serious else desk
    return {"L": lead, "O": role.value == "OPS", "D": desk}.get(letter, False)


def _also(state: ServiceState, name: str, login: str, instead_of: str | None, now: datetime) -> bool:
    lead = login not in {CUSTOMER, PROGRAMME} and POSTS[instead_of or login] == POSTS["lead"]
    serious = state.grade is ComplaintGrade.SERIOUS
    first = state.stage in {Stage.RECEIVED, Stage.REGISTERED, Stage.REOPENED}
    conditions = {
        "accept": first or state.handler_id is None,
        "assign": state.handler_id != IDS[_TO[state.kind]],
        "grade": state.sheet is ComplaintSheet.COMPLAINT and (lead or not serious),
        "close": lead or not serious,
        "reopen": state.reopen_until is not None and now < state.reopen_until,
    }
    return conditions.get(name, True)
