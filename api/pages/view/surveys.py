"""满意度调查: campaigns and their results, paper sheets, printed codes, and the page that a respondent sees."""

from dataclasses import dataclass

from api.pages.view.acts import ActForm
from api.pages.view.care import MoveForm
from api.pages.view.chart import Chart
from api.pages.view.common import EmptyState, ErrorSummary, Link, Option, Pager, Strip, Tag
from api.pages.view.inbox import Choice
from api.pages.view.shell import Page
from api.pages.view.task import Fact
from api.survey_questions import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRow:
    """One campaign of the list."""

    href: str
    title: str
    stage: Tag
    where: str
    period: str
    closes: str
    returned: str
    """12 / 40（30.0%）."""
    score: str
    low: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveysPage(Page):
    """Campaigns, newest first."""

    new: Link | None
    stages: tuple[Choice, ...]
    rows: tuple[SurveyRow, ...]
    trend: Chart
    pager: Pager | None = None
    empty: EmptyState | None = None
    strips: tuple[Strip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPage(Page):
    """新建调查, or a draft to change: whom it asks, about which period, until when."""

    action: str
    button: str
    key: str
    version: str
    name: str
    period: str
    periods: tuple[str, ...]
    tiers: tuple[Option, ...]
    institutions: tuple[Option, ...]
    closes_on: str
    hint: str
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTile:
    """One number of the campaign."""

    text: str
    value: str
    note: str = ""
    href: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRow:
    """A sheet that asks for a follow-up, with its task."""

    href: str
    customer: str
    customer_no: str
    score: str
    when: str
    questions: str
    task: Link | None
    state: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPage(Page):
    """One campaign: where it stands, what came of it, who must be called, and what the reader may do."""

    tags: tuple[Tag, ...]
    sentence: str
    facts: tuple[Fact, ...]
    tiles: tuple[SurveyTile, ...]
    charts: tuple[Chart, ...]
    low: tuple[LowRow, ...]
    low_empty: EmptyState
    links: tuple[Link, ...]
    history: tuple[str, ...]
    acts: tuple[ActForm, ...] = ()
    moves: tuple[MoveForm, ...] = ()
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    low_pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow:
    """Somebody whose paper sheet may be entered."""

    href: str
    customer: str
    customer_no: str
    respondent: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPage(Page):
    """录入纸质: first whose sheet, then its answers."""

    search_action: str
    q: str
    rows: tuple[InvitationRow, ...]
    empty: EmptyState
    pager: Pager | None = None
    strips: tuple[Strip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFormPage(Page):
    """The questions with a form around them: `answered_on` is asked of paper sheets only."""

    action: str
    lead: str
    questions: tuple[Asked, ...]
    errors: ErrorSummary | None
    key: str = ""
    strips: tuple[Strip, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    answered_on: str | None = None
    answered: int = 0
    telephone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCard:
    """A printed code: an image by its address, and whose it is."""

    image: str
    customer: str
    customer_no: str
    respondent: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesPage(Page):
    """二维码 of everybody who has not answered, to be printed and handed over."""

    note: str
    cards: tuple[CodeCard, ...]
    empty: EmptyState
    pager: Pager | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDonePage(Page):
    """Answered, answered before, or closed: thanks or sorry, with the telephone."""

    text: str
    telephone: str
    done: bool
