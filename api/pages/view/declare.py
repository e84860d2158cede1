"""附件一 as a form: what is filled, what is asked, and what would come of it."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Pager, Strip, Tag
from api.pages.view.customers import ContactRow, ListFilters, PolicyRow
from api.pages.view.score import ScoreTable
from api.pages.view.shell import Page
from api.pages.view.task import ApprovalPath, Check, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatChoice:
    """A tier with a kind of seat to declare for; `value` is `gold:ranked`."""

    value: str
    text: str
    hint: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerChoice:
    """A person whom the declarant may name as signer; `value` is the account's id."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the chosen declaration is worth now: value line by line, checks, seats left, path ahead."""

    score: ScoreTable | None = None
    checks: tuple[Check, ...] = ()
    quota: str = ""
    path: ApprovalPath | None = None
    obstacles: tuple[Strip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarePage(Page):
    """申报: posts `customer_no`, `year`, `what`, `reason`, `late_reason` to `action`."""

    action: str
    preview_action: str
    draft_action: str
    draft_href: str
    idempotency_key: str
    customer_no: str
    customer_href: str
    year: int
    facts: tuple[Fact, ...]
    choices: tuple[SeatChoice, ...]
    preview: Preview
    signers: tuple[SignerChoice, ...] = ()
    """Empty where no step of the route leaves the choice to the declarant."""
    signers_hint: str = ""
    """Which steps they sign."""
    reason: str = ""
    late: str = ""
    """Why a reason for lateness is asked; empty inside the window."""
    late_reason: str = ""
    draft_note: str = ""
    can_submit: bool = True
    contacts: tuple[ContactRow, ...] = ()
    contacts_note: str = ""
    policies: tuple[PolicyRow, ...] = ()
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """A customer one may declare."""

    href: str
    name: str
    customer_no: str
    institution: str
    value: str
    rank: str
    eligible: Tag
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatesPage(Page):
    """申报 without a customer yet: who reaches an entry value, best first."""

    headline: str
    filters: ListFilters
    rows: tuple[CandidateRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None
