"""Assessment 考核 of a branch, regulation 2.8: counts and the rulebook -> points, deduction, total, grade.

Everything is reckoned in exact fractions. Each figure that leaves this module is rounded once, half up and from its
exact value: the total to two decimals, all others to four. The grade is that of the rounded total, so that no page can
show 95.00 beside a grade that asks for 95.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from models.messages.assessment import DEDUCTION, Assessed, BranchFacts, IndicatorScore, Measured
from models.rulebook.schema.assessment import Assessment, Grade, Indicator, Veto

_HUNDRED = Fraction(100)


def assess(rules: Assessment, facts: BranchFacts) -> Assessed:
    """The assessment of one branch. Codes that the rulebook does not know count for nothing."""
    measured = {item.code: item for item in facts.measured}
    corrected = {item.item: item.value for item in facts.corrections}
    actuals = {
        item.code: _actual(rules, item, measured.get(item.code), corrected.get(item.code)) for item in rules.indicators
    }
    vetoes = [veto for veto in rules.vetoes if veto.code in facts.vetoes]
    emptied = {veto.zero_indicator for veto in vetoes if veto.zero_indicator}
    factor = _spread(rules, actuals)
    scored = [
        _indicator(item, measured.get(item.code), actuals[item.code], factor, emptied=item.code in emptied)
        for item in rules.indicators
    ]
    deduction = _deduction(rules, facts.justified, corrected.get(DEDUCTION))
    total = _total((points for _, points in scored), deduction) if factor else None
    return Assessed(
        indicators=tuple(
            score.model_copy(update={"corrected": score.code in corrected and score.actual is not None})
            for score, _ in scored
        ),
        justified=facts.justified,
        deduction=_rounded(deduction, 4),
        deduction_corrected=DEDUCTION in corrected,
        vetoes=tuple(veto.code for veto in vetoes),
        total=total,
        grade=None if total is None else _capped(rules, total, vetoes).code,
        grade_by_points=None if total is None else rules.grade(total).code,
    )


def _actual(
    rules: Assessment, indicator: Indicator, measured: Measured | None, corrected: Decimal | None
) -> Fraction | None:
    """Per cent, or points of a hundred; None without a case. What an appeal put in place counts where there is one."""
    if measured is None or not _has_a_case(measured):
        return None
    if corrected is not None:
        return Fraction(corrected)
    of = sum(part.of for part in measured.parts)
    good = sum((Fraction(part.good) for part in measured.parts), Fraction(0))
    value = good / of if of else Fraction(0)
    value = value * _HUNDRED if indicator.unit == "percent" else value
    return value * _returned(rules, measured)


def _has_a_case(measured: Measured) -> bool:
    """Sheets that nobody sent back are a case: a branch does not escape the indicator by asking no further."""
    if measured.sheets is not None:
        return measured.sheets.sent > 0
    return any(part.of for part in measured.parts)


def _returned(rules: Assessment, measured: Measured) -> Fraction:
    """A return rate 回收率 below the least scales the mean by their ratio; otherwise 1."""
    if measured.sheets is None:
        return Fraction(1)
    rate = Fraction(measured.sheets.returned, measured.sheets.sent)
    least = Fraction(rules.min_return_rate)
    return min(Fraction(1), rate / least) if least else Fraction(1)


def _spread(rules: Assessment, actuals: Mapping[str, Fraction | None]) -> Fraction:
    """What each weight is multiplied by, so that those without a case give theirs to the others; 0 without any case."""
    if all(actual is None for actual in actuals.values()):
        return Fraction(0)
    counted = [item for item in rules.indicators if actuals[item.code] is not None or item.full_when_none_due]
    everything = sum((Fraction(item.weight) for item in rules.indicators), Fraction(0))
    return everything / sum((Fraction(item.weight) for item in counted), Fraction(0))


def _indicator(
    indicator: Indicator, measured: Measured | None, actual: Fraction | None, factor: Fraction, *, emptied: bool
) -> tuple[IndicatorScore, Fraction]:
    """The indicator as it is shown, and its exact points."""
    weight, target = Fraction(indicator.weight) * factor, _target(indicator, measured)
    if actual is None:
        full = indicator.full_when_none_due and bool(factor)
        weight = weight if full else Fraction(0)
        state, points = "full" if full else "spread", weight
    else:
        state, points = "measured", weight * min(Fraction(1), actual / target)
    if emptied:
        state, points = "vetoed", Fraction(0)
    score = IndicatorScore(
        code=indicator.code,
        base_weight=indicator.weight,
        weight=_rounded(weight, 4),
        state=state,
        actual=None if actual is None else _rounded(actual, 4),
        target=_rounded(target, 4),
        points=_rounded(points, 4),
    )
    return score, points


def _target(indicator: Indicator, measured: Measured | None) -> Fraction:
    """Targets by tier are weighted by the count of each tier 按户数加权; without a count their plain mean."""
    by_tier = {target.tier: Fraction(target.value) for target in indicator.targets}
    if None in by_tier:
        return by_tier[None]
    parts = [part for part in (measured.parts if measured else ()) if part.of and part.tier in by_tier]
    if not parts:
        return sum(by_tier.values(), Fraction(0)) / len(by_tier)
    return sum((by_tier[part.tier] * part.of for part in parts), Fraction(0)) / sum(part.of for part in parts)


def _deduction(rules: Assessment, justified: int, corrected: Decimal | None) -> Fraction:
    if corrected is not None:
        return Fraction(corrected)
    return min(Fraction(rules.deduction_per_justified_complaint) * justified, Fraction(rules.max_deduction))


def _total(points: Iterable[Fraction], deduction: Fraction) -> Decimal:
    """Never below zero."""
    return _rounded(max(Fraction(0), sum(points, Fraction(0)) - deduction), 2)


def _capped(rules: Assessment, total: Decimal, vetoes: Iterable[Veto]) -> Grade:
    """The grade of the points, or the best one that the vetoes leave."""
    by_code = {grade.code: grade for grade in rules.grades}
    return min((rules.grade(total), *(by_code[veto.best_grade] for veto in vetoes)), key=lambda grade: grade.lower)


def _rounded(value: Fraction, places: int) -> Decimal:
    """Half up, exactly: scaled to a whole number first, so that no inexact division comes before the rounding."""
    scaled = value * 10**places
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Decimal(whole).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
