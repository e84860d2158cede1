"""The decision page: everything in sight, one bar to decide."""

from dataclasses import dataclass
from enum import StrEnum

from api.pages.view.acts import ActForm, Thread
from api.pages.view.clock import ClockStrip
from api.pages.view.common import Article, ErrorSummary, Link, Option, Strip, Tag, TimePill
from api.pages.view.score import ScoreTable
from api.pages.view.shell import Page
from api.pages.view.vips import VipTable


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One field that differs from the round before."""

    field: str
    before: str
    after: str
    effect: str = ""
    field_hint: str = ""
    effect_hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """与上一轮相比."""

    before_title: str
    after_title: str
    rows: tuple[ChangeRow, ...]
    note: str = ""
    reason: str = ""
    """Why the round before came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One eligibility check; a failed one says what is wrong."""

    text: str
    passed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled value of the form in brief; contacts come masked."""

    label: str
    value: str
    hint: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """申报信息 (附件一) in brief, or what a lone approval is about."""

    title: str
    facts: tuple[Fact, ...]
    articles: tuple[Article, ...] = ()
    full: Link | None = None


class StepState(StrEnum):
    """Where a step of the path stands."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    SKIPPED = "skipped"
    STOPPED = "stopped"


class SeatState(StrEnum):
    """Where one signature of a step stands."""

    SIGNED = "signed"
    REFUSED = "refused"
    OPEN = "open"
    WAITING = "waiting"


_SEAT_ICONS = {
    SeatState.SIGNED: "check",
    SeatState.REFUSED: "x",
    SeatState.OPEN: "edit",
    SeatState.WAITING: "pause",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One signature of a step: whose, and whether it stands, is open, or waits for another."""

    state: SeatState
    who: str
    note: str = ""
    """由 陈志远 前加签; B 代 A; when it was signed."""

    @property
    def icon(self) -> str:
        """Symbol that says the same as the words."""
        return _SEAT_ICONS[self.state]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One step: its name, the person or the role with the number of people, what happened or comes after."""

    state: StepState
    title: str
    who: str = ""
    note: str = ""
    tags: tuple[Tag, ...] = ()
    """保留签批, 运营干预."""
    standing: str = ""
    """会签 2/3，缺 财务."""
    seats: tuple[Seat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRound:
    """A round that was returned, folded."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPath:
    """审批路径: behind and ahead."""

    steps: tuple[PathStep, ...]
    headline: str = ""
    earlier: tuple[EarlierRound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened, in plain words."""

    text: str
    """{who}[（代 {whom}）] {did} {what}."""
    at: str
    at_iso: str
    door: str
    """经 网页."""
    quote: str = ""
    tags: tuple[Tag, ...] = ()
    """运营干预: an act that is always marked."""
    changes: tuple[ChangeRow, ...] = ()
    """What a resubmission changed."""
    evidence: str | None = None
    """当时所见: where exactly what the person saw is shown again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """经过, newest first."""

    entries: tuple[TimelineEntry, ...]
    all: Link | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionField:
    """A fact that a reviewer may correct before deciding."""

    name: str
    field_id: str
    label: str
    value: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionForm:
    """更正数据: the fields, and where the recomputed value is asked for before sending."""

    fields: tuple[CorrectionField, ...]
    preview_action: str
    submit_action: str = ""
    """Set once the difference was shown: only then the correction can be sent."""
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideBar:
    """The bar at the foot. Every button one may not use is absent, so it has no flags for mute ones.

    The form posts `verdict` (approve, reject, return; approve_as_silver = approve with `approve_as: silver`,
    one button, so one name), `comment`, `version`, `idempotency_key`, `csrf_token` and, when offered,
    `return_to` (a stage) and the correction fields.
    """

    action: str
    idempotency_key: str
    version: int
    hint: str
    """The result of a verb before the click: 同意即报总公司复核."""
    can_reject: bool = True
    can_return: bool = True
    comment: str = ""
    approve_text: str = ""
    """Another word for 同意: operations only acknowledge."""
    reject_text: str = ""
    """E.g. 驳回并结束."""
    return_steps: tuple[Option, ...] = ()
    approve_as_silver: bool = False
    """True for gold at head office while the branch has a silver seat: 改批银牌 is offered."""
    silver_full: str = ""
    """Why it is not offered: no silver seat is free."""
    correction: CorrectionForm | None = None
    draft_href: str | None = None
    """Where the comment is saved 1 s after typing; None switches it off."""
    more_open: bool = False
    placeholder: str = ""
    """Another word for 意见: a delegate advises."""

    @property
    def has_more(self) -> bool:
        """Whether 更多 holds anything."""
        return bool(self.return_steps or self.approve_as_silver or self.silver_full or self.correction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """自上次查看以来: what happened since the reader last looked."""

    note: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage(Page):
    """One task, to read or to decide."""

    kind: str
    subject: str
    subject_href: str | None = None
    reference: str = ""
    pill: TimePill
    tags: tuple[Tag, ...] = ()
    articles: tuple[Article, ...] = ()
    actions: tuple[Link, ...] = ()
    next: Link | None = None
    """下一件（还有 11 件）, with the inbox's filter."""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    undo: ActForm | None = None
    """撤回, right under the result line."""
    look_href: str = ""
    """Where the page says how far the reader has seen, once it is open."""
    look: str = ""
    since: Since | None = None
    comparison: Comparison | None = None
    score: ScoreTable | None = None
    checks: tuple[Check, ...] = ()
    declaration: Declaration | None = None
    vips: VipTable | None = None
    """The lines of a quarterly summary."""
    clock: ClockStrip | None = None
    path: ApprovalPath | None = None
    history: History | None = None
    thread: Thread | None = None
    decide: DecideBar | None = None
    handing: tuple[ActForm, ...] = ()
    """转办, 委派, 加签, 征询, 抄送, 稍后处理: a panel where one click sends each."""
    acts: tuple[ActForm, ...] = ()
    """领取, 暂停计时, 改派... above the bar."""
