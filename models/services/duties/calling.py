"""Memberships with a date behind them: they arm no timer for a date that all share, so the sweep calls them."""

from uuid import UUID

from sqlmodel import Session

from models.messages.sweep import SweepOrder
from models.services.duties.branches import swept_with
from models.stores.sweeps import SweepStore


def memberships_due(session: Session, order: SweepOrder) -> tuple[list[str], str | None]:
    """Workflow ids of one chunk, each once, and where the next chunk begins."""
    after = UUID(order.after) if order.after else None
    codes = swept_with(session, order.institution_code)
    rows = SweepStore(session).memberships_due(codes, order.day, after, order.limit)
    behind = str(rows[-1].id) if len(rows) == order.limit else None
    return list(dict.fromkeys(row.workflow_id for row in rows)), behind
