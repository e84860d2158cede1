"""What a schema cannot say: bands close, weights add up, references resolve, promises keep to article 17."""

from collections.abc import Callable, Iterator

from models.rulebook.checks.bands import check_bands
from models.rulebook.checks.limits import check_limits
from models.rulebook.checks.order import check_order
from models.rulebook.checks.references import check_references
from models.rulebook.checks.weights import check_weights
from models.rulebook.problem import Problem
from models.rulebook.schema.book import Rulebook

CHECKS: tuple[Callable[[Rulebook], Iterator[Problem]], ...] = (
    check_bands,
    check_weights,
    check_limits,
    check_references,
    check_order,
)


def check(book: Rulebook) -> list[Problem]:
    """Every problem of a rulebook that has the right shape, in file order of the checks."""
    return [problem for run in CHECKS for problem in run(book)]
