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
    acts: tuple[Link, ...] = ()
    """试算 and 申诉 of this row."""


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
class TrialChange:
    """A customer whose seat the trial changes; `falls` when it has none any more."""

    name: str
    customer_no: str
    before: str
    after: str
    falls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """试算: the form as asked, and what came of it; nothing is saved."""

    action: str
    customer_no: str = ""
    seats: tuple[Option, ...] = ()
    value: str = ""
    sentence: str = ""
    notes: tuple[str, ...] = ()
    changes: tuple[TrialChange, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRow:
    """A line of appeals, of what happened, of memberships that should end."""

    text: str
    href: str = ""
    tag: Tag | None = None
    note: str = ""


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
    season_acts: tuple[Link, ...] = ()
    """What head office may do to the season now; the first is the way on."""
    history: tuple[SideRow, ...] = ()
    appeals: tuple[SideRow, ...] = ()
    should_end: tuple[SideRow, ...] = ()
    reserve: tuple[SideRow, ...] = ()
    trial: TrialView | None = None
