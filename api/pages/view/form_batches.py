"""批量打印: the form for a batch, the batches so far, one of them with its progress and its file."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Option, Pager, Progress, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch of the list."""

    href: str
    title: str
    state: Tag
    sheets: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchesPage(Page):
    """The form, and the list."""

    idempotency_key: str
    branches: tuple[Option, ...]
    quarters: tuple[Option, ...]
    year: str
    may_open: bool
    full: bool = False
    reason: str = ""
    rows: tuple[BatchRow, ...] = ()
    pager: Pager | None = None
    errors: ErrorSummary | None = None
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage(Page):
    """One batch; `fetch_action` once its file is there and may be had."""

    state: Tag
    headline: str
    strips: tuple[Strip, ...] = ()
    progress: Progress | None = None
    poll_href: str = ""
    fetch_action: str = ""
    kept: str = ""
