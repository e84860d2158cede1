"""Scoring, regulation 2.2: 附表1 (K1), 附表2 (K2), 附表3 (K3) and the point tables of formula B."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from models.rulebook.schema.common import Count, Entry, NamedEntry, NonNegative, Number, Percent, Positive, Section
from models.types import ProductClass


class ProductFactor(NamedEntry):
    """One row of 附表1: K1 is `factor`, or pay years / `years_divisor` and at least `minimum`."""

    product_class: ProductClass
    factor: Positive | None = None
    years_divisor: Positive | None = None
    minimum: Positive | None = None
    neutral_profit: bool = False
    """True for annuity and account classes: a customer with only these has K3 neutral."""


class LoyaltyBand(Entry):
    """One column of 附表2: K2 and formula B per cent for `min_years`..`max_years`, both included."""

    min_years: Count
    max_years: Count | None = None
    factor: Positive
    percent: Percent

    def contains(self, years: int) -> bool:
        """True if `years` consecutive insured years fall in this band."""
        return self.min_years <= years and (self.max_years is None or years <= self.max_years)


class ProfitBand(Entry):
    """One column of 附表3: K3 and formula B per cent for a loss ratio (0.40 stands for 40 %)."""

    lower: Number | None = None
    lower_inclusive: bool = True
    upper: Number | None = None
    upper_inclusive: bool = False
    factor: Positive
    percent: Percent

    def contains(self, ratio: Decimal) -> bool:
        """True if the exact, unrounded loss ratio falls in this band."""
        return self._above_lower(ratio) and self._below_upper(ratio)

    def _above_lower(self, ratio: Decimal) -> bool:
        return self.lower is None or ratio > self.lower or (self.lower_inclusive and ratio == self.lower)

    def _below_upper(self, ratio: Decimal) -> bool:
        return self.upper is None or ratio < self.upper or (self.upper_inclusive and ratio == self.upper)


class SizeBand(Entry):
    """Formula B only: per cent for a standard premium in [`lower`, `upper`) yuan."""

    lower: NonNegative
    upper: Positive | None = None
    percent: Percent

    def contains(self, yuan: Decimal) -> bool:
        """True if the standard premium falls in this band."""
        return self.lower <= yuan and (self.upper is None or yuan < self.upper)


class PointWeights(Section):
    """Formula B: points of each factor; they add up to 100."""

    size: Percent
    loyalty: Percent
    profit: Percent


class ScoringRules(Section):
    """How the customer value V (formula A, whole yuan) or the points (formula B) are computed."""

    formula: Literal["A", "B"]
    product_factors: Annotated[tuple[ProductFactor, ...], Field(min_length=1)]
    loyalty_bands: Annotated[tuple[LoyaltyBand, ...], Field(min_length=1)]
    profit_bands: Annotated[tuple[ProfitBand, ...], Field(min_length=1)]
    size_bands: Annotated[tuple[SizeBand, ...], Field(min_length=1)]
    points: PointWeights
    loss_ratio_years: Count
    """Years of the rolling loss ratio, ending with the evaluation year."""
    min_exposure_days: Count
    """Fewer covered days in those years: K3 is neutral."""
    neutral_profit_factor: Positive
    neutral_profit_percent: Percent
    """Formula B per cent that stands beside the neutral K3."""
    new_customer_lookback_months: Count
    break_days: Count
    """A longer break in cover restarts the insured years at 1."""
