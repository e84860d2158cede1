"""Page of retention 留存."""

from dataclasses import dataclass

from api.pages.view.common import Article, ErrorSummary, Link, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRow:
    """A class of record with its term, and what would go."""

    name: str
    hint: str
    term: str
    article: Article | None = None
    source: Tag | None = None
    kept_from: str
    rows: str
    oldest: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """A hold that stands."""

    what: Link
    reason: str
    placed: str
    lift_href: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPage(Page):
    """Terms, holds, and the form for another hold where the person may place one."""

    terms: tuple[TermRow, ...]
    holds: tuple[HoldRow, ...]
    idempotency_key: str
    customer_no: str = ""
    case_id: str = ""
    reason: str = ""
    errors: ErrorSummary | None = None
    erases_persons: bool = False
