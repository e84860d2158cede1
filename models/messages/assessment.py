"""Assessment 考核 of one branch as it is reckoned and kept: counts, indicators, deduction, vetoes, total, grade.

Numbers are exact decimals. `good` of `of` is the ratio of an indicator in per cent; of 客户满意度 it is the sum of the
scores of its valid sheets.
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from models.messages.base import Message
from models.types import Tier

DEDUCTION = "deduction"
"""What an appeal names beside the codes of indicators: the points taken off for justified complaints."""

IndicatorState = Literal["measured", "full", "spread", "vetoed"]
"""measured; full: nothing was due and that earns everything; spread: without a case, its weight went to the others;
vetoed: emptied by a veto."""


class Measure(Message):
    """What the records count for one indicator, of one tier where its targets differ by tier."""

    good: Decimal
    of: int
    tier: Tier | None = None


class Sheets(Message):
    """Survey sheets 附件六 that went out and came back."""

    sent: int
    returned: int


class Measured(Message):
    """All that is counted for one indicator. `sheets` only for 客户满意度."""

    code: str
    parts: tuple[Measure, ...] = ()
    sheets: Sheets | None = None


class Correction(Message):
    """What an appeal that was upheld put in place: the actual value of an indicator, or the points deducted."""

    item: str
    value: Decimal


class BranchFacts(Message):
    """Everything the reckoning stands on."""

    measured: tuple[Measured, ...]
    justified: int = 0
    """Complaints found justified 成立."""
    vetoes: tuple[str, ...] = ()
    """Codes of the vetoes 一票否决 that stand."""
    corrections: tuple[Correction, ...] = ()
    """In the order in which they were upheld; the last one of an item holds."""


class IndicatorScore(Message):
    """One indicator. `weight` is the one it counts with, after others without a case gave theirs away."""

    code: str
    base_weight: Decimal
    weight: Decimal
    state: IndicatorState
    actual: Decimal | None = None
    target: Decimal | None = None
    points: Decimal
    corrected: bool = False


class Assessed(Message):
    """The outcome. `total` and `grade` are None while no indicator has a case at all."""

    indicators: tuple[IndicatorScore, ...]
    justified: int
    deduction: Decimal
    deduction_corrected: bool = False
    vetoes: tuple[str, ...] = ()
    total: Decimal | None = None
    grade: str | None = None
    grade_by_points: str | None = None
    """The grade without the cap of a veto."""

    def indicator(self, code: str) -> IndicatorScore:
        """Raises KeyError for a code that is none."""
        found = next((item for item in self.indicators if item.code == code), None)
        if found is None:
            raise KeyError(code)
        return found


class Kept(Message):
    """A version of a result as it is kept: what it stands on, and what came of it."""

    facts: BranchFacts
    assessed: Assessed
    rulebook: str = Field(description="code and version")
