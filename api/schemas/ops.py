"""Bodies and answers of operations 运行监控."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from models.errors import ErrorCode
from models.ops_types import BulkAct, DriftKind, OpsAct, StuckReason
from models.types import CaseKind, JobState, Outcome, Role, Stage

Reason = Annotated[str, StringConstraints(max_length=500)]


class ReconcileBody(Body):
    """立即核对. `repair`: mend what is found too."""

    repair: bool = False
    reason: Reason = ""


class RunAnswer(Answer):
    """One run of the comparison. `moving`: cases that were being worked on; `unanswered`: runs that told no state."""

    run_id: UUID
    state: JobState
    repair: bool
    by: str
    done: int
    total: int
    compared: int
    drifted: int
    repaired: int
    moving: int
    unanswered: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class DriftAnswer(Answer):
    """One difference: by name of what differs, `[record, engine]`."""

    drift_id: UUID
    kind: DriftKind
    workflow_id: str
    case_id: UUID | None
    task_id: UUID | None
    sides: dict[str, Any]
    found_at: datetime
    repaired_at: datetime | None


class DriftPageAnswer(Answer):
    """The last run, null before the first one, and what it found."""

    run: RunAnswer | None
    items: list[DriftAnswer]
    next_cursor: str | None = None


class HealthAnswer(Answer):
    """Whether the parts answer: records, engine, a worker; as `/readyz` knows it."""

    database: bool
    engine: bool
    worker: bool


class StuckAnswer(Answer):
    """One thing that is stuck. `task_id` for a task that waits; `failure` and `tries` for a run that fails."""

    reason: StuckReason
    workflow_id: str
    case_id: UUID | None = None
    kind: CaseKind | None = None
    number: str | None = None
    task_id: UUID | None = None
    step: str | None = None
    institution_code: str | None = None
    role: Role | None = None
    due_at: datetime | None = None
    paused_since: datetime | None = None
    provisional: bool = False
    activity: str | None = None
    tries: int | None = None
    failure: str | None = None
    next_at: datetime | None = None
    seen_at: datetime | None = None


class KindAnswer(Answer):
    """Open cases and tasks of one kind; `stages`: open cases by stage."""

    kind: CaseKind
    running: int
    waiting: int
    due_today: int
    breached: int
    failing: int
    nobody: int
    stages: dict[str, int]


class PlaceAnswer(Answer):
    """Open tasks of one institution."""

    institution_code: str
    name: str
    waiting: int
    due_today: int
    breached: int
    nobody: int


class FlowAnswer(Answer):
    """Cases opened and closed from a working day (Asia/Shanghai) until the next one."""

    day: date
    opened: int
    closed: int


class AgeAnswer(Answer):
    """Open cases opened within so many working days, and not within fewer; null: longer ago."""

    within_working_days: int | None
    cases: int


class ForecastDayAnswer(Answer):
    """Open tasks due from a working day (Asia/Shanghai) until the next one, by whether they will be in time."""

    day: date
    in_time: int
    late: int


class ExpectedAnswer(Answer):
    """A task that will be late. `expected_at`: when it will be done at the usual pace; null: nobody is there for it."""

    task_id: UUID
    case_id: UUID
    kind: CaseKind
    number: str
    step: str
    institution_code: str
    role: Role
    due_at: datetime
    expected_at: datetime | None


class ForecastAnswer(Answer):
    """逾期预测 of the coming working days; `first`: a few of the tasks that will be late, the earliest due first.

    It is reckoned once a minute at most.
    """

    days: list[ForecastDayAnswer]
    late: int
    first: list[ExpectedAnswer]
    reckoned_at: datetime


class OverviewAnswer(Answer):
    """运行总览."""

    health: HealthAnswer
    running: int
    waiting: int
    due_today: int
    breached: int
    failing: int
    nobody: int
    stuck: dict[StuckReason, int]
    first: list[StuckAnswer]
    kinds: list[KindAnswer]
    institutions: list[PlaceAnswer]
    days: list[FlowAnswer]
    ages: list[AgeAnswer]
    forecast: ForecastAnswer


class ReasonBody(Body):
    """An act of operations: why."""

    reason: Reason


class TerminateBody(ReasonBody):
    """终止: nothing of it comes back, so it is confirmed besides."""

    confirmed: bool = False


class OrphanBody(TerminateBody):
    """终止 of a run that no record knows, by its workflow."""

    workflow_id: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class OpsReassignBody(ReasonBody):
    """改派: to whom."""

    to: UUID


class OpsBulkPreviewBody(Body):
    """What is to be done to which cases; `to`: whom they are given to, for 改派 alone."""

    act: BulkAct
    case_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    to: UUID | None = None


class OpsBulkBody(OpsBulkPreviewBody):
    """The same with its reason."""

    reason: Reason


class OpsBulkItemAnswer(Answer):
    """One case of a bulk act: what would refuse it, or did; without `code` it goes, or went, through."""

    case_id: UUID
    kind: CaseKind | None = None
    number: str | None = None
    workflow_id: str = ""
    code: ErrorCode | None = None
    detail: str = ""


class OpsBulkPreviewAnswer(Answer):
    """What each case would come to now; nothing is done."""

    items: list[OpsBulkItemAnswer]


class OpsBulkAnswer(Answer):
    """批量处理 as a job: how far it is, and what became of each case so far. `stopped`: the rest is not begun."""

    bulk_id: UUID
    act: BulkAct
    reason: str
    state: JobState
    done: int
    total: int
    stopped: bool
    items: list[OpsBulkItemAnswer]
    created_at: datetime
    finished_at: datetime | None


class OpsCaseRowAnswer(Answer):
    """A case in the search over all cases."""

    case_id: UUID
    kind: CaseKind
    workflow_id: str
    number: str
    institution_code: str
    stage: Stage
    outcome: Outcome | None
    opened_at: datetime
    closed_at: datetime | None


class EventAnswer(Answer):
    """One event of a run; `who` is the person an act names."""

    number: int
    kind: str
    at: datetime
    name: str
    who: str


class WaitAnswer(Answer):
    """An open task: what the case waits for, and with whom."""

    task_id: UUID
    step: str
    institution_code: str
    role: Role
    assignee_id: UUID | None
    due_at: datetime
    paused_since: datetime | None


class TroubleAnswer(Answer):
    """What fails again and again; `activity` empty: the workflow's own task."""

    activity: str
    tries: int
    failure: str
    next_at: datetime | None


class OfferAnswer(Answer):
    """What operations may do to the case now; `code` and `detail` say why not."""

    act: OpsAct
    allowed: bool
    code: ErrorCode | None = None
    detail: str = ""


class CaseOpsAnswer(Answer):
    """A case as operations sees it: how its run stands, what it waits for, what happened, newest first."""

    case_id: UUID
    kind: CaseKind
    workflow_id: str
    number: str
    stage: Stage
    outcome: Outcome | None
    status: str
    waits: list[WaitAnswer]
    next_timer_at: datetime | None
    failing: TroubleAnswer | None
    engine_href: str | None
    events: list[EventAnswer]
    acts: list[OfferAnswer]


class OrphanAnswer(Answer):
    """孤儿流程: a run that no record knows, with what happened in it, newest first."""

    workflow_id: str
    kind: str
    started_at: datetime
    engine_href: str | None
    events: list[EventAnswer]
