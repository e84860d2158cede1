"""年度服务投入: the year, one customer's year, gifts per person."""

from dataclasses import dataclass

from api.pages.view.chart import Chart
from api.pages.view.common import EmptyState, Link, Pager, Strip, Tag
from api.pages.view.customers import ListFilters
from api.pages.view.shell import Page
from api.pages.view.task import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class SumTile:
    """One figure of the year."""

    title: str
    number: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendRow:
    """One customer of the year; `ask` leads to 报超限审批."""

    href: str
    name: str
    customer_no: str
    institution: str
    tier: Tag
    state: Tag
    limit: str
    planned: str
    reserved: str
    committed: str
    left: str
    over: str = ""
    ask: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPage(Page):
    """The year: those over the limit first, then by institution and by item."""

    headline: str
    years: tuple[Link, ...] = ()
    links: tuple[Link, ...] = ()
    tiles: tuple[SumTile, ...] = ()
    filters: ListFilters | None = None
    strips: tuple[Strip, ...] = ()
    customers: Chart | None = None
    places: Chart | None = None
    items: Chart | None = None
    rows: tuple[SpendRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLineRow:
    """One line of the estimate with what became of it; `href` leads to its touchpoints."""

    code: str
    name: str
    times: str
    """人数 x 频次 x 单价; empty for what was spent beside the estimate."""
    payer: str
    planned: str
    reserved: str
    committed: str
    left: str
    href: str
    extra: str = ""
    """What people added to the plan."""
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One entry of the ledger and the touchpoint it is about."""

    day: str
    kind: Tag
    what: str
    href: str
    yuan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendCustomerPage(Page):
    """附件七 of one customer, line by line, and the entries behind it."""

    sentence: str
    tags: tuple[Tag, ...] = ()
    strips: tuple[Strip, ...] = ()
    ask: Link | None = None
    urgent: bool = False
    """The year is above its limit, so asking is what is to be done here."""
    links: tuple[Link, ...] = ()
    facts: tuple[Fact, ...] = ()
    lines: tuple[SpendLineRow, ...] = ()
    total: SpendLineRow | None = None
    entries: tuple[EntryRow, ...] = ()
    entries_title: str = ""
    entries_count: str = ""
    entries_all: Link | None = None
    """Back to the entries of every line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitRow:
    """What one person was given; masked."""

    href: str
    customer: str
    person: str
    gifts: str
    largest: str
    given: str
    left: str
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitsPage(Page):
    """Gifts per person and calendar year against the cap."""

    headline: str
    note: str
    law: str
    years: tuple[Link, ...] = ()
    rows: tuple[BenefitRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None
