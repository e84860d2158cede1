"""Which quarters of a branch are to be closed now, and the messages that start them."""

import hashlib

from sqlmodel import Session

from models.identifiers import period_close_id
from models.messages.quarter import StartPeriodClose
from models.messages.sweep import SweepOrder
from models.rules.quarter import Quarter, closable
from models.stores.quarter import QuarterStore
from models.stores.sweeps import SweepStore
from models.tables.columns import new_id
from models.tables.organisation import Institution
from models.types import SYSTEM_SCHEDULE, SYSTEM_SLA_ID, Door, InstitutionLevel


def closes_due(session: Session, order: SweepOrder) -> list[StartPeriodClose]:
    """Every quarter that ended since the programme went live, a year back, and is not published.

    One that is being prepared runs already, and a second start is nothing to it; one whose run was broken off in the
    engine goes on where its record stands.
    """
    branch = session.get(Institution, order.institution_code)
    if branch is None or branch.level is not InstitutionLevel.BRANCH:
        return []  # what is directly under head office has no branch that prepares it
    wanted = closable(order.day, SweepStore(session).first_day())
    over = QuarterStore(session).over(branch.code, order.day.year - 1)
    return [start_of(quarter, branch.code) for quarter in wanted if quarter not in over]


def start_of(quarter: Quarter, branch: str) -> StartPeriodClose:
    """What starts the close by the programme; the id of the workflow makes a second start the first one."""
    workflow_id = period_close_id(quarter.year, quarter.number, branch)
    return StartPeriodClose(
        update_id=f"{SYSTEM_SCHEDULE}:{workflow_id}",
        content_hash=hashlib.sha256(workflow_id.encode()).hexdigest(),
        actor_id=SYSTEM_SLA_ID,
        actor_name=SYSTEM_SCHEDULE,
        door=Door.SYSTEM,
        case_id=new_id(),
        workflow_id=workflow_id,
        year=quarter.year,
        quarter=quarter.number,
        institution_code=branch,
    )
