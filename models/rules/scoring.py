"""客户价值 V: exact decimal arithmetic, one rounding at the end (regulation 2.2, decisions.md 16).

Formula A is the product V = (sum of premium x K1) x K2 x K3 in whole yuan, formula B the weighted points of the same
three factors. `Scorer.score` is the quick road for a whole book, `Scorer.explain` the same reckoning line by line.
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import NamedTuple

from models.messages.scoring import LeftOutReason, NeutralReason
from models.rulebook.schema.scoring import LoyaltyBand, ProductFactor, ProfitBand, ScoringRules
from models.rules.facts import CustomerFacts, PolicyYear
from models.types import PolicyStatus

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
SIX_PLACES = Decimal("0.000001")
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""Wide enough that no sum or product of yuan and factors is ever rounded on the way."""

_ENDED_EARLY = {
    PolicyStatus.LAPSED: LeftOutReason.LAPSED,
    PolicyStatus.SURRENDERED: LeftOutReason.SURRENDERED,
}


class LossExperience(NamedTuple):
    """Loss ratio of the window; `neutral_reason` says why there is none."""

    earned: Decimal
    incurred: Decimal
    covered_days: int
    neutral_reason: NeutralReason | None

    @property
    def ratio(self) -> Decimal | None:
        """赔付率 with 6 decimals half up, None where K3 is neutral."""
        if self.neutral_reason is not None:
            return None
        return EXACT.quantize(EXACT.divide(self.incurred, self.earned), SIX_PLACES)


class Score(NamedTuple):
    """Result for one customer: `standard_premium` exact, `value` rounded half up to whole yuan (points under B)."""

    standard_premium: Decimal
    insured_years: int
    loss_ratio: Decimal | None
    k2: Decimal
    k3: Decimal
    value: Decimal
    new_customer: bool


def round_half_up(amount: Decimal, unit: Decimal = ONE) -> Decimal:
    """Round to a multiple of ten's power `unit`, 5 upwards."""
    return amount.quantize(unit, ROUND_HALF_UP)


def insured_years(premium_years: Iterable[int], year: int) -> int:
    """连续投保年数: consecutive years with premium above zero, ending with `year`."""
    years = set(premium_years)
    count = 0
    while year - count in years:
        count += 1
    return count


def is_new_customer(premium_years: frozenset[int], year: int) -> bool:
    """新客户: premium in the evaluation year and in no earlier year of the book."""
    return year in premium_years and min(premium_years) == year


def left_out_reason(policy: PolicyYear, year_end: date) -> LeftOutReason | None:
    """Why the policy was not in force at 31 December; None when it was."""
    if policy.effective_on > year_end:
        return LeftOutReason.NOT_YET_EFFECTIVE
    if policy.ended_on is not None:
        if policy.ended_on < year_end:
            return LeftOutReason.ENDED
    elif policy.status in _ENDED_EARLY:
        return _ENDED_EARLY[policy.status]
    return LeftOutReason.EXPIRED if policy.expires_on < year_end else None


def covered_days(periods: Iterable[tuple[date, date]]) -> int:
    """Days in the union of inclusive periods, each day once."""
    total, reach = 0, 0
    for start, end in sorted(periods):
        first, last = max(start.toordinal(), reach + 1), end.toordinal()
        if last >= first:
            total += last - first + 1
            reach = last
    return total


def profit_band(bands: Iterable[ProfitBand], earned: Decimal, incurred: Decimal) -> ProfitBand:
    """Band of incurred / earned by cross-multiplication, so that a boundary is met exactly. `earned` is above zero."""
    for band in bands:
        if _above(band, earned, incurred) and _below(band, earned, incurred):
            return band
    raise LookupError("the profit bands leave a gap; a checked rulebook has none")


def _above(band: ProfitBand, earned: Decimal, incurred: Decimal) -> bool:
    if band.lower is None:
        return True
    bound = band.lower * earned
    return incurred > bound or (band.lower_inclusive and incurred == bound)


def _below(band: ProfitBand, earned: Decimal, incurred: Decimal) -> bool:
    if band.upper is None:
        return True
    bound = band.upper * earned
    return incurred < bound or (band.upper_inclusive and incurred == bound)


class Scorer:
    """The reckoning of one evaluation year under one rulebook; holds nothing but the rules in handy form."""

    def __init__(self, rules: ScoringRules, year: int) -> None:
        self.rules = rules
        self.year = year
        self.first_year = year - rules.loss_ratio_years + 1
        self.window = (date(self.first_year, 1, 1), date(year, 12, 31))
        self.factors = {row.product_class: row for row in rules.product_factors}
        self._neutral = frozenset(row.product_class for row in rules.product_factors if row.neutral_profit)
        self._most_years = max(band.min_years for band in rules.loyalty_bands)
        self._loyalty = {years: self._find_loyalty(years) for years in range(1, self._most_years + 1)}

    def score(self, facts: CustomerFacts) -> Score:
        """The value of one customer."""
        with localcontext(EXACT):
            standard = self.standard_premium(facts)
            years = insured_years(facts.premium_years, self.year)
            loss = self.loss_experience(facts, years)
            k2, k3 = self.k2(years), self.k3(loss)
            value = round_half_up(self.exact_value(standard, years, loss))
        return Score(standard, years, loss.ratio, k2, k3, value, is_new_customer(facts.premium_years, self.year))

    def exact_value(self, standard: Decimal, years: int, loss: LossExperience) -> Decimal:
        """V before its one rounding; zero without an insured year."""
        if years == 0:
            return ZERO
        if self.rules.formula == "B":
            return sum(self.points(standard, years, loss), ZERO)
        return standard * self.k2(years) * self.k3(loss)

    def points(self, standard: Decimal, years: int, loss: LossExperience) -> tuple[Decimal, Decimal, Decimal]:
        """Formula B: points of size, loyalty and profit."""
        weights, percents = self.rules.points, self.percents(standard, years, loss)
        return (
            weights.size * percents[0] / HUNDRED,
            weights.loyalty * percents[1] / HUNDRED,
            weights.profit * percents[2] / HUNDRED,
        )

    def percents(self, standard: Decimal, years: int, loss: LossExperience) -> tuple[Decimal, Decimal, Decimal]:
        """Formula B: per cent of size, loyalty and profit."""
        size = next(band.percent for band in self.rules.size_bands if band.contains(standard))
        loyalty, profit = self.loyalty_band(years), self.profit_band(loss)
        return (
            size,
            loyalty.percent if loyalty else ZERO,
            profit.percent if profit else self.rules.neutral_profit_percent,
        )

    def standard_premium(self, facts: CustomerFacts) -> Decimal:
        """标准保费: sum of premium x K1 over the policies in force at 31 December, exact."""
        total = ZERO
        for row in facts.policy_years:
            if row.year == self.year and left_out_reason(row, self.window[1]) is None:
                total += row.premium * self.k1(row)
        return total

    def k1(self, row: PolicyYear) -> Decimal:
        """附表1 factor of a policy."""
        factor = self.factors[row.product_class]
        return factor.factor if factor.factor is not None else _by_pay_years(factor, row.pay_term_years)

    def k2(self, years: int) -> Decimal:
        """附表2 factor; 1 without an insured year, where V is zero anyway."""
        band = self.loyalty_band(years)
        return band.factor if band else ONE

    def k3(self, loss: LossExperience) -> Decimal:
        """附表3 factor."""
        band = self.profit_band(loss)
        return band.factor if band else self.rules.neutral_profit_factor

    def loyalty_band(self, years: int) -> LoyaltyBand | None:
        """Column of 附表2, None without an insured year."""
        return self._loyalty[min(years, self._most_years)] if years else None

    def profit_band(self, loss: LossExperience) -> ProfitBand | None:
        """Column of 附表3, None where K3 is neutral."""
        if loss.neutral_reason is not None:
            return None
        return profit_band(self.rules.profit_bands, loss.earned, loss.incurred)

    def loss_experience(self, facts: CustomerFacts, years: int) -> LossExperience:
        """Earned, incurred and cover of the evaluation year and the years before it that the rulebook names."""
        earned = incurred = ZERO
        paying: list[PolicyYear] = []
        for row in facts.policy_years:
            if self.first_year <= row.year <= self.year:
                earned += row.earned
                incurred += row.incurred
                if row.premium > 0:
                    paying.append(row)
        days = self._days(paying)
        return LossExperience(earned, incurred, days, self._neutral_reason(years, earned, paying, days))

    def _days(self, paying: list[PolicyYear]) -> int:
        first, last = self.window
        return covered_days((max(row.effective_on, first), min(row.covered_until, last)) for row in paying)

    def _neutral_reason(self, years: int, earned: Decimal, paying: list[PolicyYear], days: int) -> NeutralReason | None:
        if years == 0:
            return NeutralReason.NO_INSURED_YEARS
        if earned <= 0:
            return NeutralReason.NO_EARNED_PREMIUM
        if all(row.product_class in self._neutral for row in paying):
            return NeutralReason.NEUTRAL_CLASSES_ONLY
        return NeutralReason.SHORT_EXPOSURE if days < self.rules.min_exposure_days else None

    def _find_loyalty(self, years: int) -> LoyaltyBand:
        return next(band for band in self.rules.loyalty_bands if band.contains(years))


def _by_pay_years(factor: ProductFactor, pay_years: int) -> Decimal:
    """K1 = pay years / divisor, at least the minimum: X / 10 for class D."""
    if factor.years_divisor is None or factor.minimum is None:
        raise LookupError("附表1 row without factor and divisor; a checked rulebook has none")
    return max(Decimal(pay_years) / factor.years_divisor, factor.minimum)
