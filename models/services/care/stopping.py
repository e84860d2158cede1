"""Running touchpoint cases that a plan stopped: what ends each of them, under an id of its own."""

import hashlib
from collections.abc import Iterable

from sqlmodel import Session

from models.identifiers import touchpoint_workflow_id
from models.messages.service_acts import StopTouchpoint
from models.services.care.planning import to_stop
from models.tables.care import CarePlan
from models.types import SYSTEM_SCHEDULE, SYSTEM_SLA_ID, Door

_ANY_VERSION = 1
"""An act of the programme reads no page, so its version is not looked at."""


def stops_of(session: Session, plans: Iterable[CarePlan]) -> dict[str, StopTouchpoint]:
    """The act that ends each running case, by workflow id; none for what has ended meanwhile."""
    return {
        touchpoint_workflow_id(point.id): StopTouchpoint(
            update_id=f"{SYSTEM_SCHEDULE}:stop:{point.id}",
            content_hash=hashlib.sha256(reason.encode()).hexdigest(),
            actor_id=SYSTEM_SLA_ID,
            actor_name=SYSTEM_SCHEDULE,
            door=Door.SYSTEM,
            comment=reason,
            version=_ANY_VERSION,
        )
        for point, reason in to_stop(session, plans)
    }
