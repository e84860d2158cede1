"""Small parts that every page is made of. Texts are ready to read: translated, formatted, masked."""

from dataclasses import dataclass
from enum import StrEnum

from models.rules.clock import PillLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A text that leads somewhere. `icon` names a symbol of `icons.svg`."""

    text: str
    href: str
    icon: str = ""


class TagTone(StrEnum):
    """Ground of a tag; the text always carries the meaning."""

    PLAIN = "plain"
    OUTLINE = "outline"
    GOLD = "gold"
    OK = "ok"
    BLUE = "blue"
    VIOLET = "violet"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A short label: tier, round, stand-in."""

    text: str
    tone: TagTone = TagTone.PLAIN
    icon: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article badge: 第13条, 附表1; `title` is the longer text of a hover."""

    text: str
    href: str | None = None
    title: str = ""


_PILL_ICONS = {
    PillLevel.SOON: "clock",
    PillLevel.TODAY: "clock",
    PillLevel.LATE: "alert",
    PillLevel.PAUSED: "pause",
    PillLevel.PROVISIONAL: "cal",
    PillLevel.MET: "check",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePill:
    """Working time left, and under it the due instant."""

    level: PillLevel
    text: str
    due: str = ""

    @property
    def icon(self) -> str:
        """Symbol that says the same as the colour; empty for the calm ones."""
        return _PILL_ICONS.get(self.level, "")


class StripTone(StrEnum):
    """Ground of a message strip."""

    INFO = "info"
    WARN = "warn"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A message across the page. `focus` moves the keyboard to it after the page or fragment arrives."""

    text: str
    tone: StripTone = StripTone.INFO
    icon: str = "info"
    links: tuple[Link, ...] = ()
    quote: str = ""
    focus: bool = False
    poll_href: str | None = None
    """Address that is asked again each 2 s until it answers without this field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One entry to correct: the id of its control and the sentence shown at both places."""

    field_id: str
    text: str
    label: str = ""
    """Name of the control, for the list on top where the control is out of sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSummary:
    """The red panel on top of a form that was refused."""

    title: str
    errors: tuple[FieldError, ...] = ()

    def at(self, field_id: str) -> str:
        """The sentence for one control, or empty."""
        return next((error.text for error in self.errors if error.field_id == field_id), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyState:
    """Why there is nothing, and what next."""

    text: str
    link: Link | None = None
    icon: str = "inbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Previous and next page by cursor; no totals."""

    previous_href: str | None = None
    next_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is done of all there is; the page asks again each second until it is over."""

    done: int
    total: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An entry of a select."""

    value: str
    text: str
    selected: bool = False
