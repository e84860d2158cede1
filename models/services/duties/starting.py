"""Which waiting rows become a case now, and the messages that start them; the same each time they are asked for."""

import hashlib
from datetime import datetime

from sqlmodel import Session

from models.identifiers import green_channel_id, touchpoint_workflow_id
from models.messages.service import StartGreenChannel, StartTouchpoint
from models.messages.sweep import SweepOrder
from models.service_types import GreenService, IntakeChannel
from models.services.duties.renewals import is_renewal, link
from models.services.duties.settling import walk
from models.tables.care import Touchpoint
from models.types import SYSTEM_SCHEDULE, SYSTEM_SLA_ID, Door, Stage

_MAY_START = (Stage.PLANNED, Stage.RESCHEDULED)
Start = StartTouchpoint | StartGreenChannel


def starts_due(session: Session, order: SweepOrder) -> tuple[list[Start], str | None]:
    """The starts of one chunk, and where the next one begins. A renewal that has its request is tied to it instead."""
    rows, after = walk(session, order, human=True)
    waiting = [row for row in rows if _may_start(row)]
    return [start_of(row, order.at) for row in waiting if not (is_renewal(row) and link(session, row, order.at))], after


def _may_start(row: Touchpoint) -> bool:
    return row.stage in _MAY_START and row.merged_into is None and row.withheld is None


def start_of(row: Touchpoint, at: datetime) -> Start:
    """What starts the case of a row: its ids are the row's, so that a second start is the first one."""
    common = {
        "update_id": f"{SYSTEM_SCHEDULE}:{row.id}",
        "content_hash": hashlib.sha256(row.key.encode()).hexdigest(),
        "actor_id": SYSTEM_SLA_ID,
        "actor_name": SYSTEM_SCHEDULE,
        "door": Door.SYSTEM,
        "case_id": row.id,
        "customer_no": row.customer_no,
        "institution_code": row.institution_code,
        "received_at": at,
    }
    if is_renewal(row):
        return StartGreenChannel(
            **common,
            workflow_id=green_channel_id(row.id),
            service=GreenService.RENEWAL,
            reference_no=row.policy_no,
            policy_no=row.policy_no,
            channel=IntakeChannel.API,
        )
    return StartTouchpoint(**common, workflow_id=touchpoint_workflow_id(row.id), touchpoint_id=row.id)
