"""A service case 服务: green channel, care touchpoint, inquiry or complaint, as its workflow carries and records it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias
from uuid import UUID

from models.messages.alarms import AlarmPolicy
from models.messages.approval import Act, OpenTask
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot, Deadline, Pause
from models.messages.service_acts import ServiceAct
from models.service_types import ComplaintGrade, ComplaintSheet, GreenService, IntakeChannel
from models.types import CaseKind, Door, LimitUnit, Outcome, Role, Stage, Tier


class TimeLimit(Message):
    """时限 as it travels: `value` units, none for `same_day`."""

    unit: LimitUnit
    value: int | None = None


class ServiceClock(Message):
    """One promise on the clock. `deadline` counts the pauses that ended; an open pause moves it when it ends.

    `code` is the catalogue entry (`Z03`, `17(2)`) and `regular` the article 17 limit beside it. `due_on` is set for
    clocks that a date gives instead of a limit.
    """

    name: Literal["complete", "reply", "close", "confirm", "perform"]
    code: str
    article: str
    limit: TimeLimit | None = None
    regular: TimeLimit | None = None
    due_on: str | None = None
    """ISO date of a clock that ends at the close of that day."""
    started_at: datetime
    deadline: Deadline
    elapsed: bool = False
    """True for a limit in natural hours: pauses then add natural time."""
    pauses: tuple[Pause, ...] = ()
    finished_at: datetime | None = None
    alarms: tuple[str, ...] = ()
    """Keys that went off on earlier tasks of this clock: its next task sets them off no more."""


class ServicePast(Message):
    """One accepted act. `closed` are the tasks it closed."""

    step_no: int
    act: str
    stage: Stage
    task_id: UUID | None = None
    closed: tuple[UUID, ...] = ()
    actor_id: UUID
    actor_name: str
    on_behalf_of: UUID | None = None
    door: Door | None = None
    to_name: str | None = None
    at: datetime


class ServiceState(Message):
    """Everything a service case is, in one value.

    `institution_code` is where it is served (art. 17 item 8), `role` the post whose queue it waits in; `handler_id`
    whoever it was assigned to. `lead_role` may assign, and gets what is serious. One task is open at a time.
    """

    case_id: UUID
    kind: CaseKind
    stage: Stage
    version: int = 1
    step_no: int = 0
    round: int = 1
    tier: Tier
    customer_no: str
    institution_code: str
    role: Role
    lead_role: Role = Role.BR_LEAD
    lead_institution_code: str | None = None
    """Where `lead_role` sits; None: where it is served."""
    handler_id: UUID | None = None
    handler_name: str | None = None
    opened_by: UUID
    clocks: tuple[ServiceClock, ...] = ()
    tasks: tuple[OpenTask, ...] = ()
    acts: tuple[ServicePast, ...] = ()
    outcome: Outcome | None = None
    late: bool = False
    """Closed after its deadline: a reason stands in the records."""

    service: GreenService | None = None
    confirm_working_days: int = 3
    """Working days within which the customer's confirmation, or its view, is to be obtained."""

    sheet: ComplaintSheet | None = None
    grade: ComplaintGrade | None = None
    replied_at: datetime | None = None
    justified: bool | None = None
    reopened: int = 0
    reopen_working_days: int = 0
    """Working days after its close within which a complaint may be reopened; 0: never."""
    reopen_until: datetime | None = None
    """A closed complaint may be reopened until then; its workflow waits that long."""

    touchpoint_id: UUID | None = None


class StartService(Act):
    """What every start of a service case carries; `comment` is the remark of the intake."""

    case_id: UUID
    workflow_id: str
    customer_no: str
    institution_code: str
    """Where it is served."""
    received_at: datetime


class StartGreenChannel(StartService):
    """受理登记, 附件三. `received_at` may be past: then it may be overdue at once. `policy_no` for a renewal."""

    kind: Literal["green_channel"] = "green_channel"
    service: GreenService
    reference_no: str
    channel: IntakeChannel = IntakeChannel.API
    policy_no: str | None = None
    contact_id: UUID | None = None
    contact_name: str = ""
    """Of a known contact sealed under its key (`models/person_keys.py`)."""
    undisputed_amount: Decimal | None = None
    """无争议金额 in yuan, of an advance payment."""
    advance_amount: Decimal | None = None
    """预付金额 in yuan, of an advance payment."""


class StartComplaint(StartService):
    """登记, 附件五: one of its two sheets. `matter` is what the customer asked or complained about."""

    kind: Literal["complaint"] = "complaint"
    sheet: ComplaintSheet
    grade: ComplaintGrade = ComplaintGrade.ORDINARY
    channel: IntakeChannel = IntakeChannel.PHONE
    contact_id: UUID | None = None
    complainant: str = ""
    phone: str = ""
    """Both sealed as `contact_name` of a green channel request is."""
    subject: str = ""
    matter: str = ""


class StartTouchpoint(StartService):
    """A touchpoint of the care plan is at hand: started by the sweep, or by a person for an extra one."""

    kind: Literal["touchpoint"] = "touchpoint"
    touchpoint_id: UUID


ServiceStart: TypeAlias = StartGreenChannel | StartComplaint | StartTouchpoint


class RecordServiceOpening(Message):
    """First record of a service case."""

    start: ServiceStart
    at: datetime


class ServiceOpened(Message):
    """The recorded opening, the calendar its clocks run on, and what they set off."""

    state: ServiceState
    calendar: CalendarSnapshot
    alarms: AlarmPolicy


class RecordServiceStep(Message):
    """One accepted act with the state that follows from it, to be inserted or adopted by `(case, step_no)`."""

    workflow_id: str
    before: ServiceState
    after: ServiceState
    act: ServiceAct
    at: datetime


class ServiceRecorded(Message):
    """What stands in the records for a step. `adopted`: another request's act stood there already."""

    state: ServiceState
    by: ServicePast
    update_id: str
    adopted: bool = False
    calendar: CalendarSnapshot | None = None
    """The calendar as it is now, of a case that was told of none while it was closed."""


class ServiceCalendarAdopted(Message):
    """A service case follows a published calendar."""

    calendar: CalendarSnapshot
    state: ServiceState


class AdoptServiceCalendar(Message):
    """Move the open deadlines of a service case to a published calendar, once per publication."""

    case_id: UUID
    publication_id: UUID
    before: ServiceState
