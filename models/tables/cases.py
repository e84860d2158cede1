"""Cases, tasks, decisions, scores, seats: the record people read of what the workflows did."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.tables.columns import encrypted, enum_type, json_column, new_id
from models.types import CaseKind, Door, MembershipStage, Outcome, Role, SeatKind, Stage, TaskState, Tier, Verdict


class Case(SQLModel, table=True):
    """A case of any kind. `open_key` is unique while the case is open and null afterwards (one open case)."""

    __tablename__ = "workflow_case"
    __table_args__ = (
        Index("ix_workflow_case_list", "kind", "opened_at", "id"),
        Index("ix_workflow_case_customer", "customer_no", "year"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: CaseKind = Field(sa_type=enum_type(CaseKind))
    workflow_id: str = Field(unique=True, max_length=128)
    open_key: str | None = Field(default=None, unique=True, max_length=64)
    customer_no: str | None = Field(default=None, foreign_key="customer.customer_no", max_length=32)
    """None for a case about an institution: a quarter's summary, an appeal against an assessment, a launch."""
    institution_code: str = Field(foreign_key="institution.code", index=True, max_length=32)
    year: int
    attempt: int
    tier: Tier = Field(sa_type=enum_type(Tier))
    tier_applied: Tier = Field(sa_type=enum_type(Tier))
    seat_kind: SeatKind = Field(sa_type=enum_type(SeatKind))
    stage: Stage = Field(sa_type=enum_type(Stage))
    round: int = 1
    version: int
    outcome: Outcome | None = Field(default=None, sa_type=enum_type(Outcome))
    declared_by: UUID = Field(foreign_key="account.id", index=True)
    rulebook_version_id: UUID = Field(foreign_key="rulebook_version.id")
    reason: str | None = Field(default=None, sa_column=encrypted("workflow_case.reason"))
    late_reason: str | None = Field(default=None, max_length=500)
    content_hash: str = Field(max_length=64)
    value: Decimal = Field(sa_type=Numeric(18, 0))
    rank: int | None = None
    in_reserve_since: datetime | None = None
    subject: str | None = Field(default=None, max_length=32)
    """What a lone approval is about: `appeal`; None for the kinds that say it themselves."""
    subject_case_id: UUID | None = Field(default=None, index=True)
    """The case that is appealed against; no foreign key, for SQLite cannot add one to a table that others refer to."""
    state: dict[str, Any] = Field(sa_column=json_column())
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def number(self) -> str:
        """What people quote: the customer's number, else the institution's code."""
        return self.customer_no or self.institution_code

    @property
    def customer(self) -> str:
        """The number of its customer. Raises LookupError for a case about an institution."""
        if self.customer_no is None:
            raise LookupError(f"case {self.id} of {self.kind} is about an institution")
        return self.customer_no


class Task(SQLModel, table=True):
    """One human task: who may act is `(institution, role)` or one assignee, never a row per person."""

    __tablename__ = "task"
    __table_args__ = (
        Index(
            "ix_task_open_role",
            "role",
            "institution_code",
            "due_at",
            "id",
            sqlite_where=text("state IN ('open', 'claimed', 'waiting')"),
            postgresql_where=text("state IN ('open', 'claimed', 'waiting')"),
        ),
        Index(
            "ix_task_open_assignee",
            "assignee_id",
            "due_at",
            "id",
            sqlite_where=text("state IN ('open', 'claimed', 'waiting')"),
            postgresql_where=text("state IN ('open', 'claimed', 'waiting')"),
        ),
        Index(
            "ix_task_open_counts",
            "state",
            "institution_code",
            "kind",
            "role",
            "assignee_id",
            "opened_at",
            "due_at",
            "tier",
            "customer_no",
            sqlite_where=text("state IN ('open', 'claimed', 'waiting')"),
            postgresql_where=text("state IN ('open', 'claimed', 'waiting')"),
        ),
        Index(
            "ix_task_closed_post",
            "institution_code",
            "role",
            "closed_at",
            sqlite_where=text("closed_at IS NOT NULL"),
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
        Index("ix_task_closed_by", "closed_by", "closed_at", "id"),
        Index("ix_task_case", "case_id", "opened_at"),
        Index("ix_task_due", "role", "due_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id")
    kind: CaseKind = Field(sa_type=enum_type(CaseKind))
    step: str = Field(max_length=32)
    title: str = Field(max_length=200)
    state: TaskState = Field(sa_type=enum_type(TaskState))
    version: int
    round: int
    customer_no: str = Field(max_length=32)
    customer_name: str = Field(max_length=200)
    tier: Tier = Field(sa_type=enum_type(Tier))
    institution_code: str = Field(max_length=32)
    role: Role = Field(sa_type=enum_type(Role))
    assignee_id: UUID | None = Field(default=None, foreign_key="account.id")
    opened_at: datetime
    due_at: datetime
    provisional: bool = False
    calendar_version: str = Field(max_length=64)
    breached_at: datetime | None = None
    signer_id: str = Field(default="1", max_length=16)
    claimed_at: datetime | None = None
    """领取: set with `assignee_id` while the state is `claimed`; a release takes both back."""
    delegated_by: UUID | None = Field(default=None, index=True)
    """委派: `assignee_id` is the delegate meanwhile; the task returns to this person."""
    paused_since: datetime | None = None
    closed_at: datetime | None = None
    closed_by: UUID | None = Field(default=None, foreign_key="account.id")


class Decision(SQLModel, table=True):
    """One accepted act on a case. Unique by step number and by task; `effect` is what the workflow must apply."""

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("case_id", "step_no"),
        UniqueConstraint("task_id"),
        Index("ix_decision_acts", "act", "verdict"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id")
    step_no: int
    task_id: UUID | None = Field(default=None, foreign_key="task.id")
    update_id: str = Field(index=True, max_length=200)
    act: str = Field(max_length=32)
    stage: Stage = Field(sa_type=enum_type(Stage))
    round: int
    actor_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    """None for an automatic decision: `actor_name` is then the reserved actor."""
    actor_name: str = Field(max_length=100)
    on_behalf_of: UUID | None = Field(default=None, foreign_key="account.id")
    on_behalf_of_name: str | None = Field(default=None, max_length=100)
    to_name: str | None = Field(default=None, max_length=100)
    """Whom the act handed the task to."""
    evidence_digest: str | None = Field(default=None, foreign_key="evidence.digest", max_length=64)
    changes: str | None = Field(default=None, sa_column=encrypted("decision.changes"))
    """What a resubmission changed, as JSON `{field: [before, after]}`."""
    door: Door = Field(sa_type=enum_type(Door))
    verdict: Verdict | None = Field(default=None, sa_type=enum_type(Verdict))
    comment: str | None = Field(default=None, sa_column=encrypted("decision.comment"))
    return_to: Stage | None = Field(default=None, sa_type=enum_type(Stage))
    approve_as: Tier | None = Field(default=None, sa_type=enum_type(Tier))
    content_hash: str = Field(max_length=64)
    effect: dict[str, Any] = Field(sa_column=json_column())
    at: datetime


class CaseScore(SQLModel, table=True):
    """Score explanation of a case at a step: the declared one, and one per correction of facts."""

    __tablename__ = "case_score"
    __table_args__ = (UniqueConstraint("case_id", "step_no"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id", index=True)
    step_no: int
    round: int
    value: Decimal = Field(sa_type=Numeric(18, 0))
    explanation: dict[str, Any] = Field(sa_column=json_column())
    corrections: list[dict[str, Any]] = Field(sa_column=json_column())
    at: datetime


class Seat(SQLModel, table=True):
    """席位 held by one VIP, article 13. `scope_code` is the branch for silver, `HQ` otherwise; freed by deletion."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("year", "tier", "seat_kind", "scope_code", "seat_no"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    year: int
    tier: Tier = Field(sa_type=enum_type(Tier))
    seat_kind: SeatKind = Field(sa_type=enum_type(SeatKind))
    scope_code: str = Field(max_length=32)
    seat_no: int
    case_id: UUID = Field(foreign_key="workflow_case.id", unique=True)
    customer_no: str = Field(max_length=32)
    taken_at: datetime


class SilverQuota(SQLModel, table=True):
    """机构名额 of silver seats that a branch files each year with its reason, article 13."""

    __tablename__ = "silver_quota"

    year: int = Field(primary_key=True)
    institution_code: str = Field(primary_key=True, foreign_key="institution.code", max_length=32)
    quota: int
    reason: str = Field(max_length=500)
    filed_by: UUID = Field(foreign_key="account.id")
    filed_at: datetime


class Membership(SQLModel, table=True):
    """会员期 of one VIP; dates are inclusive. One row per approved case."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_manager", "manager_id", "customer_no"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="workflow_case.id", unique=True)
    workflow_id: str = Field(index=True, max_length=128)
    customer_no: str = Field(foreign_key="customer.customer_no", index=True, max_length=32)
    institution_code: str = Field(index=True, max_length=32)
    year: int
    tier: Tier = Field(sa_type=enum_type(Tier))
    seat_kind: SeatKind = Field(sa_type=enum_type(SeatKind))
    certificate_no: str = Field(unique=True, max_length=64)
    manager_id: UUID = Field(foreign_key="account.id")
    club_contact_id: UUID | None = Field(default=None, foreign_key="contact.id")
    valid_from: date
    valid_to: date
    stage: MembershipStage = Field(default=MembershipStage.PENDING, sa_type=enum_type(MembershipStage))
    buffer_until: date | None = None
    """降级缓冲期: last day of the old tier's services after a downgrade."""
    downgrade_to: Tier | None = Field(default=None, sa_type=enum_type(Tier))
    """The tier after the buffer."""
    act_update_id: str | None = Field(default=None, max_length=200)
    """The act that cancelled or downgraded it last, so that a redelivery finds it done."""
    ended_on: date | None = None
    end_reason: str | None = Field(default=None, max_length=500)
    notified_at: datetime | None = None
    created_at: datetime
