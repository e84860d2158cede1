"""代理设置: the form, its rehearsal, and the list."""

from dataclasses import dataclass

from api.pages.view.common import EmptyState, ErrorSummary, Option, Strip, Tag
from api.pages.view.shell import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInForm:
    """What is asked for, as it was typed. `principals` is empty for people who set one for themselves only."""

    principal: str
    principal_name: str
    principals: tuple[Option, ...] = ()
    people: tuple[Option, ...] = ()
    starts_on: str = ""
    ends_on: str = ""
    kinds: tuple[Option, ...] = ()
    tiers: tuple[Option, ...] = ()
    institutions: tuple[Option, ...] = ()
    reason: str = ""
    key: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    """Every field, for the form that saves exactly what was rehearsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookRow:
    """One open task: where it goes."""

    subject: str
    step: str
    due: str
    to: str
    ok: bool
    others: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """What may still come to a post."""

    post: str
    steps: str
    to: str
    gaps: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalView:
    """预演: one sentence, then by task and by post."""

    sentence: str
    period: str
    complete: bool
    tasks: tuple[OutlookRow, ...]
    posts: tuple[PostRow, ...]
    cut: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInRow:
    """One stand-in of a list."""

    number: str
    who: str
    """孙倩 代 陈志远."""
    period: str
    scope: str
    reason: str
    state: Tag
    may_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInList:
    """A titled list; without rows it says why."""

    title: str
    rows: tuple[StandInRow, ...]
    empty: EmptyState


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInsPage(Page):
    """代理设置."""

    form: StandInForm
    lists: tuple[StandInList, ...]
    rehearsal: RehearsalView | None = None
    strips: tuple[Strip, ...] = ()
    errors: ErrorSummary | None = None
    end_key: str = ""
