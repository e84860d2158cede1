"""The case page: where it stands and what happened."""

from dataclasses import dataclass

from api.pages.view.acts import ActForm, Thread
from api.pages.view.clock import ClockStrip
from api.pages.view.common import Article, ErrorSummary, Link, Strip, Tag, TimePill
from api.pages.view.inbox import Choice
from api.pages.view.score import ScoreTable
from api.pages.view.shell import Page
from api.pages.view.task import ApprovalPath, Comparison, CorrectionField, Declaration, Fact, History


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmission:
    """重新提交 / 补充: the reason and the facts as they stand or were typed, and what sending them would change."""

    act: ActForm
    preview_action: str
    reason: str
    fields: tuple[CorrectionField, ...] = ()
    facts_open: bool = False
    changes: Comparison | None = None
    kept: str = ""
    """保留签批: which sign-offs stay as they are."""
    returned: str = ""
    why: str = ""
    """What the one who returned it asked for."""
    draft_href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage(Page):
    """One case of any kind."""

    kind: str
    subject: str
    subject_href: str | None = None
    reference: str = ""
    sentence: str
    """正在等 陈志远 审批，2月5日 17:30 到期, or how it ended."""
    pill: TimePill | None = None
    tags: tuple[Tag, ...] = ()
    articles: tuple[Article, ...] = ()
    actions: tuple[Link, ...] = ()
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    acts: tuple[ActForm, ...] = ()
    resubmission: Resubmission | None = None
    thread: Thread | None = None
    comparison: Comparison | None = None
    score: ScoreTable | None = None
    declaration: Declaration | None = None
    clock: ClockStrip | None = None
    path: ApprovalPath | None = None
    history: History
    history_filters: tuple[Choice, ...] = ()
    membership: tuple[Fact, ...] = ()
    manager_link: Link | None = None
    """What an approved case granted: term, certificate, manager."""
    versions: tuple[Fact, ...] = ()
    """Rulebook, calendar, evaluation year, case version."""
    engine: Link | None = None
    """The engine's own history, for operations."""
