"""Bodies and answers about evaluations, the ranking list, quotas and jobs. Money is decimal text in yuan."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import CaseRowAnswer
from models.types import JobState, SeatKind, Tier

Year = Annotated[int, Field(ge=1990, le=2100)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class EvaluateBody(Body):
    """Compute the list of an evaluation year 评定年度."""

    year: Year


class ReasonBody(Body):
    """Why."""

    reason: Reason


class JobAnswer(Answer):
    """Long-running work: `done` of `total` rows; `result` once it is done, `error` when it failed."""

    job_id: UUID
    kind: str
    state: JobState
    done: int
    total: int
    result: dict[str, Any] | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class StartedAnswer(JobAnswer):
    """An evaluation that was asked for; `status_url` tells how far it is."""

    status_url: str


class EvaluationAnswer(Answer):
    """One evaluation year; a frozen list is read-only."""

    year: int
    state: Literal["computed", "frozen"]
    formula: str
    computed_at: datetime
    frozen_at: datetime | None


class SeatCountAnswer(Answer):
    """A company-wide pool of gold seats: its size, seats the list gives, seats approvals took."""

    kind: SeatKind
    quota: int
    in_list: int
    taken: int


class EvaluationDetailAnswer(EvaluationAnswer):
    """One evaluation year with its gold seats."""

    seats: list[SeatCountAnswer]


class RankingAnswer(Answer):
    """A row of the list: the columns of the CSV, and what decided."""

    rank: int
    customer_no: str
    name: str
    institution_code: str
    standard_premium: Decimal
    insured_years: int
    loss_ratio: Decimal | None
    k2: Decimal
    k3: Decimal
    value: Decimal
    new_customer: bool
    eligible_tier: Tier
    seat: SeatKind | None
    tie_break: str | None
    ineligible_reason: str | None


class QuotaBody(Body):
    """机构名额 as a branch files it."""

    institution_code: Annotated[str, StringConstraints(min_length=1, max_length=32)]
    quota: Annotated[int, Field(ge=0, le=10_000)]
    reason: Reason


class QuotaAnswer(Answer):
    """One branch: the quota that holds, what the rulebook suggests, seats the list gives and approvals took."""

    institution_code: str
    quota: int
    suggested: int
    reason: str | None
    filed_at: datetime | None
    in_list: int
    taken: int


class QuotasAnswer(Answer):
    """Quotas of a year within the caller's institutions, special declarations and the reserve list."""

    year: int
    items: list[QuotaAnswer]
    gold: list[SeatCountAnswer]
    special: list[CaseRowAnswer]
    reserve: list[CaseRowAnswer]
