"""Bodies and answers about evaluations, the ranking list, quotas and jobs. Money is decimal text in yuan."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.schemas.base import Answer, Body
from api.schemas.cases import CaseRowAnswer
from models.types import JobState, SeasonPhase, SeatKind, Tier

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


class PhaseAnswer(Answer):
    """One change of phase: who led the season there, why, and whether after the date of the phase it ended."""

    phase: SeasonPhase
    by: str
    reason: str
    at: datetime
    late: bool


class PhaseDateAnswer(Answer):
    """By when a phase should be over, regulation 2.4."""

    phase: SeasonPhase
    due_on: date


class SeasonAnswer(Answer):
    """The quota season: where it stands, where head office may lead it, what it did so far."""

    phase: SeasonPhase
    version: int
    may_move_to: list[SeasonPhase]
    appeals_until: datetime | None
    appeals_open: bool
    dates: list[PhaseDateAnswer]
    moves: list[PhaseAnswer]


class CandidateAnswer(Answer):
    """A membership whose facts demand cancellation, with the causes the book shows."""

    customer_no: str
    name: str
    tier: Tier
    causes: list[str]


class ListingAnswer(Answer):
    """公示: one customer of the published list; `reason` says why it has no seat."""

    rank: int
    customer_no: str
    institution_code: str
    value: Decimal
    tier: Tier
    seat: SeatKind | None
    reason: str | None


class ChangeAnswer(Answer):
    """A customer whose seat a trial changes; `after` null: it falls out."""

    customer_no: str
    name: str
    branch_code: str | None
    before: SeatKind | None
    after: SeatKind | None


class WhatIfAnswer(Answer):
    """试算, never saved. `full`: the pool has no seat to give. `elsewhere`: changes outside one's institutions."""

    customer_no: str
    name: str
    value: Decimal
    rank_before: int
    rank: int
    seat_before: SeatKind | None
    seat: SeatKind | None
    ineligible: list[str]
    full: bool
    changes: list[ChangeAnswer]
    elsewhere: int


class SeasonMoveBody(ReasonBody):
    """Why, and on which version of the season."""

    version: Annotated[int, Field(ge=1)]


class AppealBody(ReasonBody):
    """申诉 against a customer's line of the published list."""

    customer_no: Annotated[str, StringConstraints(min_length=1, max_length=32)]


class QuotasAnswer(Answer):
    """Quotas of a year within the caller's institutions, special declarations, reserve list, and the season."""

    year: int
    items: list[QuotaAnswer]
    gold: list[SeatCountAnswer]
    special: list[CaseRowAnswer]
    reserve: list[CaseRowAnswer]
    season: SeasonAnswer | None
    appeals: list[CaseRowAnswer]
    should_end: list[CandidateAnswer]
    """Memberships that should be cancelled."""
