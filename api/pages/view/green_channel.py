"""绿色通道: the board, its list, taking in a request, the page of one, and the page on which a customer confirms."""

from dataclasses import dataclass

from api.pages.view.acts import ActForm, Thread
from api.pages.view.clock import ClockStrip
from api.pages.view.common import (
    Article,
    EmptyState,
    ErrorSummary,
    Link,
    Option,
    Pager,
    Strip,
    Tag,
    TimePill,
)
from api.pages.view.inbox import Choice, TaskGroup
from api.pages.view.shell import Page
from api.pages.view.task import ApprovalPath, Fact, History


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """How much of the limit is used, with the marks at which warnings go out; per cent of the width."""

    percent: int
    marks: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenCard:
    """One request on the board."""

    case_id: str
    href: str
    pill: TimePill
    who: str
    service: str
    subject: str
    tags: tuple[Tag, ...]
    limit: str
    """限 2 个工作日 · 常规 3 个工作日."""
    articles: tuple[Article, ...]
    reference: str
    notes: tuple[str, ...]
    meter: Meter | None
    acts: tuple[ActForm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One column: the stages it stands for, most pressing first."""

    key: str
    title: str
    count: int
    cards: tuple[GreenCard, ...]
    more: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A count that leads to exactly its rows."""

    text: str
    value: str
    unit: str
    href: str
    tone: str = "plain"
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenFilters:
    """The GET form over the board; `kept` are parameters that stay."""

    action: str
    kept: tuple[tuple[str, str], ...]
    services: tuple[Option, ...]
    tiers: tuple[Option, ...]
    handlers: tuple[Option, ...]
    institutions: tuple[Option, ...]
    q: str
    clear_href: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage(Page):
    """绿色通道: lanes, or the same requests as a list by time."""

    headline: str
    articles: tuple[Article, ...]
    tiles: tuple[Tile, ...]
    views: tuple[Choice, ...]
    chips: tuple[Choice, ...]
    filters: GreenFilters
    mine: Choice
    intake: Link | None
    legend: str
    refresh_href: str
    strips: tuple[Strip, ...] = ()
    lanes: tuple[Lane, ...] = ()
    groups: tuple[TaskGroup, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A customer to choose: of any institution, by name, number and tier only."""

    href: str
    name: str
    customer_no: str
    tier: Tag
    cross_region: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """限 2 个工作日（常规 3 个工作日），2月9日 周一 17:30 到期; or why there is none yet."""

    text: str
    articles: tuple[Article, ...] = ()
    level: str = "calm"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeForm:
    """登记受理 for one customer, as typed."""

    customer_no: str
    customer_name: str
    tier: Tag
    cross_region: str
    """Said where the customer belongs to another institution; empty otherwise."""
    services: tuple[Option, ...]
    channels: tuple[Option, ...]
    contacts: tuple[Option, ...]
    policies: tuple[Option, ...]
    reference_no: str
    policy_no: str
    received_at: str
    """Local time of Shanghai as a datetime control takes it."""
    contact_name: str
    undisputed_amount: str
    advance_amount: str
    remark: str
    idempotency_key: str
    due: DueLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakePage(Page):
    """登记受理 附件三: first the customer, then the request, both on one page."""

    action: str
    due_href: str
    q: str
    searched: bool
    found: tuple[Found, ...] = ()
    form: IntakeForm | None = None
    change_href: str = ""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedField:
    """One text of an act: result, reason for being late, proof."""

    name: str
    label: str
    value: str = ""
    required: bool = False
    rows: int = 2
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishForm:
    """What brings a request on: 受理, 恢复, or 办理完成 and 客户确认, which ask for more than one thing."""

    name: str
    action: str
    text: str
    hint: str
    idempotency_key: str
    version: int
    fields: tuple[TypedField, ...] = ()
    choices: tuple[Option, ...] = ()
    """Radio buttons named `satisfied`."""
    choices_label: str = ""
    primary: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLink:
    """确认链接: what staff send to the customer."""

    href: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """时限 beside the regular one, each with its article."""

    label: str
    value: str
    article: Article


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenCasePage(Page):
    """One request: where it stands, its clock, 附件三 in brief, and what the reader may do now."""

    service: str
    subject: str
    subject_href: str | None
    reference: str
    sentence: str
    pill: TimePill
    tags: tuple[Tag, ...]
    articles: tuple[Article, ...]
    actions: tuple[Link, ...]
    path: ApprovalPath
    promises: tuple[Promise, ...]
    facts: tuple[Fact, ...]
    clock: ClockStrip | None
    confirm_clock: ClockStrip | None
    history: History
    thread: Thread
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    finish: tuple[FinishForm, ...] = ()
    acts: tuple[ActForm, ...] = ()
    link: CustomerLink | None = None
    engine: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage(Page):
    """What a customer sees of its own request, and the question whether it is satisfied."""

    institution: str
    facts: tuple[Fact, ...]
    action: str
    remark: str = ""
    satisfied: bool | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDonePage(Page):
    """The answer is in, or the link is good for nothing: what next, with the telephone."""

    text: str
    telephone: str
    done: bool
