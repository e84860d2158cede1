"""Running touchpoint cases that nobody is left to do, or that a former manager still has: the sweep finds them all."""

from uuid import UUID

from sqlmodel import Session

from models.messages.sweep import SweepOrder
from models.services.care.running import Amendment, amendments
from models.services.duties.branches import swept_with
from models.stores.care_running import RunningStore


def amendments_due(session: Session, order: SweepOrder) -> tuple[list[Amendment], str | None]:
    """Of one chunk of running cases of the branch, and where the next chunk begins."""
    after = UUID(order.after) if order.after else None
    codes = swept_with(session, order.institution_code)
    rows = RunningStore(session).of_institutions(codes, after, order.limit)
    return amendments(session, rows, order.at), str(rows[-1].id) if len(rows) == order.limit else None
