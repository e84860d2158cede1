"""`python -m bench [service|book|inbox|care|spend|sweep]...`: measure, print the table, write `bench/results.json`."""

import asyncio
import sys
from collections.abc import Callable

from bench import book, care, inbox, service, spend, sweep
from bench.report import Ratio, show, write


def _service() -> list[Ratio]:
    return asyncio.run(service.measure())


SUITES: dict[str, Callable[[], list[Ratio]]] = {
    "book": book.measure,
    "inbox": inbox.measure,
    "care": care.measure,
    "spend": spend.measure,
    "service": _service,
    "sweep": sweep.measure,
}


def main(wanted: list[str]) -> None:
    """Run the named suites, or all."""
    ratios: list[Ratio] = []
    for name in wanted or list(SUITES):
        ratios += SUITES[name]()
    show(ratios)
    write(ratios)


if __name__ == "__main__":
    main(sys.argv[1:])
