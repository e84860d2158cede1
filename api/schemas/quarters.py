"""Bodies and answers of quarterly summaries 附件二. Money in yuan as text, shares of one."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.schemas.base import Answer, Body
from models.types import Outcome, Stage, Tier


class FreezeBody(Body):
    """冻结 of one branch."""

    institution_code: Annotated[str, Field(min_length=1, max_length=32)]


class ProblemsBody(Body):
    """问题与措施 by customer number; customers that are not named keep theirs."""

    version: int
    problems: dict[str, Annotated[str, Field(max_length=2000)]]


class AdjustmentReasonBody(Body):
    """Why a figure changed after publication."""

    reason: Annotated[str, Field(max_length=500)]


class TotalsAnswer(Answer):
    """A branch's quarter in numbers; shares are null where there is nothing to divide by."""

    vips: int
    due: int
    done: int
    late: int
    done_share: Decimal | None
    green_cases: int
    green_in_time: int
    green_share: Decimal | None
    inquiries: int
    complaints: int
    justified: int
    cost: Decimal


class BranchQuarterAnswer(Answer):
    """A branch in a quarter; everything of the summary is null before it was frozen."""

    institution_code: str
    institution_name: str
    missing: bool
    case_id: UUID | None
    stage: Stage | None
    outcome: Outcome | None
    due_on: date | None
    frozen_at: datetime | None
    handed_in_at: datetime | None
    published_at: datetime | None
    digest: str | None
    adjustments: int
    totals: TotalsAnswer | None


class QuarterAnswer(Answer):
    """Every branch of the caller's institutions in one quarter, the missing ones first."""

    year: int
    quarter: int
    first: date
    last: date
    ended: bool
    items: list[BranchQuarterAnswer]


class CountAnswer(Answer):
    """One service code: due, of these done, and of these not in time."""

    code: str
    due: int
    done: int
    late: int


class LineAnswer(Answer):
    """One VIP of a summary."""

    customer_no: str
    customer_name: str
    vip_no: str
    tier: Tier
    manager: str
    counts: list[CountAnswer]
    green_cases: int
    green_in_time: int
    inquiries: int
    complaints: int
    justified: int
    satisfaction: Decimal | None
    cost: Decimal
    problems: str


class AdjustmentAnswer(Answer):
    """调整: one figure that the facts say otherwise since publication."""

    number: int
    customer_no: str
    figure: str
    old: str
    new: str
    found_at: datetime
    reason: str
    reason_by: str
    reason_at: datetime | None


class SummaryAnswer(BranchQuarterAnswer):
    """One summary in full; `version` is asked for when its texts are saved."""

    version: int
    prepared_by: str
    checked_by: str
    published_by: str
    lines: list[LineAnswer]
    adjusted: list[AdjustmentAnswer]
