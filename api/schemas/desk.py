"""Bodies and answers of the approval desk: handing over, signers, clock, copies, comments, bulk."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import CaseRowAnswer, Comment, Version
from models.messages.scoring import Correction
from models.types import (
    AddedPosition,
    AlarmKind,
    PauseReason,
    Role,
    SignerRule,
    Stage,
    Tier,
    Verdict,
)

Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
MAX_BULK = 50


class HandBody(Body):
    """转办 / 委派 / 改派 to a person."""

    version: Version
    to: UUID
    comment: Comment = ""


class ReassignBody(HandBody):
    """改派 by operations: never without a reason."""

    comment: Reason


class HandBackBody(Body):
    """交回, with the advice as comment."""

    version: Version
    comment: Comment = ""


class AddSignerBody(HandBody):
    """前加签 / 后加签."""

    position: AddedPosition


class RemoveSignerBody(Body):
    """减签 of an added signer."""

    version: Version
    signer_id: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    comment: Comment = ""


class TakeBackBody(Body):
    """撤回 of one's own decision."""

    comment: Comment = ""


class PauseBody(Body):
    """暂停 of the task's clock."""

    version: Version
    reason: PauseReason
    comment: Comment = ""


class ResumeBody(Body):
    """恢复 of a paused clock."""

    version: Version
    comment: Comment = ""


class OverrideBody(Body):
    """运营干预: a decision by operations, always with a reason and always marked."""

    verdict: Verdict
    version: Version
    comment: Reason
    return_to: Stage | None = None
    approve_as: Tier | None = None


class SnoozeBody(Body):
    """稍后处理 until an instant, at most 30 days ahead; null shows the task again."""

    until: AwareDatetime | None


class CopyBody(Body):
    """抄送 to people by account id."""

    people: Annotated[list[UUID], Field(min_length=1, max_length=20)]
    comment: Comment = ""


class AskBody(Body):
    """征询 of one person."""

    to: UUID
    text: Reason


class FileBody(Body):
    """附件: base64 of at most 5 MB."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    media_type: Annotated[str, StringConstraints(max_length=100)] = ""
    content: str


class CommentBody(Body):
    """评论, with account ids of people mentioned."""

    text: Reason
    mentions: Annotated[tuple[UUID, ...], Field(max_length=20)] = ()
    attachments: Annotated[tuple[FileBody, ...], Field(max_length=5)] = ()


class AnswerBody(Body):
    """答复 to a question."""

    question_id: UUID
    text: Reason
    attachments: Annotated[tuple[FileBody, ...], Field(max_length=5)] = ()


class UrgeBody(Body):
    """催办."""

    comment: Annotated[str, StringConstraints(max_length=500)] = ""


class ResubmitBody(Body):
    """重新提交, with what changed: a new reason, corrected facts."""

    version: Version
    comment: Comment = ""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    corrections: Annotated[tuple[Correction, ...], Field(max_length=50)] = ()


class BulkItemBody(Body):
    """One task of a bulk approval, as the caller saw it."""

    task_id: UUID
    version: Version


class BulkBody(Body):
    """批量同意: approve only, at most 50, each task once."""

    items: Annotated[list[BulkItemBody], Field(min_length=1, max_length=MAX_BULK)]
    verdict: Literal[Verdict.APPROVE]
    comment: Comment = ""


class BulkResultAnswer(Answer):
    """What became of one item: HTTP status; `code` and `detail` of a refusal; the case as it stands."""

    task_id: UUID
    status: int
    code: str | None
    detail: str | None
    status_url: str | None
    case: CaseRowAnswer | None


class BulkAnswer(Answer):
    """One result per item, in the order of the request."""

    items: list[BulkResultAnswer]


class SignerAnswer(Answer):
    """One seat of the step. `state`: `approved`, `rejected`, `open`, `waiting` for another, `not_needed` any more."""

    signer_id: str
    name: str
    role: Role | None
    institution_code: str
    group: str | None
    state: str
    added_by: str | None
    added_by_id: UUID | None
    waits_for: tuple[str, ...]
    task_id: UUID | None
    on_behalf_of: str | None
    at: datetime | None


class SignersAnswer(Answer):
    """会签 live: "2 of 3, finance missing"."""

    stage: Stage
    round: int
    rule: SignerRule | None
    needed: int
    approved: int
    rejected: int
    missing: list[str]
    signers: list[SignerAnswer]


class CandidatePostAnswer(Answer):
    """A post of a candidate."""

    role: Role
    institution: str


class CandidateAnswer(Answer):
    """A person to choose; `why_not` is the code that would refuse it."""

    account_id: UUID
    name: str
    posts: list[CandidatePostAnswer]
    authorised: bool
    why_not: str | None


class AlarmAnswer(Answer):
    """A reminder, breach or escalation that went off."""

    kind: AlarmKind
    rung: int | None
    due_at: datetime
    at: datetime


class FileAnswer(Answer):
    """A file of a comment."""

    attachment_id: UUID
    name: str
    media_type: str
    size: int


class PersonRefAnswer(Answer):
    """A person named."""

    account_id: UUID
    name: str


class ThreadItemAnswer(Answer):
    """Something said: `kind` is `comment`, `ask`, `answer`, `urge` or `cc`; `to` is who is asked or copied to."""

    comment_id: UUID
    kind: str
    at: datetime
    author_id: UUID
    author: str
    text: str
    task_id: UUID | None
    mentions: list[PersonRefAnswer]
    to: PersonRefAnswer | None
    answers_id: UUID | None
    answered_at: datetime | None
    attachments: list[FileAnswer]


class UrgeAnswer(Answer):
    """催办: what was urged, and when it may be done again."""

    case_id: UUID
    urges: list[UUID]
    next_urge_at: datetime | None


class SaidAnswer(Answer):
    """The comment, question or answer that stands now."""

    case_id: UUID
    comment_id: UUID


class CopiedAnswer(Answer):
    """The copies that stand now, also those of before."""

    case_id: UUID
    people: list[PersonRefAnswer]


class EvidenceAnswer(Answer):
    """What whoever took the step saw; `digest` is the SHA-256 of its canonical JSON."""

    case_id: UUID
    step_no: int
    digest: str
    actor: str
    at: datetime
    content: dict[str, Any]


class SnoozedAnswer(Answer):
    """Until when the task is hidden from the caller's inbox."""

    task_id: UUID
    snoozed_until: datetime | None
