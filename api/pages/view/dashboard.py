"""看板, and the rows behind one of its numbers."""

from dataclasses import dataclass

from api.pages.view.chart import Chart
from api.pages.view.common import Article, EmptyState, Option, Pager, Tag
from api.pages.view.inbox import Choice
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardPanel:
    """A panel; without its chart it is still to be fetched from `href`."""

    id: str
    title: str
    href: str
    note: str = ""
    articles: tuple[Article, ...] = ()
    chart: Chart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardFilters:
    """The GET form; `kept` are parameters that stay."""

    action: str
    kept: tuple[tuple[str, str], ...]
    first: str
    last: str
    tiers: tuple[Option, ...]
    institutions: tuple[Option, ...]
    clear_href: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardPage(Page):
    """看板: look, do not read."""

    headline: str
    levels: tuple[Choice, ...]
    filters: DashboardFilters
    panels: tuple[DashboardPanel, ...]
    download_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardRow:
    """One row behind a number."""

    href: str
    name: str
    number: str
    what: str
    when: str
    where: str
    tier: Tag
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardRowsPage(Page):
    """The rows that one number counts."""

    headline: str
    when_heading: str
    state_heading: str
    rows: tuple[DashboardRow, ...]
    pager: Pager | None = None
    empty: EmptyState | None = None
