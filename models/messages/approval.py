"""The approval chain's messages: the route, the state a workflow carries, and what people do to it."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from models.messages.alarms import AlarmPolicy
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot, Deadline, Pause
from models.messages.scoring import Correction
from models.types import Door, Outcome, Role, SeatKind, SignerRule, Stage, Tier, Verdict

NOBODY_TO_ACT = "nobody_to_act"
"""无人可办: step of the task that tells operations that a level has no person (decisions.md 13)."""


ActName = Literal[
    "declare",
    "decide",
    "resubmit",
    "withdraw",
    "terminate",
    "correct",
    "acknowledge",
    "take_back",
    "transfer",
    "delegate",
    "hand_back",
    "add_signer",
    "remove_signer",
    "reassign",
    "pause",
    "resume",
]


class SignerSpec(Message):
    """Who signs a step, before it is resolved: a post seen from the case's institution, a person, or a choice.

    `at`: `level` the step's own institution, `institution` the case's, `parent` the one above it, `root` head office.
    `each`: one seat for every holder of the post instead of one for the post. `choice`: named by the declarant.
    """

    role: Role | None = None
    at: Literal["level", "institution", "parent", "root"] = "level"
    login: str | None = None
    choice: bool = False
    each: bool = False
    group: str | None = None


class RouteStep(Message):
    """One level of the route. `institution_code` is None where the customer's institution has no such level.

    Without `signers` the step's own post signs alone. `looks_at` names the fields the step judges: sign-offs of an
    earlier round are kept when a resubmission touched none of them; empty means they never are.
    """

    stage: Stage
    role: Role
    institution_code: str | None
    due_on: date
    may_reject: bool = False
    may_correct_facts: bool = False
    rule: SignerRule = SignerRule.ANY
    needed: int | None = None
    percent: int | None = None
    signers: tuple[SignerSpec, ...] = ()
    looks_at: tuple[str, ...] = ()


class Signer(Message):
    """One seat of a step: a post (a queue) or a person. `added_by` is set for 加签; such a seat is obligatory.

    `waits_for`: seats that must approve before this one may sign.
    """

    signer_id: str
    role: Role | None = None
    institution_code: str
    account_id: UUID | None = None
    name: str = ""
    group: str | None = None
    added_by: UUID | None = None
    waits_for: tuple[str, ...] = ()


class SignOff(Message):
    """One signature of the open step."""

    signer_id: str
    task_id: UUID
    actor_id: UUID
    actor_name: str
    on_behalf_of: UUID | None = None
    verdict: Verdict
    at: datetime


class StepState(Message):
    """The open step: its seats, its signatures so far, and the deadline that every task of it shares."""

    stage: Stage
    round: int
    rule: SignerRule = SignerRule.ANY
    needed: int | None = None
    percent: int | None = None
    signers: tuple[Signer, ...]
    sign_offs: tuple[SignOff, ...] = ()
    opened_at: datetime
    deadline: Deadline


class PassedStep(Message):
    """A step that was approved and still counts; dropped when the case goes back before it or its facts change."""

    stage: Stage
    round: int
    sign_offs: tuple[SignOff, ...]
    kept: bool = False


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
    signer_id: str = "1"
    waiting: bool = False
    """前加签: waits until the signers added before it have approved."""
    delegate_id: UUID | None = None
    delegate_name: str | None = None
    delegated_by: UUID | None = None
    """委派: the delegate advises, then the task returns to this person."""
    pauses: tuple[Pause, ...] = ()
    alarms: tuple[str, ...] = ()
    """Keys of the alarms that went off."""
    clock_from: datetime | None = None
    """Start of the clock where it began before the task opened; marks in per cent count from here."""
    elapsed: bool = False
    """The clock runs in natural hours."""
    by_date: bool = False
    """The clock ends on a date, it has no length: no marks in per cent."""


class PastAct(Message):
    """One accepted act, kept so that separation of duties and "who decided" need no look-up."""

    step_no: int
    act: ActName
    stage: Stage
    round: int
    task_id: UUID | None = None
    """The task this act closed."""
    closed: tuple[UUID, ...] = ()
    """Tasks of other signers that fell away with it."""
    actor_id: UUID
    actor_name: str
    on_behalf_of: UUID | None = None
    door: Door | None = None
    to_name: str | None = None
    """Whom it was handed to."""
    verdict: Verdict | None = None
    at: datetime


class Undo(Message):
    """撤回: what the last decision changed, kept until anybody acts after it."""

    task_id: UUID
    actor_id: UUID
    stage: Stage
    round: int
    step: StepState
    passed: tuple[PassedStep, ...] = ()
    branch_approval_opened: bool = False


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
    step: StepState | None = None
    """None only in states written before steps had several signers: then the one open task is the step."""
    passed: tuple[PassedStep, ...] = ()
    undo: Undo | None = None
    chosen_signers: tuple[UUID, ...] = ()
    """People the declarant chose where the route leaves the choice to it."""
    approved_as: Stage = Stage.ACTIVE
    """The stage of the case once it is approved."""


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
    on_behalf_of_name: str | None = None
    """代理: `posts` are then those of the person stood in for."""
    request_id: str | None = None
    comment: str = ""


class Decide(Act):
    """同意 / 驳回 / 退回 on a task. `return_to` defaults to the declarant; `approve_as` lets gold fall to silver."""

    kind: Literal["decide"] = "decide"
    task_id: UUID
    version: int
    verdict: Verdict
    return_to: Stage | None = None
    approve_as: Tier | None = None


class Correct(Act):
    """Facts corrected by a reviewer: the score is recomputed, the frozen list stays (decisions.md 11)."""

    kind: Literal["correct"] = "correct"
    task_id: UUID
    version: int
    corrections: tuple[Correction, ...]


class Resubmit(Act):
    """重新提交 by the declarant after a return to it, with what it changed: `changed` names `reason`, `facts`."""

    kind: Literal["resubmit"] = "resubmit"
    version: int
    reason: str | None = None
    corrections: tuple[Correction, ...] = ()
    changed: tuple[str, ...] = ()


class Withdraw(Act):
    """撤销 by the declarant before branch approval opened, or by operations in its place."""

    kind: Literal["withdraw"] = "withdraw"
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
    alarms: AlarmPolicy | None = None
