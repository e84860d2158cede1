"""排名与名额: who gets a seat."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Link, Option, Pager, Strip, Tag
from api.pages.view.customers import ListFilters
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One step of the season. `state` is done, now or ahead."""

    text: str
    day: str
    state: str
    state_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A count of seats: given by the list of so many, and taken by approvals."""

    title: str
    number: str
    of: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingLine:
    """One customer. `cut` is the line drawn above it; `own` marks the reader's institution."""

    rank: str
    href: str
    name: str
    customer_no: str
    institution: str
    standard_premium: str
    factors: str
    value: str
    eligible: Tag
    seat: Tag | None = None
    notes: tuple[Tag, ...] = ()
    cut: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRow:
    """机构名额 of one branch."""

    branch: str
    quota: str
    suggested: str
    in_list: str
    taken: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaForm:
    """Files the quota of one branch: posts `institution_code`, `quota`, `reason`."""

    action: str
    branches: tuple[Option, ...]
    quota: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingPage(Page):
    """The list of one year with its seats."""

    year: int
    headline: str
    tags: tuple[Tag, ...] = ()
    years: tuple[Link, ...] = ()
    phases: tuple[Phase, ...] = ()
    compute_action: str = ""
    compute_text: str = ""
    freeze: Link | None = None
    downloads: tuple[Link, ...] = ()
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    tiles: tuple[Tile, ...] = ()
    filters: ListFilters | None = None
    value_heading: str = ""
    """The unit is that of the formula: yuan, or points under B."""
    rows: tuple[RankingLine, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None
    quotas: tuple[QuotaRow, ...] = ()
    quota_form: QuotaForm | None = None
