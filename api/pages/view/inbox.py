"""The inbox: what waits for me, most pressing first."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from api.pages.i18n import _, count_text
from api.pages.i18n import mark as _m
from api.pages.view.acts import ActForm
from api.pages.view.common import EmptyState, Link, Option, Pager, Strip, Tag, TimePill
from api.pages.view.shell import Page


class DueBand(StrEnum):
    """Groups of the list, by the due instant."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "3wd"
    LATER = "later"


_BAND_TITLES = {
    DueBand.OVERDUE: _m("已逾期"),
    DueBand.TODAY: _m("今日到期"),
    DueBand.SOON: _m("3 个工作日内"),
    DueBand.LATER: _m("以后"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One task of a list."""

    task_id: str
    href: str
    pill: TimePill
    kind: str
    """E.g. 金牌资格申报."""
    subject: str
    """Customer name."""
    tags: tuple[Tag, ...] = ()
    context: str = ""
    """One line: round, who handed it in, customer number."""
    value: str = ""
    value_note: str = ""
    step: str = ""
    step_note: str = ""
    tick: str | None = None
    """Value of the checkbox where the rulebook allows deciding in bulk."""
    act: ActForm | None = None
    """领取, 放回: one click from the list."""
    why: str = ""
    """Why the reader must not decide it."""
    handing: Link | None = None
    """转办, offered beside the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGroup:
    """Rows under one heading; an empty title means no heading."""

    title: str
    rows: tuple[TaskRow, ...]

    @property
    def count(self) -> str:
        """2 件."""
        return count_text("%(num)s 件", len(self.rows))


class BandedRow(NamedTuple):
    """A row and the group it belongs to."""

    band: DueBand
    row: TaskRow


def group_rows(rows: Iterable[BandedRow]) -> tuple[TaskGroup, ...]:
    """Rows under their headings, in the order of urgency, keeping the order inside; no empty group."""
    by_band: dict[DueBand, list[TaskRow]] = {band: [] for band in DueBand}
    for band, row in rows:
        by_band[band].append(row)
    return tuple(TaskGroup(title=_(_BAND_TITLES[band]), rows=tuple(found)) for band, found in by_band.items() if found)


class ChipTone(StrEnum):
    """Colour of a chip's number."""

    PLAIN = "plain"
    LATE = "late"
    TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A tab or a chip: a link that is the current one or not."""

    text: str
    href: str
    current: bool = False
    count: int | str | None = None
    tone: ChipTone = ChipTone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilters:
    """The GET form; `kept` are parameters that stay (box, due)."""

    action: str = "/inbox"
    kept: tuple[tuple[str, str], ...] = ()
    kinds: tuple[Option, ...] = ()
    tiers: tuple[Option, ...] = ()
    institutions: tuple[Option, ...] = ()
    q: str = ""
    clear_href: str = "/inbox"
    active: bool = False
    """True when a filter is set: the phone then shows the form opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """The form around the ticked rows: a preview comes first."""

    action: str
    note: str
    """What may be ticked: 只可勾选银牌申报；金牌与超限事项须逐件处理."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage(Page):
    """待办."""

    headline: str
    """E.g. 2026年2月5日 周四 10:20 · 今天是工作日，17:30 下班."""
    boxes: tuple[Choice, ...]
    chips: tuple[Choice, ...]
    filters: InboxFilters
    groups: tuple[TaskGroup, ...]
    strips: tuple[Strip, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None
    snoozed: Link | None = None
    """已稍后 3 件: the way to what the reader put off."""
    bulk: Bulk | None = None
    counts_href: str = ""
    """This list again, for when the server says that something changed."""
