"""Pages of quarterly summaries 附件二."""

from dataclasses import dataclass

from api.pages.view.acts import ActForm
from api.pages.view.chart import Chart
from api.pages.view.common import EmptyState, ErrorSummary, Link, Strip, Tag
from api.pages.view.shell import Page
from api.pages.view.task import Fact
from api.pages.view.vips import VipTable


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMark:
    """One step of a branch: 冻结 填报 复核 签发 发布; `state` is `done`, `now` or `ahead`."""

    text: str
    state: str
    state_text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRow:
    """A branch on the overview; `numbers` are ready to read, in the order of the columns."""

    name: str
    href: str | None
    stage: Tag
    due: str
    numbers: tuple[str, ...] = ()
    adjustments: int = 0
    freeze: ActForm | None = None
    urge: ActForm | None = None
    task: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterPage(Page):
    """Every branch in one quarter."""

    headline: str
    quarters: tuple[Link, ...]
    downloads: tuple[Link, ...] = ()
    strips: tuple[Strip, ...] = ()
    missing: tuple[BranchRow, ...] = ()
    handed_in: tuple[BranchRow, ...] = ()
    chart: Chart | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """One figure that changed after publication; with `action` its reason is asked for."""

    number: int
    customer: str
    figure: str
    change: str
    found_at: str
    reason: str = ""
    by: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPage(Page):
    """One summary: its steps, its VIPs, what was adjusted since."""

    headline: str
    stage: Tag
    actions: tuple[Link, ...] = ()
    task: Link | None = None
    urge: ActForm | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    steps: tuple[StepMark, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: VipTable
    adjustments: tuple[AdjustmentRow, ...] = ()
    is_published: bool = False
