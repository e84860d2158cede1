"""附件六 scored a second time, from the words of regulation 2.11 and nothing of the product's code.

Weights, scale and limits are written down again here, as whole numbers; fractions are exact.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

WEIGHTS = {1: 10, 2: 15, 3: 15, 4: 10, 5: 15, 6: 10, 7: 5, 8: 5, 9: 10, 10: 5}
"""Q1-Q10; Q11 is a control question."""


def score(answers: Mapping[int, int | str]) -> Fraction | None:
    """Percent of the points that the answered questions could have given: 5 of 5 on each is 100."""
    reached, possible = 0, 0
    for number, weight in WEIGHTS.items():
        answer = answers.get(number, "not_applicable")
        if answer != "not_applicable":
            reached += weight * int(answer)
            possible += weight * 5
    return Fraction(100 * reached, possible) if possible else None


def is_valid(answers: Mapping[int, int | str]) -> bool:
    """Seven of Q1-Q10 answered."""
    return sum(answers.get(number) in {1, 2, 3, 4, 5} for number in range(1, 11)) > 6


def calls_for_help(answers: Mapping[int, int | str]) -> bool:
    """Any of Q1-Q11 at two or one, or a total below sixty."""
    total = score(answers)
    bad = [number for number in range(1, 12) if str(answers.get(number)) in {"1", "2"}]
    return bool(bad) or (total is not None and total < 60)


def net_promoters(answers: Sequence[int]) -> Fraction | None:
    """Nines and tens less zeros to sixes, of a hundred."""
    if not answers:
        return None
    balance = sum({9: 1, 10: 1, 7: 0, 8: 0}.get(answer, -1) for answer in answers)
    return Fraction(100 * balance, len(answers))


def shown(value: Fraction | None, places: str) -> Decimal | None:
    """Rounded half away from zero on exact decimals."""
    if value is None:
        return None
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(places), ROUND_HALF_UP)
