"""Bodies and answers about qualifications, cases and tasks; instants are RFC 3339, money is decimal text in yuan."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.clock import AlarmAnswer, LedgerLineAnswer, PauseAnswer
from models.messages.scoring import Correction
from models.rules.clock import ClockState
from models.rules.due_reason import DueRowKind
from models.types import CaseKind, Door, Outcome, Role, SeatKind, SignerRule, Stage, TaskState, Tier, Verdict

Comment = Annotated[str, StringConstraints(max_length=2000)]
Version = Annotated[int, Field(ge=1)]


class DeclareBody(Body):
    """申报, 附件一."""

    customer_no: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    year: Annotated[int, Field(ge=1990, le=2100)]
    tier: Tier
    seat: SeatKind
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    late_reason: Annotated[str, StringConstraints(max_length=500)] | None = None
    signers: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    """Account ids of whom the declarant names where a step of the route leaves the choice to it."""

    def content(self) -> dict[str, Any]:
        """What makes two declarations the same request; without signers as it was before there were any."""
        return self.model_dump(mode="json", exclude=None if self.signers else {"signers"})


class DeclaredAnswer(Answer):
    """The case that stands now, and its open task."""

    case_id: UUID
    next_task_id: UUID | None


class DecideBody(Body):
    """同意 / 驳回 / 退回. `return_to` is a stage, `declared` by default."""

    verdict: Verdict
    comment: Comment = ""
    version: Version
    return_to: Stage | None = None
    approve_as: Tier | None = None


class CorrectBody(Body):
    """更正数据 by a reviewer."""

    version: Version
    corrections: Annotated[list[Correction], Field(min_length=1, max_length=50)]
    comment: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class CaseActBody(Body):
    """An act of the declarant on its case; `version` is the case's."""

    version: Version
    comment: Comment = ""


class TaskAnswer(Answer):
    """A task; `version` is what a decision must name.

    `delegated_by`: 委派, `assignee` advises and the task returns to this person. `on_behalf_of`: whom the caller would
    act for on it (代理).
    """

    task_id: UUID
    case_id: UUID
    kind: CaseKind
    step: str
    title: str
    state: TaskState
    version: int
    round: int
    institution_code: str
    role: Role
    assignee: UUID | None
    opened_at: datetime
    due_at: datetime
    provisional: bool
    closed_at: datetime | None
    customer_no: str
    """The customer's number; of a case about an institution its code. `customer_name` likewise."""
    customer_name: str
    tier: Tier
    signer_id: str
    claimed_at: datetime | None
    delegated_by: UUID | None
    paused_since: datetime | None
    on_behalf_of: UUID | None = None
    on_behalf_of_name: str | None = None


class SeatAheadAnswer(Answer):
    """One signature that a step asks for, where several sign it."""

    people: list[str]
    role: Role | None
    group: str | None


class PathAnswer(Answer):
    """One step of the approval path."""

    stage: Stage
    place: str
    role: Role
    institution_code: str | None
    due_on: date | None
    people: list[str]
    actor: str | None
    at: datetime | None
    verdict: Verdict | None
    kept: bool
    rule: SignerRule
    needed: int | None
    percent: int | None
    seats: list[SeatAheadAnswer]


class TimelineAnswer(Answer):
    """One thing that happened."""

    at: datetime
    actor: str
    act: str
    door: Door
    stage: Stage | None
    round: int | None
    comment: str
    return_to: Stage | None
    approve_as: Tier | None
    on_behalf_of: UUID | None
    kept: dict[Stage, list[str]]
    """Steps that a resubmission did not open again, with whoever had signed them."""


class ClockAnswer(Answer):
    """The clock of the open task."""

    task_id: UUID
    opened_at: datetime
    due_at: datetime
    provisional: bool
    overdue: bool


class DueRowAnswer(Answer):
    """One line of the reckoning: the dates it covers (both included) and what they count for."""

    kind: DueRowKind
    first: date
    last: date
    at: datetime | None
    number: int | None
    minutes: int | None
    provisional: bool


class TaskClockAnswer(Answer):
    """Why a task is due then: `working_days` and `minutes` are the working time left, or overdue."""

    task_id: UUID
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    state: ClockState
    overdue: bool
    working_days: int
    minutes: int
    used_percent: int
    provisional: bool
    calendar_version: str
    rows: list[DueRowAnswer]
    pauses: list[PauseAnswer]
    ledger: list[LedgerLineAnswer]
    alarms: list[AlarmAnswer]
    """Those that went off, then those to come."""


class CaseRowAnswer(Answer):
    """A case in a list."""

    case_id: UUID
    kind: CaseKind
    stage: Stage
    tier: Tier
    tier_applied: Tier
    seat: SeatKind
    year: int
    round: int
    version: int
    customer_no: str | None
    institution_code: str
    value: Decimal
    in_reserve_since: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None


class CopyAnswer(CaseRowAnswer):
    """抄送我: a case that was sent to the caller to read."""

    copied_by: str
    copied_at: datetime
    read_at: datetime | None


class CaseAnswer(CaseRowAnswer):
    """A case with clock, path and timeline."""

    reason: str | None
    late_reason: str | None
    clock: ClockAnswer | None
    path: list[PathAnswer]
    timeline: list[TimelineAnswer]
    score: dict[str, Any] | None
    membership: "MembershipAnswer | None"


class MembershipAnswer(Answer):
    """会员期: both dates included."""

    tier: Tier
    seat: SeatKind
    certificate_no: str
    valid_from: date
    valid_to: date
    manager: str
    notified_at: datetime | None


class DecidedAnswer(Answer):
    """What a decision led to: the task as it stands, the case, and the task that is open now."""

    task: TaskAnswer
    case: CaseRowAnswer
    next_task_id: UUID | None


class UpdateAnswer(Answer):
    """What became of a request: `pending`, or `done` with the HTTP status and answer of the first time."""

    state: str
    status: int | None
    answer: dict[str, Any] | None
