"""The score line by line, and corrections of facts, as they travel to pages, JSON and records. Money is yuan."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from models.types import ProductClass, Source


class NeutralReason(StrEnum):
    """Why K3 is neutral and the loss ratio empty."""

    NO_INSURED_YEARS = "no_insured_years"
    NO_EARNED_PREMIUM = "no_earned_premium"
    NEUTRAL_CLASSES_ONLY = "neutral_classes_only"
    SHORT_EXPOSURE = "short_exposure"


class LeftOutReason(StrEnum):
    """Why premium of the year does not count: the policy was not in force at 31 December."""

    NOT_YET_EFFECTIVE = "not_yet_effective"
    EXPIRED = "expired"
    ENDED = "ended"
    LAPSED = "lapsed"
    SURRENDERED = "surrendered"


class CorrectedField(StrEnum):
    """What a reviewer may correct of one policy and year."""

    PREMIUM_RECEIVED = "premium_received"
    EARNED_PREMIUM = "earned_premium"
    INCURRED_CLAIMS = "incurred_claims"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Correction(_Frozen):
    """An adjustment of one fact on a case (decisions.md 11); the frozen list is not touched by it."""

    policy_no: str
    year: int
    field: CorrectedField
    value: Decimal = Field(ge=0, max_digits=18, decimal_places=2)


class Provenance(_Frozen):
    """Where a factor stands: article, 原文 or 默认."""

    article: str
    source: Source


class PremiumLine(Provenance):
    """保费 x K1 = amount, one policy. `pay_years` is set where K1 is read from the pay term."""

    policy_no: str
    product_class: ProductClass
    class_zh: str
    class_en: str
    pay_years: int | None
    premium: Decimal
    k1: Decimal
    amount: Decimal


class LeftOutLine(_Frozen):
    """Premium of the year that does not count, and why."""

    policy_no: str
    product_class: ProductClass
    premium: Decimal
    reason: LeftOutReason


class LoyaltyLine(Provenance):
    """K2: consecutive years with premium, ending with the evaluation year. `first_year` is None without any."""

    insured_years: int
    first_year: int | None
    band_from: int
    band_to: int | None
    k2: Decimal
    percent: Decimal


class LossYear(_Frozen):
    """Earned premium and incurred claims of one year of the window."""

    year: int
    earned: Decimal
    incurred: Decimal


class ProfitLine(Provenance):
    """K3: loss ratio of the window, exact before banding, shown with 6 decimals; `lower`..`upper` is the band."""

    years: tuple[LossYear, ...]
    earned: Decimal
    incurred: Decimal
    covered_days: int
    loss_ratio: Decimal | None
    neutral_reason: NeutralReason | None
    lower: Decimal | None
    lower_inclusive: bool
    upper: Decimal | None
    upper_inclusive: bool
    k3: Decimal
    percent: Decimal


class PointsLine(_Frozen):
    """Formula B: points = weight x per cent / 100, of size, loyalty and profit."""

    size_percent: Decimal
    size_points: Decimal
    loyalty_points: Decimal
    profit_points: Decimal


class ScoreExplanation(_Frozen):
    """客户价值 of one customer and year, every factor line by line.

    `exact_value` is before and `value` after the one rounding (half up, whole yuan; whole points under formula B).
    `points` is set under formula B only.
    """

    customer_no: str
    year: int
    formula: Literal["A", "B"]
    lines: tuple[PremiumLine, ...]
    left_out: tuple[LeftOutLine, ...]
    standard_premium: Decimal
    loyalty: LoyaltyLine
    profit: ProfitLine
    points: PointsLine | None
    exact_value: Decimal
    value: Decimal
    new_customer: bool
    first_effective_on: date
