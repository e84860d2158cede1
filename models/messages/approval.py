"""The approval chain's messages: the route, the state a workflow carries, and what people do to it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot, Deadline
from models.messages.scoring import Correction
from models.types import Door, Outcome, Role, SeatKind, Stage, Tier, Verdict

NOBODY_TO_ACT = "nobody_to_act"
"""无人可办: step of the task that tells operations that a level has no person (decisions.md 13)."""


class RouteStep(Message):
    """One level of the route. `institution_code` is None where the customer's institution has no such level."""

    stage: Stage
    role: Role
    institution_code: str | None
    due_on: date
    may_reject: bool = False
    may_correct_facts: bool = False


class OpenTask(Message):
    """A waiting human task as the workflow knows it; `version` moves with round, facts and signers."""

    task_id: UUID
    step: str
    role: Role
    institution_code: str
    assignee_id: UUID | None = None
    version: int = 1
    opened_at: datetime
    deadline: Deadline
    breach_recorded: bool = False


class PastAct(Message):
    """One accepted act, kept so that separation of duties and "who decided" need no look-up."""

    step_no: int
    act: Literal["declare", "decide", "resubmit", "withdraw", "correct", "acknowledge"]
    stage: Stage
    round: int
    task_id: UUID | None = None
    actor_id: UUID
    actor_name: str
    verdict: Verdict | None = None
    at: datetime


class ApprovalState(Message):
    """Everything an approval case is, in one value: replayed, recorded and shown from here."""

    case_id: UUID
    stage: Stage
    round: int = 1
    version: int = 1
    step_no: int = 0
    tier: Tier
    seat_kind: SeatKind
    declared_by: UUID
    declarant_institution: str
    route: tuple[RouteStep, ...]
    tasks: tuple[OpenTask, ...] = ()
    acts: tuple[PastAct, ...] = ()
    outcome: Outcome | None = None
    branch_approval_opened: bool = False
    withdraw_until: Stage = Stage.BRANCH_APPROVAL
    max_rounds: int = 5
    min_allowance_working_days: int = 5


class PostRef(Message):
    """A post the actor held when the request was authorised."""

    role: Role
    institution_code: str


class Act(Message):
    """What every act of a person carries. `update_id` is `{account id}:{idempotency key}`."""

    update_id: str
    content_hash: str
    actor_id: UUID
    actor_name: str
    posts: tuple[PostRef, ...] = ()
    door: Door
    on_behalf_of: UUID | None = None
    request_id: str | None = None
    comment: str = ""


class Decide(Act):
    """同意 / 驳回 / 退回 on a task. `return_to` defaults to the declarant; `approve_as` lets gold fall to silver."""

    task_id: UUID
    version: int
    verdict: Verdict
    return_to: Stage | None = None
    approve_as: Tier | None = None


class Correct(Act):
    """Facts corrected by a reviewer: the score is recomputed, the frozen list stays (decisions.md 11)."""

    task_id: UUID
    version: int
    corrections: tuple[Correction, ...]


class Resubmit(Act):
    """重新提交 by the declarant after a return to it."""

    version: int


class Withdraw(Act):
    """撤销 by the declarant before branch approval opened."""

    version: int


class Recorded(Message):
    """What stands in the records for a step. `adopted`: another request's decision stood there already."""

    state: ApprovalState
    by: PastAct
    update_id: str
    adopted: bool = False


class Answered(Message):
    """What an accepted act answers: small, because it stands in history."""

    case_id: UUID
    stage: Stage
    version: int
    outcome: Outcome | None = None


class Opened(Message):
    """The recorded opening of a case and the calendar its clocks run on."""

    state: ApprovalState
    calendar: CalendarSnapshot
