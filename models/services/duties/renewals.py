"""续保方案 Z07: the one duty that is a request on the green channel, and not a case of its own."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from models.rules.calendar import instant, local_date
from models.service_types import GreenService
from models.stores.sweeps import SweepStore
from models.tables.care import Touchpoint
from models.tables.service import GreenChannelRecord
from models.types import Stage

RENEWAL = "renewal_proposal"
_EARLIER = timedelta(days=120)
"""A request made by hand so long before the day is the proposal that is owed."""


def is_renewal(row: Touchpoint) -> bool:
    """Whether a row is kept on the green channel."""
    return row.item == RENEWAL and row.policy_no is not None


def link(session: Session, row: Touchpoint, at: datetime) -> bool:
    """Tie a row to the request for its policy, its own or one made by hand; False when there is none yet."""
    if row.policy_no is None:
        return False
    since = instant(row.planned_on - _EARLIER)
    case = SweepStore(session).request(GreenService.RENEWAL, row.policy_no, since)
    if case is None:
        return False
    row.case_id, row.stage, row.updated_at = case.id, Stage.DUE, at
    if case.stage is Stage.CLOSED:
        _end(row, Stage.DONE, case.closed_at or at)
    SweepStore(session).add(row)
    return True


def link_started(session: Session, touchpoint_id: UUID, at: datetime) -> None:
    """Tie a row to the request that was just started for it."""
    row = SweepStore(session).touchpoints([touchpoint_id]).get(touchpoint_id)
    if row is not None and row.case_id is None:
        link(session, row, at)


def settle_renewal(session: Session, record: GreenChannelRecord, stage: Stage, at: datetime) -> None:
    """A request on the green channel has ended, closed or cancelled: so has the row it was made for, if it was."""
    for row in SweepStore(session).of_case(record.case_id):
        _end(row, Stage.DONE if stage is Stage.CLOSED else Stage.CANCELLED, record.finished_at or at)
        row.in_time = record.in_time
        row.done_by, row.done_by_name = record.handler_id, record.handler_name
        SweepStore(session).add(row)


def _end(row: Touchpoint, stage: Stage, at: datetime) -> None:
    row.stage, row.updated_at = stage, at
    if stage is Stage.DONE:
        row.done_at, row.done_on = at, local_date(at)
        row.in_time = local_date(at) <= row.due_on
