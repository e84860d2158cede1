"""Pages of operations 运行监控."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Link, Pager, Progress, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number of the tiles, and where it leads. `hot`: there is something to do."""

    name: str
    number: str
    href: str = ""
    hot: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One thing that differs: what the record says, and what the engine."""

    name: str
    record: str
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """One difference."""

    kind: Tag
    case: Link
    hint: str
    sides: tuple[Side, ...]
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPage(Page):
    """对账: the last run, and both sides of what it found."""

    headline: str
    idempotency_key: str
    repair_key: str
    counts: tuple[Count, ...] = ()
    strips: tuple[Strip, ...] = ()
    progress: Progress | None = None
    rows: tuple[DriftRow, ...] = ()
    pager: Pager | None = None
    errors: ErrorSummary | None = None
    reason: str = ""
    empty: EmptyState | None = None
