"""Messages of the qualification workflow 资格评定 and of the membership it starts."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from models.messages.approval import Act, ApprovalState
from models.messages.base import Message
from models.messages.calendar import CalendarSnapshot
from models.messages.handing import ChainAct
from models.messages.membership import MembershipAnswered, PlanWish
from models.types import SeatKind, Tier


class StartQualification(Act):
    """申报, 附件一: the declaration as sent; facts, score and route are added by the opening activity."""

    case_id: UUID
    workflow_id: str
    customer_no: str
    year: int
    attempt: int
    tier: Tier
    seat_kind: SeatKind
    reason: str
    late_reason: str | None = None
    chosen_signers: tuple[UUID, ...] = ()
    """Whom the declarant names where the route leaves the choice to it."""


class RecordOpening(Message):
    """First record of a case."""

    start: StartQualification
    at: datetime


class RecordStep(Message):
    """One accepted act with the state that follows from it, to be inserted or adopted by `(case, step_no)`."""

    workflow_id: str
    before: ApprovalState
    after: ApprovalState
    act: ChainAct
    at: datetime
    calendar: CalendarSnapshot | None = None
    """The calendar the case runs on; None from workers that opened tasks themselves."""


class RecordBreach(Message):
    """A task's deadline passed while it was open."""

    case_id: UUID
    task_id: UUID
    due_at: datetime


class CaseClosed(Message):
    """The approved case whose membership is to be started."""

    case_id: UUID


class MembershipGrant(Message):
    """What an approval grants: the term (both days included) and the seat, for the membership workflow."""

    case_id: UUID
    customer_no: str
    year: int
    tier: Tier
    seat_kind: SeatKind
    manager_id: UUID
    valid_from: date
    valid_to: date
    membership_id: UUID | None = None
    """The record of the term, whose year is planned then; None in grants from before there were plans."""


class MembershipState(Message):
    """What a membership carries: the grants it has applied, newest last; the rest lets it carry itself over.

    `applied` are the answers of accepted acts by update id, `wishes` the plannings asked for and not made yet,
    `buffer` the running downgrade buffer 降级缓冲期. `roll_after`: accepted messages after which it carries itself
    over, beside the engine's own advice (None: the advice alone).
    """

    customer_no: str
    grants: tuple[MembershipGrant, ...] = ()
    applied: dict[str, MembershipAnswered] = Field(default_factory=dict)
    wishes: tuple[PlanWish, ...] = ()
    due_on: date | None = None
    buffer: MembershipAnswered | None = None
    asked: int = 0
    """Plannings asked for so far; makes the key of each unlike the others."""
    rolls: int = 0
    roll_after: int | None = None
