"""预留 -> 支出 -> 释放: what the ledger has to say of a touchpoint, from its stage alone. Pure; amounts are yuan.

A touchpoint may live more than once (cancelled, then planned again): each life reserves anew. Whatever was spent
beyond the reserve is a life of its own, and so is a cost that is corrected downwards (冲正): what was spent too much
is taken back by a commit below zero and released. So of every life that is over: reserve = commit + release.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from models.service_types import SpendKind
from models.types import Stage

OPEN = frozenset({Stage.PLANNED, Stage.RESCHEDULED, Stage.HUSHED, Stage.DUE})
NONE = Decimal(0)


@dataclass(frozen=True)
class Entry:
    """One entry of a life, counting from 1; a commit below zero takes spending back."""

    life: int
    kind: SpendKind
    yuan: Decimal


@dataclass(frozen=True)
class Wanted:
    """Where the touchpoint stands: `planned` is its part of the plan, `real` what it cost now that it is done."""

    stage: Stage
    planned: Decimal
    real: Decimal = NONE


@dataclass(frozen=True)
class Standing:
    """What the ledger holds of one touchpoint."""

    lives: int
    open: Decimal
    """Of the last life: reserved, and neither spent nor released."""
    committed: Decimal
    """Of all lives."""

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Standing":
        """From its entries."""
        found = list(entries)
        return cls(
            max((entry.life for entry in found), default=0),
            sum((_sign(entry.kind) * entry.yuan for entry in found), NONE),
            sum((entry.yuan for entry in found if entry.kind is SpendKind.COMMIT), NONE),
        )


def real_cost(*, cost: Decimal | None, gift_value: Decimal | None, planned: Decimal, by_itself: bool) -> Decimal:
    """What a touchpoint cost: what was entered, else its planned cost where it went out by itself, else nothing."""
    if cost is None and gift_value is None:
        return planned if by_itself else NONE
    return (cost or NONE) + (gift_value or NONE)


def following(standing: Standing, wanted: Wanted) -> tuple[Entry, ...]:
    """The entries that are missing; none where the ledger says already what the stage says."""
    if wanted.stage in OPEN:
        return tuple(_reserve(standing, wanted))
    if wanted.stage is Stage.DONE:
        return tuple(_commit(standing, wanted.real - standing.committed))
    return tuple(_release(standing, standing.open))


def _reserve(standing: Standing, wanted: Wanted) -> Iterator[Entry]:
    if wanted.planned and not standing.open and not standing.committed:
        yield Entry(standing.lives + 1, SpendKind.RESERVE, wanted.planned)


def _commit(standing: Standing, missing: Decimal) -> Iterator[Entry]:
    """From the reserve as far as it goes, the rest of which is released; what is beyond it or too much is a life."""
    covered = min(max(missing, NONE), standing.open)
    if covered:
        yield Entry(standing.lives, SpendKind.COMMIT, covered)
    yield from _release(standing, standing.open - covered)
    if missing > covered:
        for kind in (SpendKind.RESERVE, SpendKind.COMMIT):
            yield Entry(standing.lives + 1, kind, missing - covered)
    elif missing < NONE:
        yield Entry(standing.lives + 1, SpendKind.COMMIT, missing)
        yield Entry(standing.lives + 1, SpendKind.RELEASE_RESERVE, -missing)


def _release(standing: Standing, yuan: Decimal) -> Iterator[Entry]:
    if yuan:
        yield Entry(standing.lives, SpendKind.RELEASE_RESERVE, yuan)


def _sign(kind: SpendKind) -> int:
    return 1 if kind is SpendKind.RESERVE else -1
