"""Page of the release check 发布检查."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """Running cases of one type on a release."""

    kind: str
    passed: str
    failed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A running case that would stand still."""

    workflow_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPanel:
    """One check of one release."""

    title: str
    hint: str
    verdict: Tag
    rows: tuple[KindRow, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasesPage(Page):
    """The last checks, newest first."""

    strips: tuple[Strip, ...] = ()
    checks: tuple[CheckPanel, ...] = ()
    empty: EmptyState | None = None
