"""启动计划 as a page: the plan drawn, the same facts as a list, the reader's own work on top."""

from dataclasses import dataclass
from enum import StrEnum

from api.pages.view.common import EmptyState, ErrorSummary, Link, Option, Strip, Tag, TimePill
from api.pages.view.people import FormField
from api.pages.view.shell import Page


class BarKind(StrEnum):
    """How a bar is drawn."""

    DONE = "done"
    LATE = "late"
    READY = "ready"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class GanttBar:
    """One piece of work on its line: from `x` on, `width` wide, `filled` of it done; in units of the drawing."""

    label: str
    y: int
    x: float
    width: float
    filled: float
    kind: BarKind
    critical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The beginning of a week."""

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gantt:
    """The whole drawing; `words` are read out instead. `today` is None when it lies outside."""

    height: int
    bars: tuple[GanttBar, ...]
    ticks: tuple[Tick, ...]
    today: float | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """One part in the list: who, how it stands, what came of it."""

    who: str
    state: Tag
    note: str = ""
    result: str = ""
    files: tuple[Link, ...] = ()
    reassign: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """One piece of work in the list."""

    number: int
    name: str
    result: str
    responsible: str
    dates: str
    waits: str
    tags: tuple[Tag, ...]
    progress: str
    parts: tuple[PartLine, ...]
    reschedule: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWork:
    """An open part of the reader, with the form that completes it."""

    task_id: str
    name: str
    expected: str
    place: str
    pill: TimePill
    action: str
    version: int
    idempotency_key: str
    typed: str = ""
    files_again: bool = False
    """Files were sent with what was refused; a browser cannot choose them by itself again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLaunch:
    """The form for a draft."""

    start_on: str
    branches: tuple[Option, ...]
    idempotency_key: str
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchButton:
    """启动 of a draft."""

    action: str
    version: int
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPage(Page):
    """The launch; `empty` when there is none."""

    headline: str = ""
    tags: tuple[Tag, ...] = ()
    links: tuple[Link, ...] = ()
    launch: LaunchButton | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    own: tuple[OwnWork, ...] = ()
    gantt: Gantt | None = None
    items: tuple[ItemLine, ...] = ()
    new: NewLaunch | None = None
    earlier: tuple[Link, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One piece of work of the draft, to be edited."""

    number: int
    name: str
    after: str
    from_on: FormField
    to_on: FormField
    roles: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPage(Page):
    """草稿 to be edited."""

    action: str
    version: int
    idempotency_key: str
    start_on: FormField
    branches: tuple[Option, ...]
    lines: tuple[PlanLine, ...]
    errors: ErrorSummary | None = None
