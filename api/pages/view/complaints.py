"""投诉咨询 附件五: the desk with two clocks a row, the register, one case with its texts masked until opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.pages.view.acts import PersonOption
from api.pages.view.clock import ClockRow, ClockStrip
from api.pages.view.common import EmptyState, ErrorSummary, Link, Option, Pager, Strip, Tag, TimePill
from api.pages.view.shell import Page
from api.pages.view.task import Fact, TimelineEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number that leads to exactly those rows; `icon` and the word say what a colour would."""

    text: str
    number: int
    href: str
    icon: str = ""
    tone: str = ""
    """`late` or `today` where the number presses."""
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPill:
    """首次答复 or 结案, with its time left."""

    name: str
    pill: TimePill


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRowView:
    """One of the desk; what people said is masked."""

    href: str
    record_no: str
    customer: str
    pills: tuple[NamedPill, ...]
    tags: tuple[Tag, ...]
    context: str
    stage: str
    handler: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintList:
    """投诉 or 咨询 on the desk."""

    title: str
    rows: tuple[ComplaintRowView, ...] = ()
    more: Link | None = None
    pager: Pager | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFilters:
    """The GET form over the lists."""

    action: str
    sheets: tuple[Option, ...]
    states: tuple[Option, ...]
    grades: tuple[Option, ...]
    stages: tuple[Option, ...]
    institutions: tuple[Option, ...]
    q: str
    kept: tuple[tuple[str, str], ...] = ()
    active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintDeskPage(Page):
    """投诉咨询."""

    headline: str
    tiles: tuple[Tile, ...]
    filters: DeskFilters
    complaints: ComplaintList | None = None
    inquiries: ComplaintList | None = None
    register: tuple[Link, ...] = ()
    """登记投诉, 登记咨询; empty for whoever may not take them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLine:
    """One promise before it is made: 首次答复 4 个工作小时，2月5日 周四 15:20 到期."""

    name: str
    text: str
    hint: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage(Page):
    """登记 附件五, with the two due instants live."""

    action: str
    due_href: str
    sheet: str
    sheets: tuple[Link, ...]
    """投诉 / 咨询: the other sheet of the form, what was typed kept."""
    is_complaint: bool
    values: Mapping[str, str]
    idempotency_key: str
    customers: tuple[Option, ...] = ()
    """Found by what was typed as customer, where it is no number."""
    customer: str = ""
    """Name and tier of the customer that was found."""
    contacts: tuple[Option, ...] = ()
    channels: tuple[Option, ...] = ()
    grades: tuple[Option, ...] = ()
    due: tuple[DueLine, ...] = ()
    due_note: str = ""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActField:
    """One control of an act. `kind`: `text`, `select` or `lines`; ids are `{act}-{name}`."""

    name: str
    label: str
    kind: str = "lines"
    value: str = ""
    options: tuple[Option, ...] = ()
    people: tuple[PersonOption, ...] = ()
    required: bool = False
    hint: str = ""
    limit: int = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintActForm:
    """One act of the bar. `open`: what the case waits for; the others are folded."""

    name: str
    action: str
    text: str
    hint: str
    idempotency_key: str
    version: int
    fields: tuple[ActField, ...]
    open: bool = False
    primary: bool = False
    marked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPanel:
    """One of the two clocks with its ledger: where every day of it went."""

    name: str
    pill: TimePill
    limit: str
    strip: ClockStrip | None
    rows: tuple[ClockRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """What somebody said or wrote; empty where nobody did yet."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStep:
    """One stage of the way: done, now or ahead."""

    text: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """An earlier life of a reopened complaint."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintCasePage(Page):
    """One inquiry or complaint."""

    kind: str
    customer: str
    customer_href: str | None
    record_no: str
    sentence: str
    tags: tuple[Tag, ...]
    pills: tuple[NamedPill, ...]
    stages: tuple[StageStep, ...]
    facts: tuple[Fact, ...]
    texts: tuple[TextRow, ...]
    opened: bool
    open_href: str | None
    """打开内容; None for whoever may not, and once it is open."""
    open_note: str
    clocks: tuple[ClockPanel, ...]
    acts: tuple[ComplaintActForm, ...]
    timeline: tuple[TimelineEntry, ...]
    print_href: str
    lives: tuple[Life, ...] = ()
    readings: tuple[Fact, ...] = ()
    others: tuple[Link, ...] = ()
    result: tuple[Fact, ...] = ()
    hush: str = ""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    versions: tuple[Fact, ...] = field(default_factory=tuple)
