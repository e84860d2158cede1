"""考核 and 岗位职责: branches by points, one branch with its proof, the facts behind a figure, duties of a month."""

from dataclasses import dataclass

from api.pages.view.chart import Chart
from api.pages.view.common import Article, EmptyState, Link, Option, Pager, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchLine:
    """One branch of the list."""

    name: str
    href: str
    total: str
    grade: Tag
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPage(Page):
    """Every branch of a year."""

    headline: str
    years: tuple[Link, ...] = ()
    downloads: tuple[Link, ...] = ()
    article: Article
    chart: Chart | None = None
    lines: tuple[BranchLine, ...] = ()
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorLine:
    """One indicator; `counted` leads to its facts."""

    name: str
    definition: str
    weight: str
    actual: str
    target: str
    points: str
    counted: Link | None = None
    more: Link | None = None
    """A second list behind it: what was sent and returned."""
    notes: tuple[Tag, ...] = ()
    appeal: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLine:
    """A veto, a version, an appeal."""

    text: str
    href: str = ""
    tag: Tag | None = None
    note: str = ""
    act: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPage(Page):
    """One branch of a year in one version."""

    headline: str
    tags: tuple[Tag, ...]
    article: Article
    strips: tuple[Strip, ...] = ()
    acts: tuple[Link, ...] = ()
    downloads: tuple[Link, ...] = ()
    confirm_action: str = ""
    """Posts `version` and `idempotency_key`."""
    confirm_version: str = ""
    key: str = ""
    grade: Tag
    total: str
    chart: Chart
    indicators: tuple[IndicatorLine, ...]
    deduction: IndicatorLine
    vetoes: tuple[SideLine, ...] = ()
    versions: tuple[SideLine, ...] = ()
    quarters: tuple[SideLine, ...] = ()
    appeals: tuple[SideLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """One record behind a figure."""

    text: str
    href: str = ""
    whose: str = ""
    institution: str
    on: str
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsPage(Page):
    """The records behind one figure, and what they add up to."""

    headline: str
    sum_text: str = ""
    lines: tuple[FactLine, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """One duty; `due` and `done` are empty where no record shows it."""

    text: str
    article: Article
    due: str
    done: str
    href: str = ""
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDuties:
    """Duties of one post."""

    post: str
    rows: tuple[DutyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DutiesPage(Page):
    """What the posts owe in a month."""

    headline: str
    months: tuple[Link, ...]
    roles: tuple[Option, ...]
    month: str
    posts: tuple[PostDuties, ...]
