"""Bodies and answers of the green channel 绿色通道, 附件三; instants are RFC 3339."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body, Instant
from api.schemas.clock import PauseAnswer
from models.rules.clock import ClockState
from models.service_types import GreenService, IntakeChannel
from models.types import Door, LimitUnit, Outcome, PauseReason, Role, Stage, Tier

Note = Annotated[str, StringConstraints(max_length=2000)]
Short = Annotated[str, StringConstraints(max_length=500)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Yuan = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
Version = Annotated[int, Field(ge=1)]


class TakeInBody(Body):
    """登记受理. Without `received_at` it is received now; a past one may be overdue at once.

    `institution_code` is where it is served: the caller's own branch when it is not named. A renewal names its policy,
    an advance payment its two amounts in yuan, a co-ordinator in `remark` the customer's other cities where the records
    do not show them.
    """

    customer_no: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    service: GreenService
    reference_no: Number
    received_at: Instant | None = None
    contact_id: UUID | None = None
    contact_name: Annotated[str, StringConstraints(max_length=100)] = ""
    policy_no: Number | None = None
    channel: IntakeChannel = IntakeChannel.API
    institution_code: Annotated[str, StringConstraints(min_length=1, max_length=32)] | None = None
    undisputed_amount: Yuan | None = None
    advance_amount: Yuan | None = None
    remark: Note = ""


class ActBody(Body):
    """An act on a request; `version` is the one the caller saw."""

    version: Version
    comment: Note = ""


class AssignBody(ActBody):
    """指派 or 改派 to a person."""

    to: UUID


class PauseBody(ActBody):
    """暂停 with its reason."""

    reason: PauseReason


class CompleteBody(ActBody):
    """办理完成; `late_reason` when the deadline is past."""

    result: Note = ""
    late_reason: Short | None = None


class ConfirmBody(ActBody):
    """客户确认 entered by staff with its proof; not satisfied sends it back to be handled."""

    satisfied: bool
    proof: Note = ""


class LimitAnswer(Answer):
    """时限: so many units, none for `same_day`."""

    unit: LimitUnit
    value: int | None


class DueAnswer(Answer):
    """What a customer is promised, before anything is sent. `regular_limit` is that of article 17."""

    customer_no: str
    service: GreenService
    tier: Tier
    code: str
    article: str
    limit: LimitAnswer | None
    regular_limit: LimitAnswer | None
    received_at: datetime
    due_at: datetime
    provisional: bool
    overdue: bool


class GreenChannelRowAnswer(Answer):
    """A request in a list."""

    case_id: UUID
    record_no: str
    customer_no: str
    customer_name: str
    institution_code: str
    owning_institution_code: str
    cross_region: bool
    service: GreenService
    reference_no: str
    policy_no: str | None
    channel: IntakeChannel
    undisputed_amount: Decimal | None
    advance_amount: Decimal | None
    tier: Tier
    stage: Stage
    version: int
    round: int
    code: str
    article: str
    limit: LimitAnswer | None
    regular_limit: LimitAnswer | None
    received_at: datetime
    due_at: datetime
    provisional: bool
    overdue: bool
    clock_state: ClockState
    handler: UUID | None
    handler_name: str | None
    accepted_at: datetime | None
    finished_at: datetime | None
    in_time: bool | None
    late_reason: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    satisfied: bool | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    next_task_id: UUID | None


class ServiceClockAnswer(Answer):
    """One promise on the clock: `complete` 办理, `confirm` 客户确认."""

    name: str
    started_at: datetime
    due_at: datetime
    provisional: bool
    finished_at: datetime | None
    state: ClockState
    used_percent: int
    pauses: list[PauseAnswer]


class GreenActAnswer(Answer):
    """One thing that happened."""

    at: datetime
    act: str
    actor: str
    on_behalf_of: UUID | None
    door: Door
    stage: Stage | None
    comment: str
    to_name: str | None


class GreenChannelAnswer(GreenChannelRowAnswer):
    """A request with its clocks, who it waits for, and what happened. `waits_for` is a name, or the post's role."""

    contact_name: str
    remark: str
    result: str
    confirmation: str
    waits_for: str | None
    role: Role
    clocks: list[ServiceClockAnswer]
    timeline: list[GreenActAnswer]
