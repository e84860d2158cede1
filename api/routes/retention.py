"""`/retention`: what would go by the terms of the rulebook 留存, and legal holds 冻结."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session

from api import retention_acts
from api.act_base import now
from api.deps import Action, Caller, DatabaseDep, require
from api.routes.recording import Recording, recording
from api.schemas.retention import HoldAnswer, HoldBody, LiftBody, RetentionAnswer
from models.errors import DomainError, ErrorCode
from models.services.desk.once import Facts, once
from models.services.idempotency import Key
from models.stores.retention import RetentionStore

router = APIRouter(prefix="/retention", tags=["retention"])
HolderDep = Annotated[Recording, recording(Action.HOLD_RECORDS)]


@router.get("")
def read_retention(
    database: DatabaseDep, _caller: Annotated[Caller, require(Action.READ_RETENTION)]
) -> RetentionAnswer:
    """What would go today, by class, and what is held. Deleting is done from the command line alone."""
    with database.read() as session:
        return retention_acts.read(session)


@router.post("/holds", status_code=201)
def place_hold(body: HoldBody, by: HolderDep) -> HoldAnswer:
    """冻结: nothing of the customer, or of the case, is deleted; one that stands already is answered with."""

    def do(session: Session, key: Key) -> Facts:
        return once(session, key, now(), lambda: {"hold_id": str(retention_acts.place(session, by.caller, body).id)})

    return by.once("retention-hold", body, do, _hold)


@router.post("/holds/{hold_id}/lift")
def lift_hold(hold_id: UUID, body: LiftBody, by: HolderDep) -> HoldAnswer:
    """解除冻结: what is due goes with the next deletion."""

    def do(session: Session, key: Key) -> Facts:
        lifted = lambda: {"hold_id": str(retention_acts.lift(session, by.caller, hold_id, body).id)}  # noqa: E731
        return once(session, key, now(), lifted)

    return by.once(f"retention-lift:{hold_id}", body, do, _hold)


def _hold(session: Session, facts: Facts) -> HoldAnswer:
    hold = RetentionStore(session).hold(UUID(facts["hold_id"]))
    if hold is None:
        raise DomainError(ErrorCode.NOT_FOUND)
    return retention_acts.hold_answer(session, hold)
