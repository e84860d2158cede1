"""The approval desk around a task: evidence, alarms, copies, comments, urging, snoozing, stand-ins, links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted, enum_type, json_column, new_id
from models.types import AlarmKind


class Evidence(SQLModel, table=True):
    """留痕快照: exactly what the approver saw, canonical JSON by its SHA-256; never changed, shared by digest."""

    __tablename__ = "evidence"

    digest: str = Field(primary_key=True, max_length=64)
    content: str = Field(sa_column=encrypted("evidence.content", nullable=False))
    created_at: datetime


class TaskAlarm(SQLModel, table=True):
    """A reminder, breach or escalation that went off: each once per task."""

    __tablename__ = "task_alarm"

    task_id: UUID = Field(primary_key=True, foreign_key="task.id")
    key: str = Field(primary_key=True, max_length=64)
    case_id: UUID = Field(foreign_key="workflow_case.id", index=True)
    kind: AlarmKind = Field(sa_type=enum_type(AlarmKind))
    rung: int | None = None
    due_at: datetime
    at: datetime
    told: list[str] = Field(default_factory=list, sa_column=json_column())
    """Account ids that were told."""


class TaskSnooze(SQLModel, table=True):
    """稍后处理: hidden from one person's inbox until an instant; the clock runs on."""

    __tablename__ = "task_snooze"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    task_id: UUID = Field(primary_key=True, foreign_key="task.id")
    until: datetime


class CaseCopy(SQLModel, table=True):
    """抄送: a person who reads a case and does not act; the right to read comes with the row."""

    __tablename__ = "case_copy"
    __table_args__ = (
        UniqueConstraint("case_id", "account_id"),
        Index("ix_case_copy_box", "account_id", "at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id")
    account_id: UUID = Field(foreign_key="account.id")
    by_id: UUID = Field(foreign_key="account.id")
    by_name: str = Field(max_length=100)
    at: datetime
    read_at: datetime | None = None


class CaseComment(SQLModel, table=True):
    """评论, 征询 or 答复 on a case; `asked_id` is who is asked, `answers_id` the question an answer belongs to."""

    __tablename__ = "case_comment"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id", index=True)
    task_id: UUID | None = Field(default=None, foreign_key="task.id")
    kind: str = Field(max_length=16)
    """`comment`, `ask` or `answer`."""
    author_id: UUID = Field(foreign_key="account.id")
    author_name: str = Field(max_length=100)
    text: str = Field(sa_column=encrypted("case_comment.text", nullable=False))
    mentions: list[str] = Field(default_factory=list, sa_column=json_column())
    """Account ids of 提及."""
    asked_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    answers_id: UUID | None = Field(default=None, foreign_key="case_comment.id")
    answered_at: datetime | None = None
    at: datetime


class CaseAttachment(SQLModel, table=True):
    """A file of a comment, base64 under the encryption of personal data."""

    __tablename__ = "case_attachment"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    comment_id: UUID = Field(foreign_key="case_comment.id", index=True)
    case_id: UUID = Field(foreign_key="workflow_case.id")
    name: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    content: str = Field(sa_column=encrypted("case_attachment.content", nullable=False))
    at: datetime


class Urge(SQLModel, table=True):
    """催办 of an open task by the declarant or a reader of the case."""

    __tablename__ = "urge"
    __table_args__ = (Index("ix_urge_case", "case_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id")
    task_id: UUID = Field(foreign_key="task.id")
    by_id: UUID = Field(foreign_key="account.id")
    by_name: str = Field(max_length=100)
    text: str = Field(default="", sa_column=encrypted("urge.text"))
    at: datetime


class StandIn(SQLModel, table=True):
    """代理: `stand_in_id` acts for `principal_id` in [starts_at, ends_at), inside the scope; empty lists mean all."""

    __tablename__ = "stand_in"
    __table_args__ = (
        Index("ix_stand_in_principal", "principal_id", "ends_at"),
        Index("ix_stand_in_stand_in", "stand_in_id", "ends_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    principal_id: UUID = Field(foreign_key="account.id")
    stand_in_id: UUID = Field(foreign_key="account.id")
    starts_at: datetime
    ends_at: datetime
    kinds: list[str] = Field(default_factory=list, sa_column=json_column())
    tiers: list[str] = Field(default_factory=list, sa_column=json_column())
    institution_code: str | None = Field(default=None, foreign_key="institution.code", max_length=32)
    reason: str = Field(default="", max_length=500)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    ended_at: datetime | None = None
    """Ended before its time by hand."""


class DecisionLink(SQLModel, table=True):
    """决定链接: one use, expiring, bound to person, task, round and version. Only the hash is stored."""

    __tablename__ = "decision_link"

    token_hash: str = Field(primary_key=True, max_length=64)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    task_id: UUID = Field(foreign_key="task.id", index=True)
    round: int
    version: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
