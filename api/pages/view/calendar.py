"""The working calendar of a year: twelve months, a change on trial, what it moves, what was published."""

from dataclasses import dataclass
from enum import StrEnum

from api.pages.view.common import ErrorSummary, Link, Option, Strip, Tag
from api.pages.view.shell import Page


class DayKind(StrEnum):
    """How a day counts; also the last part of its class."""

    WORK = "work"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "makeup"
    HALF = "half"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCell:
    """One day of a month. `mark` is 休, 班 or 半; `label` says the whole of it; `href` chooses it for a change."""

    number: int
    kind: DayKind
    mark: str
    label: str
    changed: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month by weeks from Monday on; None where another month begins or ends."""

    title: str
    weeks: tuple[tuple[DayCell | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChange:
    """A change on trial: `token` carries it through the forms, `drop_href` takes it out again."""

    token: str
    text: str
    drop_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedRow:
    """A deadline that the change moves."""

    customer: str
    step: str
    before: str
    after: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView:
    """What the change would do."""

    sentence: str
    kinds: tuple[Tag, ...]
    rows: tuple[MovedRow, ...]
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationRow:
    """A published change and how many cases follow it by now."""

    at: str
    who: str
    scope: str
    reason: str
    progress: str
    done: int
    total: int
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm:
    """What stands in the controls."""

    first: str = ""
    last: str = ""
    name: str = ""
    kinds: tuple[Option, ...] = ()
    official: bool = False
    reason: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPage(Page):
    """工作日历 of one year. Without `form` the reader may look only."""

    action: str
    headline: str
    state: Tag
    years: tuple[Link, ...]
    months: tuple[Month, ...]
    weekdays: tuple[str, ...]
    institution: str
    institutions: tuple[Option, ...]
    changes: tuple[PendingChange, ...] = ()
    preview: PreviewView | None = None
    publications: tuple[PublicationRow, ...] = ()
    form: ChangeForm | None = None
    asks_official: bool = False
    errors: ErrorSummary | None = None
    strips: tuple[Strip, ...] = ()
    clear_href: str = ""
