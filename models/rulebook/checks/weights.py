"""Weights add up to 100, and the unit costs to their checksums."""

from collections.abc import Iterator
from decimal import Decimal

from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook
from models.rulebook.yearly import yearly_lines
from models.types import Tier

HUNDRED = Decimal(100)


def check_weights(book: Rulebook) -> Iterator[Problem]:
    """Points of formula B, indicators, survey questions, yearly spend."""
    points = book.scoring.points
    yield from _hundred("scoring.toml", "points", points.size + points.loyalty + points.profit)
    indicators = sum((row.weight for row in book.assessment.indicators), Decimal(0))
    yield from _hundred("assessment.toml", "indicators", indicators)
    questions = sum((row.weight for row in book.survey.questions if row.weight is not None), Decimal(0))
    yield from _hundred("survey.toml", "questions", questions)
    yield from _top_score(book)
    yield from _spend(book)


def _hundred(file: str, key: str, total: Decimal) -> Iterator[Problem]:
    if total != HUNDRED:
        yield Problem(file, key, f"weights add up to {total}, not 100")


def _top_score(book: Rulebook) -> Iterator[Problem]:
    values = [point.value for point in book.survey.scale if point.value is not None]
    top = book.survey.score_per_point * max(values, default=0)
    if top != HUNDRED:
        yield Problem("survey.toml", "score_per_point", f"the best answer scores {top}, not 100")


def yearly_cost(book: Rulebook, tier: Tier, key_persons: int) -> Decimal:
    """附件七: cost in yuan of the full set of a tier for one customer with so many key persons."""
    return sum((line.subtotal for line in yearly_lines(book, tier, key_persons)), Decimal(0))


def _spend(book: Rulebook) -> Iterator[Problem]:
    for number, reference in enumerate(book.spend.reference_totals):
        total = yearly_cost(book, reference.tier, book.spend.reference_persons)
        if abs(total - reference.amount) > reference.amount * reference.tolerance:
            reason = f"the full {reference.tier} set costs {total} yuan, not {reference.amount}"
            yield Problem("spend.toml", f"reference_totals.{number}", reason)
