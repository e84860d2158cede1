"""A service case on paper: the rules alone, with ids and tasks as the records would give them, and its alarms."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from models.messages.alarms import Alarm, AlarmPolicy, ReminderBefore, Rung
from models.messages.approval import PostRef
from models.messages.calendar import CalendarSnapshot
from models.messages.handing import Target
from models.messages.service import ServiceState, TimeLimit
from models.messages.service_acts import OnService
from models.rules import alarms, service
from models.rules.service import OpeningFacts, Promised
from models.service_types import ComplaintGrade, ComplaintSheet, GreenService
from models.types import (
    CUSTOMER_ID,
    CUSTOMER_LINK,
    SYSTEM_SCHEDULE,
    SYSTEM_SLA_ID,
    CaseKind,
    Door,
    LimitUnit,
    Role,
    Tier,
)
from tests.rules.calendars import china, published_calendar

CALENDAR = published_calendar(2025, 2026)
START = china("2026-03-02 10:00").astimezone(UTC)
"""A Monday."""
POLICY = AlarmPolicy(
    percents=(50, 80),
    before=(ReminderBefore(working_days=1),),
    repeat_every_working_days=1,
    repeat_at_most=2,
    ladder=(
        Rung(rung=1, after_working_days=0, to="holder"),
        Rung(rung=2, after_working_days=1, to="superior"),
        Rung(rung=3, after_working_days=3, to="hq"),
    ),
)
CUSTOMER, PROGRAMME = "customer", "programme"
POSTS = {
    "ctr1": (Role.BR_CTR, "BJ"),
    "ctr2": (Role.BR_CTR, "BJ"),
    "svc1": (Role.BR_SVC, "BJ"),
    "svc2": (Role.BR_SVC, "BJ"),
    "mgr1": (Role.MGR, "BJ01"),
    "mgr2": (Role.MGR, "BJ01"),
    "lead": (Role.BR_LEAD, "BJ"),
    "ops": (Role.OPS, "HQ"),
    "stranger": (Role.BR_CTR, "SH"),
    "sh-lead": (Role.BR_LEAD, "SH"),
}
"""Everybody's one post."""
IDS = {login: UUID(int=number) for number, login in enumerate(POSTS, start=100)}
STAND_INS = {"mgr2": "mgr1", "ctr2": "ctr1", "svc2": "svc1"}
"""Who may stand in, and for whom."""


def days(number: int) -> TimeLimit:
    """A limit in working days."""
    return TimeLimit(unit=LimitUnit.WORKING_DAYS, value=number)


def who(login: str, *, instead_of: str | None = None) -> dict[str, Any]:
    """What an act carries of a person, who may stand in for another."""
    if login == CUSTOMER:
        return {"actor_id": CUSTOMER_ID, "actor_name": CUSTOMER_LINK, "door": Door.LINK}
    if login == PROGRAMME:
        return {"actor_id": SYSTEM_SLA_ID, "actor_name": SYSTEM_SCHEDULE, "door": Door.SYSTEM}
    role, code = POSTS[instead_of or login]
    facts: dict[str, Any] = {
        "actor_id": IDS[login],
        "actor_name": login,
        "posts": (PostRef(role=role, institution_code=code),),
        "door": Door.STAND_IN if instead_of else Door.PAGE,
    }
    if instead_of:
        facts |= {"on_behalf_of": IDS[instead_of], "on_behalf_of_name": instead_of}
    return facts


def target(login: str, *, authorised: bool = True) -> Target:
    """Whom it is given to."""
    return Target(account_id=IDS[login], name=login, authorised=authorised)


def green_channel(limit: TimeLimit | None = None, **facts: Any) -> "PaperService":
    """A request at the branch's counter, two working days unless told otherwise."""
    promise = Promised("complete", "Z03", "附件三", limit or days(2), days(3))
    return opened(CaseKind.GREEN_CHANNEL, Role.BR_CTR, (promise,), service=GreenService.ENDORSEMENT, **facts)


def complaint(*, reply: TimeLimit | None = None, **facts: Any) -> "PaperService":
    """A complaint at the branch: a natural day for the first reply, five working days to close it."""
    first = Promised("reply", "Z18", "附件五", reply or TimeLimit(unit=LimitUnit.ELAPSED_HOURS, value=24))
    promises = (first, Promised("close", "Z18", "附件五", days(5)))
    ground = {"sheet": ComplaintSheet.COMPLAINT, "grade": ComplaintGrade.ORDINARY, "reopen_working_days": 10}
    return opened(CaseKind.COMPLAINT, Role.BR_SVC, promises, **{**ground, **facts})


def inquiry(**facts: Any) -> "PaperService":
    """An inquiry at the branch: four working hours."""
    promise = Promised("reply", "Z17", "附件五", TimeLimit(unit=LimitUnit.WORKING_HOURS, value=4))
    return opened(CaseKind.COMPLAINT, Role.BR_SVC, (promise,), sheet=ComplaintSheet.INQUIRY, **facts)


def touchpoint(due_on: date = date(2026, 3, 6), **facts: Any) -> "PaperService":
    """A visit by a manager of the unit, given to one of them."""
    ground = {"institution_code": "BJ01", "lead_institution_code": "BJ", "handler": (IDS["mgr1"], "mgr1")}
    promise = Promised("perform", "Z08", "2.5", due_on=due_on)
    return opened(CaseKind.CARE_TOUCHPOINT, Role.MGR, (promise,), **{**ground, **facts})


def opened(kind: CaseKind, role: Role, promises: tuple[Promised, ...], **facts: Any) -> "PaperService":
    """A case opened at `at`, received then unless told otherwise."""
    at = facts.pop("at", START)
    ground: dict[str, Any] = {
        "case_id": UUID(int=1),
        "kind": kind,
        "tier": Tier.GOLD,
        "customer_no": "C0000001",
        "institution_code": "BJ",
        "role": role,
        "opened_by": IDS["ctr1"],
        "received_at": at,
        "promises": promises,
    }
    state = service.opened(OpeningFacts(**{**ground, **facts}), at, CALENDAR)
    return PaperService(service.with_open_task(state, lambda: UUID(int=999), at), at)


@dataclass
class PaperService:
    """A service case as workflow and records would hold it together."""

    state: ServiceState
    now: datetime
    calendar: CalendarSnapshot = CALENDAR
    policy: AlarmPolicy = POLICY
    gone: list[tuple[UUID, Alarm]] = field(default_factory=list)
    """Alarms that went off, by task."""
    _ids: Iterator[int] = field(default_factory=lambda: count(1000))

    def with_task(self, state: ServiceState) -> ServiceState:
        """As the record opens the task of the stage."""
        return service.with_open_task(state, lambda: UUID(int=next(self._ids)), self.now)

    def act(self, kind: type[OnService], login: str, *, instead_of: str | None = None, **fields: Any) -> ServiceState:
        """Apply an act now. Raises DomainError; then nothing changed."""
        self.state = self.tried(self.acting(kind, login, instead_of=instead_of, **fields))
        return self.state

    def acting(self, kind: type[OnService], login: str, *, instead_of: str | None = None, **fields: Any) -> OnService:
        """Such an act."""
        ground = {"update_id": "x", "content_hash": "x", "comment": "请办理", "version": self.state.version}
        return kind.model_validate({**ground, **who(login, instead_of=instead_of), **fields})

    def tried(self, act: OnService) -> ServiceState:
        """The state after an act."""
        return self.with_task(service.apply(self.state, act, self.now, self.calendar))  # type: ignore[arg-type]

    def wait(self, until: datetime | timedelta) -> None:
        """Let time pass; what goes off meanwhile goes off in order."""
        end = self.now + until if isinstance(until, timedelta) else until.astimezone(UTC)
        while (found := alarms.next_alarm(self.state, self.policy, self.calendar)) is not None:
            task, alarm = found
            if alarm.at > end:
                break
            self.now = max(self.now, alarm.at)
            self.gone.append((task.task_id, alarm))
            self.state = alarms.mark(self.state, task.task_id, alarm.key)
        self.now = max(self.now, end)

    def went_off(self) -> list[str]:
        """What went off, in order."""
        return [alarm.key for _, alarm in self.gone]
