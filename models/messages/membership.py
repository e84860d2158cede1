"""Messages of a running membership 会员周期: cancellation by an immediate cause, downgrade after its buffer."""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from models.messages.approval import Act
from models.messages.base import Message
from models.types import MembershipStage, Tier


class CancelMembership(Act):
    """取消 at once, by a cause of the rulebook; `comment` is the reason."""

    kind: Literal["cancel"] = "cancel"
    customer_no: str
    cause: str


class DowngradeMembership(Act):
    """降级 after its buffer 降级缓冲期; `comment` is the reason. `to` is the tier afterwards."""

    kind: Literal["downgrade"] = "downgrade"
    customer_no: str
    to: Tier


class ChangeContacts(Act):
    """重点服务对象 chosen anew: 1-2 leaders and 1-2 handlers, article 16; `comment` may say why."""

    kind: Literal["contacts"] = "contacts"
    customer_no: str
    contact_ids: tuple[UUID, ...]


class ContactLeft(Act):
    """A contact left the unit: served no more from `left_on` (business date) on."""

    kind: Literal["contact_left"] = "contact_left"
    customer_no: str
    contact_id: UUID
    left_on: date


class ChangeManager(Act):
    """客户经理更换: the customer is somebody else's from now on; `comment` is the reason."""

    kind: Literal["manager"] = "manager"
    customer_no: str
    to: UUID


ContactAct: TypeAlias = ChangeContacts | ContactLeft
MembershipAct: TypeAlias = CancelMembership | DowngradeMembership | ContactAct | ChangeManager


class RecordMembershipAct(Message):
    """An accepted act, to be recorded or adopted by its update id."""

    act: MembershipAct
    at: datetime


class MembershipAnswered(Message):
    """What an accepted act answers: where the membership stands; `buffer_until` is the last day of the old tier."""

    membership_id: UUID
    stage: MembershipStage
    tier: Tier
    buffer_until: date | None = None
    buffer_ends_at: datetime | None = None
    """Instant at which the buffer is over: the end of its last day in Shanghai."""
    replans: bool = False
    """The year is planned anew after it; False in answers from before there were plans."""


class EndBuffer(Message):
    """The buffer of a downgrade is over: the new tier counts from now on."""

    membership_id: UUID
    at: datetime


PlanCause: TypeAlias = Literal[
    "granted", "tier_changed", "contacts_changed", "ended", "calendar", "manager_changed", "by_hand"
]
"""Why a year is planned 排定 or planned anew 重排."""


class PlanWish(Message):
    """A planning that a membership has to ask for; `key` makes it unlike any other of the same cause."""

    cause: PlanCause
    key: str = ""
    membership_id: UUID | None = None


class PlanCare(Message):
    """Plan the year of a membership, or of every running one of the customer, once per cause and `key`."""

    customer_no: str
    membership_id: UUID | None = None
    cause: PlanCause
    key: str
    at: datetime


class CarePlanned(Message):
    """What a planning did: how many plans stand for it, and how many running cases it stopped."""

    plans: int
    stopped: int = 0


class ContactsChanged(Message):
    """Signal `contacts_changed` of a machine: the book has other contacts. `key` names the change, once."""

    key: str


class MembershipDue(Message):
    """Signal `due` of the daily sweep, at most one a day: a stage may have come or the term may be over."""

    day: date


class MoveMembership(Message):
    """To be recorded: the stages of a customer's memberships as the day (Asia/Shanghai) demands."""

    customer_no: str
    day: date
    at: datetime


class MembershipMoved(Message):
    """Memberships that are over now, and whether another one still runs."""

    over: tuple[UUID, ...] = ()
    running: bool = True
