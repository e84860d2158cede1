"""Service cases of now in the records alone, as their workflows record them: for pages and lists."""

from datetime import UTC, datetime
from uuid import UUID

from models.database import Database
from models.identifiers import touchpoint_workflow_id
from models.messages.service import RecordServiceOpening, ServiceStart, StartTouchpoint
from models.services.servicing import opening
from models.tables.columns import new_id
from models.types import Role, Tier
from tests.support import care, serving, world
from tests.support.world import World


def taken_in(database: Database, start: ServiceStart) -> None:
    """The case as its workflow records it."""
    with database.write() as session:
        opening.record_opening(session, RecordServiceOpening(start=start, at=datetime.now(UTC)))


def due(served: World, code: str, item: str, title: str) -> UUID:
    """A touchpoint of the silver customer whose day has come, with its case, and one that is done with it."""
    with served.database.write() as session:
        row = care.planned(world.SILVER, code=code, item=item, title=title, tier=Tier.SILVER)
        session.add(row)
        session.flush()
        session.add(
            care.planned(world.SILVER, code="Z10", item="birthday_greeting", key=f"Z10:{code}", merged_into=row.id)
        )
        touchpoint_id = row.id
    start = StartTouchpoint(
        **serving.actor(served, "mgr", (Role.MGR, "BJ01")),
        case_id=new_id(),
        workflow_id=touchpoint_workflow_id(touchpoint_id),
        customer_no=world.SILVER,
        institution_code="BJ01",
        received_at=datetime.now(UTC),
        touchpoint_id=touchpoint_id,
    )
    taken_in(served.database, start)
    return touchpoint_id
