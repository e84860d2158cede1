"""Bodies and answers of care touchpoints 关怀触点, 附件四. Money is decimal text in yuan; contacts come masked."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import Comment, Version
from models.service_types import ProofKind, TouchpointOrigin
from models.types import ContactKind, Role, Stage, Tier

Text = Annotated[str, StringConstraints(max_length=4000)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(max_length=200)]
Yuan = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class ExtraBody(Body):
    """临时新增. `due_on` may be left out where the item has a limit of its own (Z12: 2 working days of `known_on`)."""

    customer_no: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    code: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    reason: Reason
    due_on: date | None = None
    known_on: date | None = None
    contact_id: UUID | None = None
    title: Name = ""


class OnTouchpoint(Body):
    """An act; `version` is the case's, once it has one."""

    version: Version | None = None
    comment: Comment = ""


class CompleteBody(OnTouchpoint):
    """完成: what was done and when, with gift, cost, feedback and follow-up; a late one says why."""

    done_on: date
    content: Text
    gift_name: Name = ""
    gift_value: Yuan | None = None
    cost: Yuan | None = None
    feedback: Text = ""
    follow_up: Text = ""
    follow_up_on: date | None = None
    late_reason: Annotated[str, StringConstraints(max_length=500)] | None = None


class SkipBody(OnTouchpoint):
    """跳过, with a reason."""

    reason: Reason


class RescheduleBody(SkipBody):
    """改期 to another day, with a reason."""

    due_on: date


class AssignBody(OnTouchpoint):
    """指派 or 改派 to a person, by account id."""

    to: UUID


class ProofBody(Body):
    """照片 or 签名: base64 of at most 5 MB, a JPEG, PNG or WebP image."""

    kind: ProofKind
    name: Annotated[str, StringConstraints(max_length=255)] = ""
    content: str


class ClearanceBody(Body):
    """合规审批 of a gift above its cap, asked before it is given."""

    gift_name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    gift_value: Yuan
    reason: Reason


class PersonServedAnswer(Answer):
    """Whom it is for, masked."""

    contact_id: UUID
    kind: ContactKind
    name: str
    title: str
    mobile: str | None
    consent: bool
    left_on: date | None


class ProofAnswer(Answer):
    """A stored proof; the image itself is at `/proofs/{proof_id}`."""

    proof_id: UUID
    kind: ProofKind
    name: str
    media_type: str
    size: int
    at: datetime


class GiftRoomAnswer(Answer):
    """礼品限额 of the person: caps, given in the calendar year, and what is left for this touchpoint."""

    per_time: Decimal
    per_year: Decimal
    given: Decimal
    left: Decimal


class ClearanceAnswer(Answer):
    """A sign-off asked for a gift; open while neither cleared nor refused."""

    case_id: UUID
    gift_name: str
    gift_value: Decimal
    over: Decimal
    cleared_at: datetime | None
    refused_at: datetime | None


class TouchpointRowAnswer(Answer):
    """A touchpoint in a list. `case_id` is null until its hour has come; `version` is that of the case."""

    touchpoint_id: UUID
    customer_no: str
    customer_name: str
    institution_code: str
    code: str
    item: str
    name: str
    article: str
    origin: TouchpointOrigin
    tier: Tier
    contact_id: UUID | None
    policy_no: str | None
    title: str
    planned_on: date
    due_on: date
    role: Role
    assignee: UUID | None
    assignee_name: str | None
    human: bool
    stage: Stage
    overdue: bool
    merged_into: UUID | None
    hushed_by: UUID | None
    withheld: str | None
    case_id: UUID | None
    version: int | None
    reason: str | None
    record_no: str | None
    done_on: date | None
    in_time: bool | None


class TouchpointAnswer(TouchpointRowAnswer):
    """One touchpoint with its record 附件四. `cost` only for the owning institution (regulation 2.7)."""

    contact: PersonServedAnswer | None
    merged: list[UUID]
    done_at: datetime | None
    done_by_name: str | None
    content: str
    gift_name: str
    gift_value: Decimal | None
    cost: Decimal | None
    feedback: str
    follow_up: str
    follow_up_on: date | None
    proof_asked: list[ProofKind]
    proofs: list[ProofAnswer]
    gift: GiftRoomAnswer
    clearances: list[ClearanceAnswer]
