"""Bodies and answers about inquiries 咨询 and complaints 投诉, 附件五. Contents are masked unless they were opened."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import StringConstraints

from api.schemas.base import Answer, Body, Instant
from api.schemas.cases import Comment, TimelineAnswer, Version
from models.rules.clock import ClockState
from models.service_types import ComplaintGrade, ComplaintSheet, CustomerView, IntakeChannel
from models.types import Outcome, Stage, Tier

Words = Annotated[str, StringConstraints(max_length=4000)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
LateReason = Annotated[str, StringConstraints(max_length=500)] | None


class InquiryBody(Body):
    """登记咨询. Without `received_at` it came in now; a past one may be overdue at once."""

    customer_no: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    contact_id: UUID | None = None
    channel: IntakeChannel = IntakeChannel.API
    complainant: Annotated[str, StringConstraints(max_length=100)] = ""
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    matter: Words = ""
    received_at: Instant | None = None


class ComplaintBody(InquiryBody):
    """登记投诉 with its grade 定级."""

    matter: Said
    grade: ComplaintGrade = ComplaintGrade.ORDINARY


class RegisteredAnswer(Answer):
    """The case that stands now, with its record number and its two clocks; an inquiry has only the first."""

    case_id: UUID
    record_no: str
    reply_due_at: datetime
    close_due_at: datetime | None


class ServiceActBody(Body):
    """An act; `version` is the case's, as the sender saw it."""

    version: Version
    comment: Comment = ""


class ReplyBody(ServiceActBody):
    """首次答复; of an inquiry it is the answer."""

    text: Said
    late_reason: LateReason = None


class InvestigateBody(ServiceActBody):
    """调查: what was found."""

    text: Said


class GradeBody(ServiceActBody):
    """定级."""

    grade: ComplaintGrade


class JudgeBody(ServiceActBody):
    """成立与否, and how it is handled."""

    justified: bool
    handling: Said


class CloseBody(ServiceActBody):
    """结案 with the customer's view; a serious one with the leader's opinion."""

    customer_view: CustomerView
    view_text: Words = ""
    leader_opinion: Words = ""
    late_reason: LateReason = None


class ReopenBody(ServiceActBody):
    """重新打开; the reason stands in `comment`."""


class AssignBody(ServiceActBody):
    """指派: an account id."""

    to: UUID


class AcceptBody(ServiceActBody):
    """受理 by the sender."""


class CompleteBody(ServiceActBody):
    """处理完毕."""


class ClockAnswer(Answer):
    """One promise on the clock: `reply` 首次答复, `close` 结案 or `confirm` 客户意见. `limit` is `{unit, value}`."""

    name: str
    code: str
    article: str
    limit: dict[str, Any] | None
    regular: dict[str, Any] | None
    started_at: datetime
    due_at: datetime
    provisional: bool
    finished_at: datetime | None
    state: ClockState
    used_percent: int


class ComplaintRowAnswer(Answer):
    """One of a list; complainant, telephone and subject are masked."""

    case_id: UUID
    record_no: str
    sheet: ComplaintSheet
    grade: ComplaintGrade
    stage: Stage
    round: int
    version: int
    outcome: Outcome | None
    tier: Tier
    customer_no: str
    customer_name: str
    institution_code: str
    channel: IntakeChannel
    contact_id: UUID | None
    complainant: str
    phone: str
    subject: str
    received_at: datetime
    reply_due_at: datetime
    first_reply_at: datetime | None
    reply_in_time: bool | None
    close_due_at: datetime | None
    closed_at: datetime | None
    closed_in_time: bool | None
    due_at: datetime | None
    """End of the clock that runs now."""
    overdue: bool
    justified: bool | None
    customer_view: CustomerView | None
    handler: str | None


class ComplaintAnswer(ComplaintRowAnswer):
    """One of them. `opened`: its texts stand in full, and that reading was written to the audit trail."""

    opened: bool
    matter: str
    first_reply: str
    investigation: str
    handling: str
    view_text: str
    leader_opinion: str
    late_reason: str | None
    clocks: list[ClockAnswer]
    task_id: UUID | None
    reopen_until: datetime | None
    lives: list[dict[str, Any]]
    """Earlier lives of a reopened one: instants and results, no text."""
    timeline: list[TimelineAnswer]
