"""承诺与兑现: what a customer was promised, and what became of it."""

from dataclasses import dataclass

from api.pages.view.common import Article, Link, Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """One promise; `href` leads to the rows behind the numbers."""

    article: Article
    name: str
    source: str
    promised: str
    due: int
    done: int
    late: int
    missed: int
    next: str
    state: Tag
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """One planning or re-planning of the year."""

    title: str
    at: str
    tier: str
    kept: int
    added: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisesPanel:
    """The table and the last changes of the plan."""

    span: str
    vip: bool
    rows: tuple[PromiseRow, ...]
    """What fell due in the span."""
    care: Link
    resting: tuple[PromiseRow, ...]
    """What was not called for so far."""
    resting_title: str
    late: int
    open: int
    changes: tuple[PlanChange, ...] = ()
