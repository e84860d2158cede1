"""The case page: where it stands and what happened."""

from dataclasses import dataclass

from api.pages.view.clock import ClockStrip
from api.pages.view.common import Article, ErrorSummary, Link, Strip, Tag, TimePill
from api.pages.view.inbox import Choice
from api.pages.view.score import ScoreTable
from api.pages.view.shell import Page
from api.pages.view.task import ApprovalPath, Declaration, Fact, History


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAct:
    """Something the reader may do with the case: 催办, 撤销, 重新提交, 评论. Posts `csrf_token`, `idempotency_key`,
    `version` and, when `comment_label` is set, `comment`.
    """

    name: str
    """Unique on the page; names the control ids."""
    action: str
    text: str
    hint: str
    idempotency_key: str
    version: int
    comment_label: str = ""
    comment: str = ""
    comment_required: bool = False
    ends_case: bool = False


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
    acts: tuple[CaseAct, ...] = ()
    score: ScoreTable | None = None
    declaration: Declaration | None = None
    clock: ClockStrip | None = None
    path: ApprovalPath | None = None
    history: History
    history_filters: tuple[Choice, ...] = ()
    membership: tuple[Fact, ...] = ()
    """What an approved case granted: term, certificate, manager."""
    versions: tuple[Fact, ...] = ()
    """Rulebook, calendar, evaluation year, case version."""
    engine: Link | None = None
    """The engine's own history, for operations."""
