"""Messages as the API keeps them before it sends them."""

from models.identifiers import qualification_id
from models.messages.approval import PostRef
from models.messages.qualification import StartQualification
from models.services.idempotency import Key
from models.tables.columns import new_id
from models.types import Door, Role, SeatKind, Tier
from tests.support import world


def declaration(people: world.World, key: Key) -> StartQualification:
    """The gold customer declared by its manager under a key; a case id of its own each time."""
    number = people.customer(world.GOLD)
    return StartQualification(
        update_id=key.update_id,
        content_hash=key.body_hash,
        actor_id=key.account_id,
        actor_name=people.name("mgr"),
        posts=(PostRef(role=Role.MGR, institution_code="BJ01"),),
        door=Door.API,
        case_id=new_id(),
        workflow_id=qualification_id(world.YEAR, number, 1),
        customer_no=number,
        year=world.YEAR,
        attempt=1,
        tier=Tier.GOLD,
        seat_kind=SeatKind.RANKED,
        reason="连续三年增员",
        late_reason="补报",
    )
