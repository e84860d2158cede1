"""导入: load book files, and what became of every row."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Link, Pager, Progress, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One import of the list."""

    href: str
    files: str
    when: str
    who: str
    state: Tag
    counts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportsPage(Page):
    """The upload form and the imports so far; `action` is empty for readers who may not load."""

    action: str = ""
    limit: str = ""
    rows: tuple[ImportRow, ...] = ()
    pager: Pager | None = None
    empty: EmptyState | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """One file with its rows: new, changed, as stored, refused."""

    name: str
    kind: str
    accepted: str
    changed: str
    unchanged: str
    rejected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRow:
    """A row that was not loaded."""

    file: str
    line: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A stored row that the load changed."""

    file: str
    line: str
    key: str
    columns: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage(Page):
    """One import: progress, then the report."""

    state: Tag
    headline: str
    strips: tuple[Strip, ...] = ()
    progress: Progress | None = None
    poll_href: str = ""
    files: tuple[FileRow, ...] = ()
    totals: FileRow | None = None
    rejections: tuple[RejectionRow, ...] = ()
    rejections_note: str = ""
    download: Link | None = None
    changes: tuple[ChangeRow, ...] = ()
    changes_note: str = ""
