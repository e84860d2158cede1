"""批量同意: what each ticked row would come to, then what became of it."""

from dataclasses import dataclass

from api.pages.view.common import ErrorSummary, Strip
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """One item. `refusal` says why it will not, or did not, go through and what to do."""

    href: str
    kind: str
    subject: str
    step: str
    value: str = ""
    refusal: str = ""
    item: str = ""
    """What the confirmation sends back; empty for a row that cannot be decided here."""
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPage(Page):
    """Preview before sending, or results after."""

    lead: str
    back: str
    rows: tuple[BulkRow, ...]
    action: str
    idempotency_key: str = ""
    comment: str = ""
    button: str = ""
    """批量同意 3 件; empty when nothing can be sent, and on the page of results."""
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
