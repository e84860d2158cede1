"""Messages of a launch 启动计划 (附件八): the plan as its workflow carries it, and what people do to it."""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from models.messages.alarms import AlarmPolicy
from models.messages.approval import Act, OpenTask
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot
from models.messages.handing import Target
from models.types import Door, Outcome, Role, Stage


class PlannedItem(Message):
    """One piece of work 工作 of the plan, by its number in the rulebook. Dates are inclusive; `after` must be done
    before it opens."""

    number: int
    responsible: tuple[Role, ...]
    from_on: date
    to_on: date
    after: tuple[int, ...] = ()


class Part(Message):
    """What one post at one institution owes to a piece of work."""

    number: int
    role: Role
    institution_code: str


class PartTask(OpenTask):
    """The open task of a part. Its own post and institution may be others: where nobody holds the part's post."""

    part: Part


class PartDone(Message):
    """A part that is done: by whom, when."""

    part: Part
    task_id: UUID
    actor_name: str
    at: datetime


class RolloutPast(Message):
    """One accepted act. `closed` are the tasks it closed."""

    step_no: int
    act: str
    stage: Stage
    task_id: UUID | None = None
    closed: tuple[UUID, ...] = ()
    actor_id: UUID
    actor_name: str
    on_behalf_of: UUID | None = None
    door: Door
    to_name: str | None = None
    at: datetime


class RolloutState(Message):
    """Everything a launch is. `version` moves with every act of head office on the plan, not with what is done.

    `acts` holds the newest act alone: hundreds of parts make hundreds of acts, and the records keep them all.
    """

    case_id: UUID
    stage: Stage = Stage.PLANNED
    version: int = 1
    step_no: int = 1
    round: int = 1
    start_on: date
    branches: tuple[str, ...]
    items: tuple[PlannedItem, ...]
    tasks: tuple[PartTask, ...] = ()
    done: tuple[PartDone, ...] = ()
    acts: tuple[RolloutPast, ...] = ()
    outcome: Outcome | None = None
    min_allowance_working_days: int
    """Working days that a part has at least which opens after its date (decisions.md 12)."""


class StartRollout(Act):
    """A draft from the rulebook's template; `comment` says what it is for."""

    kind: Literal["rollout_open"] = "rollout_open"
    case_id: UUID
    workflow_id: str
    start_on: date
    branches: tuple[str, ...]


class OnRollout(Act):
    """An act of head office on the plan; `version` is the plan's, as the sender saw it. `comment` is the reason."""

    version: int


class PlanRollout(OnRollout):
    """The draft anew: start, branches that take part, owners and dates."""

    kind: Literal["plan"] = "plan"
    start_on: date
    branches: tuple[str, ...]
    items: tuple[PlannedItem, ...]


class LaunchRollout(OnRollout):
    """启动: what waits for nothing opens at once."""

    kind: Literal["launch"] = "launch"


class RescheduleItem(OnRollout):
    """改期, with a reason. What depends on a piece of work that ends later is put off by as many working days."""

    kind: Literal["reschedule_item"] = "reschedule_item"
    number: int
    from_on: date
    to_on: date


class CancelRollout(OnRollout):
    """取消 the launch, with a reason: its open tasks fall away."""

    kind: Literal["cancel"] = "cancel"


class CompletePart(Act):
    """完成 of one part by whoever has its task; `comment` is the result 成果. `version` is the task's."""

    kind: Literal["complete"] = "complete"
    task_id: UUID
    version: int


class ReassignPart(Act):
    """改派 of one part to a person by head office, with a reason. `version` is the task's."""

    kind: Literal["reassign"] = "reassign"
    task_id: UUID
    version: int
    to: Target


RolloutAct: TypeAlias = PlanRollout | LaunchRollout | RescheduleItem | CancelRollout | CompletePart | ReassignPart
"""Everything people do to a launch; `kind` tells them apart."""


class RecordRolloutOpening(Message):
    """First record of a launch."""

    start: StartRollout
    at: datetime


class RolloutOpened(Message):
    """The recorded draft, the calendar its dates run on, and what its tasks set off."""

    state: RolloutState
    calendar: CalendarSnapshot
    alarms: AlarmPolicy


class RecordRolloutStep(Message):
    """One accepted act with the state that follows from it, to be inserted or adopted by `(case, step_no)`."""

    before: RolloutState
    after: RolloutState
    act: RolloutAct
    at: datetime


class RolloutRecorded(Message):
    """What stands in the records for a step. `adopted`: another request's act stood there already.

    `state` is None where it is the one that was sent, but for the tasks that opened: hundreds of acts on hundreds of
    parts would else fill the history with copies of the plan.
    """

    by: RolloutPast
    update_id: str
    adopted: bool = False
    opened: tuple[PartTask, ...] = ()
    state: RolloutState | None = None


class AdoptRolloutCalendar(Message):
    """Move the open deadlines of a launch to a published calendar, once per publication."""

    case_id: UUID
    publication_id: UUID
    before: RolloutState


class RolloutCalendarAdopted(Message):
    """A launch follows a published calendar."""

    calendar: CalendarSnapshot
    state: RolloutState
