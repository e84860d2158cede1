"""Every panel by name, and the rows behind one of its numbers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.errors import DomainError, ErrorCode
from models.services.dashboard import elsewhere, services, vips, work
from models.services.dashboard.figures import Found, Line, Panel, PanelName
from models.services.dashboard.standing import Standing
from models.stores import dashboard as store
from models.stores.dashboard_members import MOVES

PANELS: Mapping[PanelName, Panel] = {
    PanelName.TIERS: Panel(vips.tiers, vips.rows_of_tiers),
    PanelName.MOVES: Panel(vips.moves, vips.rows_of_moves),
    PanelName.ON_TIME: Panel(services.on_time, services.rows_of_on_time),
    PanelName.AGEING: Panel(work.ageing, work.rows_of_ageing),
    PanelName.QUEUES: Panel(work.queues, work.rows_of_queues),
    PanelName.CARE: Panel(services.care, services.rows_of_care),
    PanelName.SATISFACTION: Panel(elsewhere.satisfaction, elsewhere.rows_of_satisfaction),
    PanelName.COST: Panel(elsewhere.cost, elsewhere.rows_of_spent),
    PanelName.RETENTION: Panel(vips.retention, vips.rows_of_retention),
}

COUNTED: Mapping[PanelName, tuple[str, ...]] = {
    PanelName.TIERS: tuple(tier.value for tier in vips.VIP_TIERS),
    PanelName.MOVES: MOVES,
    PanelName.ON_TIME: ("judged", "in_time"),
    PanelName.AGEING: work.AGE_MARKS,
    PanelName.QUEUES: ("waiting", "overdue", "handled"),
    PanelName.CARE: ("due", "done"),
    PanelName.SATISFACTION: ("valid",),
    PanelName.RETENTION: ("base", "kept"),
}
"""The numbers of each panel that count rows."""
WEIGHED: Mapping[PanelName, Mapping[str, str]] = {
    PanelName.SATISFACTION: {"score": "valid"},
    PanelName.COST: {"spent": "spent", "budget": "budget"},
}
"""Numbers that are a mean or a sum of what rows say, and the mark of those rows."""


def mark_of(panel: PanelName, number: str) -> str | None:
    """The mark of the rows that a number opens; None for one that opens none, such as a share of two that do."""
    return number if number in COUNTED.get(panel, ()) else WEIGHED.get(panel, {}).get(number)


def lines(session: Session, at: Standing, panel: PanelName) -> tuple[Line, ...] | None:
    """The lines of a panel; None while nothing of the kind is kept."""
    return PANELS[panel].lines(session, at)


def rows(
    session: Session, at: Standing, panel: PanelName, key: str, mark: str, *, after: UUID | None, limit: int
) -> list[Any]:
    """The rows that a number counts, by id from a keyset position on. Raises NOT_FOUND where nothing is counted."""
    found = _found(at, panel, key, mark)
    if mark not in found.counted.marks:
        raise DomainError(ErrorCode.NOT_FOUND)
    return store.listed(session, found.counted, mark, found.chosen, after=after, limit=limit)


def _found(at: Standing, panel: PanelName, key: str, mark: str) -> Found:
    if panel is PanelName.QUEUES and mark == "handled":
        return work.rows_of_handled(at, key)
    if panel is PanelName.COST and mark == "budget":
        return elsewhere.rows_of_budget(at, key)
    return PANELS[panel].rows(at, key)
