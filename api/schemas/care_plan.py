"""Bodies and answers of a member's care plan 关怀计划 and its key contacts 重点服务对象; contacts come masked."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from models.types import ContactKind, MembershipStage, Role, Stage, Tier

Remark = Annotated[str, StringConstraints(max_length=500)]


class KeyContactsBody(Body):
    """重点服务对象 from now on, article 16: 1-2 leaders and 1-2 handlers by contact id."""

    contact_ids: Annotated[list[UUID], Field(min_length=1, max_length=10)]
    reason: Remark = ""


class ContactLeftBody(Body):
    """The contact left the unit on this business date, today or before."""

    left_on: date
    reason: Remark = ""


class KeyContactAnswer(Answer):
    """A contact of the customer; `served` says whether it is a key contact now, `club` whether the club holds it."""

    contact_id: UUID
    kind: ContactKind
    name: str
    title: str
    served: bool
    since: date | None
    club: bool
    consent: bool
    has_birthday: bool
    left_on: date | None


class KeyContactsAnswer(Answer):
    """重点服务对象 and whoever else could be chosen, leaders first."""

    customer_no: str
    membership_id: UUID | None
    items: list[KeyContactAnswer]


class PlannedTermAnswer(Answer):
    """The membership that is planned; both dates of its term are included."""

    membership_id: UUID
    tier: Tier
    stage: MembershipStage
    valid_from: date
    valid_to: date
    certificate_no: str
    manager: str
    club_contact_id: UUID | None


class PlanItemAnswer(Answer):
    """A touchpoint of the term, done or to be done; `merged_into` is the one that carries it."""

    touchpoint_id: UUID
    key: str
    code: str
    item: str
    name: str
    article: str
    title: str
    contact_id: UUID | None
    planned_on: date
    due_on: date
    lead_on: date
    role: Role
    institution_code: str
    human: bool
    stage: Stage
    merged_into: UUID | None
    withheld: str | None
    reason: str | None
    done_on: date | None


class DifferenceLineAnswer(Answer):
    """One line of a re-planning: what became of a touchpoint, and why."""

    key: str
    code: str
    due_on: date
    effect: str
    reason: str


class DifferenceAnswer(Answer):
    """One planning 排定 or re-planning 重排 with everything it kept, added and cancelled."""

    number: int
    cause: str
    tier: Tier
    from_on: date
    until_on: date
    at: datetime
    kept: list[DifferenceLineAnswer]
    added: list[DifferenceLineAnswer]
    cancelled: list[DifferenceLineAnswer]


class CarePlanAnswer(Answer):
    """The year of a customer: its term, its touchpoints by due date, and how the plan came about, newest first."""

    customer_no: str
    term: PlannedTermAnswer | None
    items: list[PlanItemAnswer]
    differences: list[DifferenceAnswer]
