"""What a panel says: lines of numbers, each number by the name of its column."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session

from models.rulebook import RegularService, ServiceItem
from models.services.dashboard.standing import Standing
from models.stores.dashboard import Conditions, Counted

Number = int | Decimal | None
Part = str | StrEnum | ServiceItem | RegularService
"""What a line is called by: a name as the records hold it, a word of the glossary, an entry of the catalogue."""


class PanelName(StrEnum):
    """The panels, in the order they are shown."""

    TIERS = "tiers"
    MOVES = "moves"
    ON_TIME = "on_time"
    AGEING = "ageing"
    QUEUES = "queues"
    CARE = "care"
    SATISFACTION = "satisfaction"
    COST = "cost"
    RETENTION = "retention"


class Line(NamedTuple):
    """One line: its key in an address, what it is called by, and its numbers by column."""

    key: str
    called: tuple[Part, ...]
    cells: Mapping[str, Number]


class Found(NamedTuple):
    """The rows behind a line: what is counted, and the conditions of the line."""

    counted: Counted
    chosen: Conditions


class Panel(NamedTuple):
    """A panel: its lines, and the rows behind one of them."""

    lines: Callable[[Session, Standing], tuple[Line, ...] | None]
    """None while the service does not keep what the panel would show."""
    rows: Callable[[Standing, str], Found]


def share(part: int, whole: int) -> Decimal | None:
    """A part of a whole, 0 to 1 with four decimals; None of nothing."""
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None
