"""条文索引: every article of the regulation, what the rulebook makes of it, and the pages that serve it."""

from dataclasses import dataclass

from api.pages.view.common import Link, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule in words, with where it comes from."""

    text: str
    source: Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleEntry:
    """One article, attachment, table or section of defaults."""

    anchor: str
    label: str
    rules: tuple[RuleLine, ...]
    folded: bool
    """Many rules are folded away until somebody asks."""
    pages: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleGroup:
    """条文, 附件, 附表, 默认规则."""

    title: str
    entries: tuple[ArticleEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulationPage(Page):
    """The whole index; `version` names the rulebook in force."""

    name: str
    version: str
    groups: tuple[ArticleGroup, ...]
