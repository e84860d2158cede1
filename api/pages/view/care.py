"""The care calendar 关怀日历 and one touchpoint 关怀触点, ready to read."""

from dataclasses import dataclass

from api.pages.view.acts import ActForm
from api.pages.view.calendar import DayKind
from api.pages.view.common import Article, EmptyState, ErrorSummary, Link, Option, Pager, Strip, Tag, TimePill
from api.pages.view.inbox import Choice
from api.pages.view.shell import Page
from api.pages.view.task import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CareDay:
    """A day of the month grid: how it counts, and what is due on it."""

    number: int
    kind: DayKind
    mark: str = ""
    label: str
    today: bool = False
    chosen: bool = False
    href: str = ""
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRow:
    """One touchpoint of a list; `merged` are those done with it, `why` says why it is withheld, hushed or left."""

    href: str
    name: str
    customer: str
    whom: str = ""
    who: str = ""
    tier: Tag
    state: Tag
    pill: TimePill | None = None
    article: Article
    merged: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareGroup:
    """The touchpoints of one day."""

    anchor: str
    title: str
    mark: str = ""
    rows: tuple[CareRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTotal:
    """What one person has to do, or one customer is owed, in the month."""

    href: str
    name: str
    open: int
    done: int
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CareFilters:
    """The GET form; `kept` are parameters that stay."""

    action: str
    kept: tuple[tuple[str, str], ...]
    month: str
    institutions: tuple[Option, ...]
    codes: tuple[Option, ...]
    stages: tuple[Option, ...]
    clear_href: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePage(Page):
    """关怀日历: what is owed to whom, by month, by person, by customer."""

    headline: str
    views: tuple[Choice, ...]
    month_title: str
    previous: Link
    following: Link
    this_month: Link | None
    weekdays: tuple[str, ...]
    weeks: tuple[tuple[CareDay | None, ...], ...] = ()
    filters: CareFilters
    totals: tuple[CareTotal, ...] = ()
    totals_title: str = ""
    groups: tuple[CareGroup, ...] = ()
    list_title: str
    list_link: Link | None = None
    pager: Pager | None = None
    empty: EmptyState | None = None
    new_href: str | None = None
    strips: tuple[Strip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A stored image."""

    href: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteForm:
    """完成: what was typed comes back as it was."""

    action: str
    key: str
    version: str
    button: str
    today: str
    done_on: str
    content: str = ""
    gift_name: str = ""
    gift_value: str = ""
    gift_hint: str
    cost: str = ""
    feedback: str = ""
    follow_up: str = ""
    follow_up_on: str = ""
    late_reason: str = ""
    asks_late_reason: bool = False
    photo_label: str
    signature_label: str
    accept: str
    gift_open: bool = False
    more_open: bool = False
    also: str = ""
    """What else is done by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearanceForm:
    """报合规审批 of a gift above its cap."""

    action: str
    key: str
    gift_name: str = ""
    gift_value: str = ""
    reason: str = ""
    hint: str
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForm:
    """改期 and 跳过: a reason, and for the first a day."""

    name: str
    action: str
    key: str
    version: str
    text: str
    hint: str
    day: str | None = None
    reason: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointPage(Page):
    """附件四, made for the phone: whom, what, why today; then doing it with proof."""

    kind: str
    subject: str
    subject_href: str | None
    pill: TimePill | None
    tags: tuple[Tag, ...]
    articles: tuple[Article, ...]
    sentence: str
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    whom: tuple[Fact, ...] = ()
    calls: tuple[Link, ...] = ()
    what: tuple[Fact, ...] = ()
    gift: tuple[Fact, ...] = ()
    clearances: tuple[Fact, ...] = ()
    merged: tuple[Link, ...] = ()
    complete: CompleteForm | None = None
    clearance: ClearanceForm | None = None
    moves: tuple[MoveForm, ...] = ()
    assign: ActForm | None = None
    why_not: str = ""
    record: tuple[Fact, ...] = ()
    proofs: tuple[Proof, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTouchpointPage(Page):
    """新增关怀: for whom, what, until when, and why."""

    action: str
    search_action: str
    customer_no: str = ""
    customer: str = ""
    q: str = ""
    found: tuple[Link, ...] = ()
    codes: tuple[Option, ...] = ()
    contacts: tuple[Option, ...] = ()
    title_value: str = ""
    due_on: str = ""
    known_on: str = ""
    today: str = ""
    reason: str = ""
    key: str = ""
    hint: str = ""
    nobody: str = ""
    errors: ErrorSummary | None = None
    ask: Link | None = None
    """报超限审批, where the year's limit refused it."""
