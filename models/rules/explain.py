"""The score of one customer line by line: the same reckoning as `Scorer.score`, written out for people."""

from decimal import Decimal, localcontext

from models.messages.scoring import (
    LeftOutLine,
    LossYear,
    LoyaltyLine,
    PointsLine,
    PremiumLine,
    ProfitLine,
    ScoreExplanation,
)
from models.rules.facts import CustomerFacts, PolicyYear
from models.rules.scoring import (
    EXACT,
    ZERO,
    LossExperience,
    Scorer,
    insured_years,
    is_new_customer,
    left_out_reason,
    round_half_up,
)


def explain(scorer: Scorer, facts: CustomerFacts) -> ScoreExplanation:
    """Every factor of `facts` with policy, class, K1, amount; years and K2; ratio, band and K3; V."""
    with localcontext(EXACT):
        standard = scorer.standard_premium(facts)
        years = insured_years(facts.premium_years, scorer.year)
        loss = scorer.loss_experience(facts, years)
        exact = scorer.exact_value(standard, years, loss)
        return ScoreExplanation(
            customer_no=facts.customer_no,
            year=scorer.year,
            formula=scorer.rules.formula,
            lines=_premium_lines(scorer, facts),
            left_out=_left_out_lines(scorer, facts),
            standard_premium=standard,
            loyalty=_loyalty_line(scorer, years),
            profit=_profit_line(scorer, facts, loss),
            points=_points_line(scorer, standard, years, loss),
            exact_value=exact,
            value=round_half_up(exact),
            new_customer=is_new_customer(facts.premium_years, scorer.year),
            first_effective_on=facts.first_effective_on,
        )


def _rows_of_year(scorer: Scorer, facts: CustomerFacts) -> list[PolicyYear]:
    return sorted(row for row in facts.policy_years if row.year == scorer.year)


def _premium_lines(scorer: Scorer, facts: CustomerFacts) -> tuple[PremiumLine, ...]:
    rows = _rows_of_year(scorer, facts)
    return tuple(_premium_line(scorer, row) for row in rows if left_out_reason(row, scorer.window[1]) is None)


def _premium_line(scorer: Scorer, row: PolicyYear) -> PremiumLine:
    factor, k1 = scorer.factors[row.product_class], scorer.k1(row)
    return PremiumLine(
        policy_no=row.policy_no,
        product_class=row.product_class,
        class_zh=factor.name_zh,
        class_en=factor.name_en,
        pay_years=None if factor.factor is not None else row.pay_term_years,
        premium=row.premium,
        k1=k1,
        amount=row.premium * k1,
        article=factor.article,
        source=factor.source,
    )


def _left_out_lines(scorer: Scorer, facts: CustomerFacts) -> tuple[LeftOutLine, ...]:
    reasons = ((row, left_out_reason(row, scorer.window[1])) for row in _rows_of_year(scorer, facts))
    return tuple(
        LeftOutLine(policy_no=row.policy_no, product_class=row.product_class, premium=row.premium, reason=reason)
        for row, reason in reasons
        if reason is not None
    )


def _loyalty_line(scorer: Scorer, years: int) -> LoyaltyLine:
    band = scorer.loyalty_band(years)
    origin = band or scorer.rules.loyalty_bands[0]
    return LoyaltyLine(
        insured_years=years,
        first_year=scorer.year - years + 1 if years else None,
        band_from=band.min_years if band else 0,
        band_to=band.max_years if band else 0,
        k2=scorer.k2(years),
        percent=band.percent if band else ZERO,
        article=origin.article,
        source=origin.source,
    )


def _profit_line(scorer: Scorer, facts: CustomerFacts, loss: LossExperience) -> ProfitLine:
    band = scorer.profit_band(loss)
    origin = band or scorer.rules.origin_of("neutral_profit_factor")
    return ProfitLine(
        years=_loss_years(scorer, facts),
        earned=loss.earned,
        incurred=loss.incurred,
        covered_days=loss.covered_days,
        loss_ratio=loss.ratio,
        neutral_reason=loss.neutral_reason,
        lower=band.lower if band else None,
        lower_inclusive=bool(band and band.lower_inclusive),
        upper=band.upper if band else None,
        upper_inclusive=bool(band and band.upper_inclusive),
        k3=scorer.k3(loss),
        percent=band.percent if band else scorer.rules.neutral_profit_percent,
        article=origin.article,
        source=origin.source,
    )


def _loss_years(scorer: Scorer, facts: CustomerFacts) -> tuple[LossYear, ...]:
    years = range(scorer.first_year, scorer.year + 1)
    totals = {year: [ZERO, ZERO] for year in years}
    for row in facts.policy_years:
        if row.year in totals:
            totals[row.year][0] += row.earned
            totals[row.year][1] += row.incurred
    return tuple(LossYear(year=year, earned=earned, incurred=incurred) for year, (earned, incurred) in totals.items())


def _points_line(scorer: Scorer, standard: Decimal, years: int, loss: LossExperience) -> PointsLine | None:
    if scorer.rules.formula == "A" or years == 0:
        return None
    size, loyalty, profit = scorer.points(standard, years, loss)
    percent = scorer.percents(standard, years, loss)[0]
    return PointsLine(size_percent=percent, size_points=size, loyalty_points=loyalty, profit_points=profit)
