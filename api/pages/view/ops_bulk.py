"""批量处理: what is to be done to the ticked cases, what each would come to; then how far it is."""

from dataclasses import dataclass

from api.pages.view.common import ErrorSummary, Option, Progress, Strip
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsBulkRow:
    """One case. `text`: what will happen, or happened; `refused`: nothing does, and the text says why."""

    case_id: str
    href: str
    name: str
    text: str
    hint: str = ""
    """Its run, which tells two cases of one customer apart."""
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsBulkPage(Page):
    """Preview with its form. `button`: 重试 3 件; empty when there is nothing to do."""

    lead: str
    acts: tuple[Option, ...]
    rows: tuple[OpsBulkRow, ...]
    idempotency_key: str
    login: str = ""
    reason: str = ""
    button: str = ""
    act: str = ""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsBulkRunPage(Page):
    """How far it is, and what became of each case so far."""

    headline: str
    poll_href: str
    stop_action: str = ""
    idempotency_key: str = ""
    progress: Progress | None = None
    strips: tuple[Strip, ...] = ()
    rows: tuple[OpsBulkRow, ...] = ()
