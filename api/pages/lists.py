"""What list pages share: addresses with filters, the pager, options of institution and tier."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from api.pages.i18n import _
from api.pages.view.common import Option, Pager
from api.pages.words import word
from models.tables.organisation import Institution
from models.types import Tier

_KEPT_PAGES = 20
Trail = tuple[str, ...]


def href(path: str, params: Mapping[str, str | None]) -> str:
    """The address with the parameters that are set."""
    query = urlencode([(name, value) for name, value in params.items() if value])
    return f"{path}?{query}" if query else path


async def _trail(trail: Annotated[str, Query(max_length=4000)] = "") -> Trail:
    return tuple(trail.split(".")) if trail else ()


TrailDep = Annotated[Trail, Depends(_trail)]
"""Cursors of the pages before, oldest first: what 上一页 goes back to. `-` is the first page."""


def pager(
    path: str, filters: Mapping[str, str | None], *, current: str | None, following: str | None, trail: Trail
) -> Pager | None:
    """上一页 / 下一页 by cursor; `current` and `following` are the cursors of this page and the next."""
    back = None
    if current is not None:
        before = trail[-1] if trail else "-"
        cursor = None if before == "-" else before
        back = href(path, {**filters, "cursor": cursor, "trail": ".".join(trail[:-1])})
    onward = None
    if following is not None:
        passed = (*trail, current or "-")[-_KEPT_PAGES:]
        onward = href(path, {**filters, "cursor": following, "trail": ".".join(passed)})
    return Pager(previous_href=back, next_href=onward) if back or onward else None


def institution_options(institutions: Sequence[Institution], selected: str) -> tuple[Option, ...]:
    """全部机构, then the institutions the reader sees, in the order of the tree."""
    return (
        Option(value="", text=_("全部机构")),
        *(Option(value=i.code, text=i.name, selected=i.code == selected) for i in institutions),
    )


def tier_options(selected: Tier | None) -> tuple[Option, ...]:
    """全部层级, then gold to regular."""
    tiers = sorted(Tier, key=list(Tier).index, reverse=True)
    return (
        Option(value="", text=_("全部层级")),
        *(Option(value=tier.value, text=word(tier), selected=tier is selected) for tier in tiers),
    )


def tier_or_none(value: str) -> Tier | None:
    """The tier of a filter; a value that is none filters nothing."""
    return next((tier for tier in Tier if tier.value == value), None)
