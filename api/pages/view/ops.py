"""Pages of operations 运行监控."""

from dataclasses import dataclass

from api.pages.view.chart import Chart
from api.pages.view.common import EmptyState, ErrorSummary, Link, Pager, Progress, Strip, Tag
from api.pages.view.inbox import Choice
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
class Vital:
    """One part of the health line."""

    text: str
    good: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckRow:
    """One thing that is stuck, in words, and where it is mended."""

    reason: Tag
    case: Link
    hint: str
    what: str
    age: str
    mend: Link | None = None
    case_id: str = ""
    """What is ticked for 批量处理; empty where there is no case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """A line of a table of numbers; `hot` says which of them are to be looked at."""

    name: str
    numbers: tuple[Count, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRow:
    """A task that will be late: when it is due, and when it will be done."""

    case: Link
    step: str
    place: str
    due: str
    expected: str
    mend: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(Page):
    """运行总览."""

    headline: str
    refresh: Link
    poll_href: str = ""
    vitals: tuple[Vital, ...] = ()
    vitals_short: str = ""
    tiles: tuple[Count, ...] = ()
    first: tuple[StuckRow, ...] = ()
    flow: Chart
    ages: Chart
    forecast: Chart
    forecast_lead: str
    expected: tuple[ExpectedRow, ...] = ()
    kinds: tuple[NumberRow, ...] = ()
    places: tuple[NumberRow, ...] = ()
    stuck_number: str = ""
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckPage(Page):
    """卡住清单: one reason at a time."""

    headline: str
    reasons: tuple[Choice, ...]
    rows: tuple[StuckRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A case in the search."""

    case: Link
    hint: str
    place: str
    stage: str
    opened: str
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Page):
    """流程查询 over all cases."""

    q: str = ""
    rows: tuple[FoundRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event of a run, in words."""

    number: str
    text: str
    code: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """An act with what it will do. `confirm`: what is to be ticked besides, where nothing brings it back."""

    act: str
    name: str
    action: str
    idempotency_key: str
    preview: str
    button: str
    icon: str
    reason: str = ""
    confirm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An act that is not open, and why."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage(Page):
    """One case for operations: a plain sentence, what fails, timers, every event."""

    headline: str
    status: Tag
    waits: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    strips: tuple[Strip, ...] = ()
    acts: tuple[ActForm, ...] = ()
    refused: tuple[Refused, ...] = ()
    errors: ErrorSummary | None = None
    events: tuple[EventRow, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanPage(Page):
    """A run that no record knows: what happened in it, and its end."""

    headline: str
    hidden: tuple[tuple[str, str], ...]
    """Fields of the form besides: which run."""
    links: tuple[Link, ...] = ()
    strips: tuple[Strip, ...] = ()
    act: ActForm
    errors: ErrorSummary | None = None
    events: tuple[EventRow, ...] = ()
