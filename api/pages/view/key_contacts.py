"""重点服务对象 of a member: who is served, who else could be, and who left."""

from dataclasses import dataclass

from api.pages.view.common import ErrorSummary, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftForm:
    """已离开 of one contact: from which day, and why. `id` begins the ids of its controls."""

    id: str
    action: str
    key: str
    left_on: str
    last_day: str
    """The last day that may be named: today."""
    reason: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyContactRow:
    """One contact, masked; `left` says since when it is gone, and then there is nothing to choose."""

    value: str
    name: str
    title: str
    chosen: bool
    tags: tuple[Tag, ...] = ()
    left: str = ""
    leaving: LeftForm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyContactGroup:
    """The contacts of one kind, with how many of them are to be chosen; `id` is where its error stands."""

    id: str
    title: str
    hint: str
    rows: tuple[KeyContactRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyContactsPage(Page):
    """调整重点服务对象, article 16."""

    customer: str
    customer_no: str
    customer_href: str
    action: str
    key: str
    plans: int
    """How often the year was planned anew for its contacts when this page was drawn."""
    groups: tuple[KeyContactGroup, ...]
    reason: str = ""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    nothing: str = ""
    """Why nobody can be chosen: the customer is no member."""
    erasing_href: str = ""
    """Where whoever may erase a person does it."""
