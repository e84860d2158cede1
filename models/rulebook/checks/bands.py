"""Bands cover their whole range, without a gap and without an overlap; factor tables are complete."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook
from models.rulebook.schema.scoring import ProductFactor
from models.types import ProductClass


class _Edge(NamedTuple):
    """One band on the number line; None is open-ended."""

    lower: Decimal | None
    lower_inclusive: bool
    upper: Decimal | None
    upper_inclusive: bool


def check_bands(book: Rulebook) -> Iterator[Problem]:
    """附表1 to 附表3, the size bands of formula B and the grades."""
    yield from _product_factors(book.scoring.product_factors)
    yield from _chain("scoring.toml", "loyalty_bands", _loyalty(book), first=Decimal(1))
    yield from _chain("scoring.toml", "profit_bands", _profit(book), first=None)
    yield from _chain("scoring.toml", "size_bands", _size(book), first=Decimal(0))
    yield from _chain("assessment.toml", "grades", _grades(book), first=Decimal(0))


def _loyalty(book: Rulebook) -> list[_Edge]:
    """Whole years: [min, max] is the half-open [min, max + 1)."""
    return [
        _Edge(Decimal(band.min_years), True, None if band.max_years is None else Decimal(band.max_years + 1), False)
        for band in book.scoring.loyalty_bands
    ]


def _profit(book: Rulebook) -> list[_Edge]:
    return [
        _Edge(band.lower, band.lower_inclusive, band.upper, band.upper_inclusive) for band in book.scoring.profit_bands
    ]


def _size(book: Rulebook) -> list[_Edge]:
    return [_Edge(band.lower, True, band.upper, False) for band in book.scoring.size_bands]


def _grades(book: Rulebook) -> list[_Edge]:
    """Grades stand best first."""
    return [_Edge(grade.lower, True, grade.upper, False) for grade in reversed(book.assessment.grades)]


def _chain(file: str, key: str, edges: Sequence[_Edge], first: Decimal | None) -> Iterator[Problem]:
    if edges[0].lower != first:
        where = "is open below" if first is None else f"starts at {first}"
        yield Problem(file, key, f"the lowest band must be the one that {where}")
    if edges[-1].upper is not None:
        yield Problem(file, key, f"nothing above {edges[-1].upper} is covered")
    for number, (below, above) in enumerate(pairwise(edges), start=1):
        reason = _seam(below, above)
        if reason:
            yield Problem(file, f"{key}.{number}", reason)
    for number, edge in enumerate(edges):
        if edge.lower is not None and edge.upper is not None and edge.lower >= edge.upper:
            yield Problem(file, f"{key}.{number}", f"the band from {edge.lower} to {edge.upper} is empty")


def _seam(below: _Edge, above: _Edge) -> str:
    """Why two neighbours do not meet in exactly one side of one point; empty when they do."""
    if below.upper is None or above.lower is None:
        return "overlap: only the outermost bands may be open-ended"
    if below.upper < above.lower:
        return f"gap between {below.upper} and {above.lower}"
    if below.upper > above.lower:
        return f"overlap between {above.lower} and {below.upper}"
    if below.upper_inclusive and above.lower_inclusive:
        return f"overlap: {above.lower} belongs to both bands"
    if not below.upper_inclusive and not above.lower_inclusive:
        return f"gap: {above.lower} belongs to no band"
    return ""


def _product_factors(factors: Sequence[ProductFactor]) -> Iterator[Problem]:
    file, key = "scoring.toml", "product_factors"
    seen = [row.product_class for row in factors]
    for missing in sorted(set(ProductClass) - set(seen)):
        yield Problem(file, key, f"class {missing} is missing")
    for number, row in enumerate(factors):
        if row.product_class in seen[:number]:
            yield Problem(file, f"{key}.{number}.product_class", f"class {row.product_class} stands twice")
        if (row.factor is None) == (row.years_divisor is None):
            yield Problem(file, f"{key}.{number}.factor", "give either factor or years_divisor")
        if row.minimum is not None and row.years_divisor is None:
            yield Problem(file, f"{key}.{number}.minimum", "a minimum belongs to a years_divisor")
